"""Every sort of value is recorded as it was stored: old and new, under concurrent saves, in the same transaction."""

import importlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, models, transaction
from django.db.models import F
from django.db.models.deletion import Collector
from django.db.models.functions import Upper
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from activity_log import named, recording, signals
from activity_log.models import ActivityEntry
from activity_log.values import plain
from pages.models import Page, Tag
from proofs.activity_log import Alias, Keyed, Mark, Named, Special, Thing, Unnamed, entries, recorded, statements
from proofs.activity_log.conftest import SIGNALS
from proofs.threads import run_at_once

pytestmark = pytest.mark.django_db

CREATED, CHANGED, DELETED = "created", "changed", "deleted"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
# Of each field a value, another one, and how they are told.
VALUES: dict[str, tuple[Any, Any, Any, Any]] = {
    "name": ("old", "new", "old", "new"),
    "text": ("a\nb", "quotes ' \" \\ 100% %s 🙂 ​", "a\nb", "quotes ' \" \\ 100% %s 🙂 ​"),
    "number": (1, -2, 1, -2),
    "real": (0.5, 2.5e-7, 0.5, 2.5e-7),
    "price": (Decimal("1.5"), Decimal("-100000.01"), "1.50", "-100000.01"),
    "flag": (True, False, True, False),
    "day": (date(2026, 1, 2), date(1999, 12, 31), "2026-01-02", "1999-12-31"),
    "moment": (MOMENT, MOMENT + timedelta(1), "2026-01-02T03:04:05.678901+00:00", "2026-01-03T03:04:05.678901+00:00"),
    "clock": (time(1, 2, 3), time(23, 0), "01:02:03", "23:00:00"),
    "span": (timedelta(1, 2), timedelta(microseconds=-500000), 86402, -0.5),
    "code": (UUID(int=1), UUID(int=2**128 - 1), str(UUID(int=1)), str(UUID(int=2**128 - 1))),
    "data": ({"a": [1, None, True, "x"]}, ["\u00e9", {}], {"a": [1, None, True, "x"]}, ["\u00e9", {}]),
    "address": ("192.0.2.1", "2001:db8::1", "192.0.2.1", "2001:db8::1"),
    "odd": ("50%", "100%", "50%", "100%"),
    "file": ("a.txt", "b.txt", "a.txt", "b.txt"),
}


def fresh(**values: Any) -> Thing:
    """A thing in the database, as it is read from there."""
    thing: Thing = Thing.objects.get(pk=Thing.objects.create(name="Thing", **values).pk)
    return thing


def retitle(page: Page) -> None:
    page.title = "x"
    page.save()


@pytest.mark.usefixtures("things")
class TestCreated:
    @pytest.mark.parametrize("field", VALUES)
    def test_every_sort_of_value(self, field: str) -> None:
        value, _, told, _ = VALUES[field]
        ((_, changes),) = recorded(lambda: Thing.objects.create(**{"name": "x"} | {field: value}))
        assert changes[field] == [None, told]

    def test_values_that_were_given_as_text_are_told_as_what_they_are(self) -> None:
        values: dict[str, Any] = {"day": "2026-01-02", "moment": "2026-01-02T03:04:05Z", "number": "7", "price": "2"}
        ((_, changes),) = recorded(lambda: Thing.objects.create(name="x", **values))
        assert (changes["day"], changes["number"], changes["price"]) == (
            [None, "2026-01-02"],
            [None, 7],
            [None, "2.00"],
        )
        assert changes["moment"] == [None, "2026-01-02T03:04:05+00:00"]

    def test_what_the_database_computes_is_told_as_such(self) -> None:
        ((_, changes),) = recorded(lambda: Thing.objects.create(name=Upper(models.Value("abc"))))
        assert changes["name"][1] in {"Upper(Value('abc'))", "ABC"}  # from Django 6.0 on it is read back

    @pytest.mark.parametrize("name", ["a\0b", "x" * 300])
    def test_odd_names_of_objects(self, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        thing = Thing(name="x")
        monkeypatch.setattr("activity_log.recording.label_of", lambda instance: name.replace("\0", "")[:200])
        thing.save()
        assert len(entries()[-1].label) <= 200

    def test_a_key_of_its_own(self) -> None:
        keyed = Keyed.objects.create(title="x")
        assert entries()[-1].object_key == str(keyed.pk)
        Named.objects.create(word="a/b 🙂")
        assert entries()[-1].object_key == "a/b 🙂"

    def test_a_related_object_that_is_not_at_hand_is_told_by_its_key(self, user: User) -> None:
        ((_, changes),) = recorded(lambda: Thing.objects.create(name="x", owner_id=user.pk))
        assert changes["owner"] == [None, {"key": user.pk, "label": None}]

    def test_a_copy_is_created(self) -> None:
        thing = fresh()
        thing.pk = None
        ((kind, changes),) = recorded(thing.save)
        assert (kind, changes["name"]) == (CREATED, [None, "Thing"])


@pytest.mark.usefixtures("things")
class TestChanged:
    @pytest.mark.parametrize("field", VALUES)
    def test_every_sort_of_value_old_and_new(self, field: str) -> None:
        old, new, told_old, told_new = VALUES[field]
        thing = fresh(**{} if field == "name" else {field: old})
        thing.name = "old"
        thing.save()
        setattr(thing, field, new)
        assert recorded(thing.save) == [(CHANGED, {field: [told_old, told_new]})]
        setattr(thing, field, old)
        assert recorded(thing.save) == [(CHANGED, {field: [told_new, told_old]})]
        assert recorded(thing.save) == []
        assert recorded(Thing.objects.get(pk=thing.pk).save) == []

    @pytest.mark.parametrize("field", [field for field in VALUES if field not in {"name", "text", "odd", "file"}])
    def test_to_and_from_nothing(self, field: str) -> None:
        value, _, told, _ = VALUES[field]
        thing = fresh()
        setattr(thing, field, value)
        assert recorded(thing.save) == [(CHANGED, {field: [None, told]})]
        setattr(thing, field, None)
        assert recorded(thing.save) == [(CHANGED, {field: [told, None]})]

    def test_what_changed_nothing_writes_nothing(self, user: User) -> None:
        thing = fresh(owner=user, **{field: value for field, (value, *_) in VALUES.items() if field != "name"})
        assert recorded(thing.save) == []
        thing.moment = MOMENT.isoformat()  # type as a form would
        thing.number = "1"
        assert recorded(thing.save) == []

    def test_related_objects_by_key_and_label(self, user: User) -> None:
        other = User.objects.create_user("grace@example.com", name="Grace")
        thing = fresh(owner=user)
        thing.owner = other
        ada, grace = {"key": user.pk, "label": "Ada"}, {"key": other.pk, "label": "Grace"}
        assert recorded(thing.save) == [(CHANGED, {"owner": [ada, grace]})]
        thing.owner = None
        assert recorded(thing.save) == [(CHANGED, {"owner": [grace, None]})]
        keyed = Keyed.objects.create(title="x")
        keyed.thing = thing
        assert recorded(keyed.save) == [(CHANGED, {"thing": [None, {"key": thing.pk, "label": "Thing"}]})]

    def test_a_stale_save_that_takes_back_what_another_wrote_is_told(self) -> None:
        thing = fresh(number=1)
        stale = Thing.objects.get(pk=thing.pk)
        thing.number = 2
        thing.save()
        stale.text = "new"
        assert recorded(stale.save) == [(CHANGED, {"number": [2, 1], "text": ["", "new"]})]

    def test_update_fields_may_name_the_column_of_a_relation(self, user: User) -> None:
        thing = fresh()
        thing.owner = user
        told = {"owner": [None, {"key": user.pk, "label": "Ada"}]}
        assert recorded(lambda: thing.save(update_fields=["owner_id"])) == [(CHANGED, told)]

    def test_deferred_fields_are_not_read_and_not_told(self) -> None:
        thing = Thing.objects.only("name").get(pk=fresh(number=1).pk)
        thing.name = "new"
        assert recorded(thing.save) == [(CHANGED, {"name": ["Thing", "new"]})]
        assert "number" in thing.get_deferred_fields()
        thing.number = 2
        assert recorded(thing.save) == [(CHANGED, {"number": [1, 2]})]

    def test_an_instance_made_by_hand_is_compared_with_the_row(self) -> None:
        thing = fresh(number=1, text="a")
        by_hand = Thing(pk=thing.pk, name="Thing", number=2, text="a", made_at=thing.made_at)
        assert recorded(by_hand.save) == [(CHANGED, {"number": [1, 2]})]

    def test_an_object_with_a_key_of_its_own_that_is_saved_over_another(self) -> None:
        Named.objects.create(word="a", number=1)
        assert recorded(Named(word="a", number=2).save) == [(CHANGED, {"number": {"new": 2}})]

    def test_an_expression_counts_as_a_change(self) -> None:
        thing = fresh(number=1)
        thing.number = F("number") + 1
        ((kind, changes),) = recorded(thing.save)
        assert kind == CHANGED
        assert changes in ({"number": [1, "F(number) + Value(1)"]}, {"number": [1, 2]})  # from Django 6.0 on, read back

    def test_all_digits_of_a_number(self) -> None:
        thing = fresh(real=0.1 + 0.2)
        thing.real = 0.3
        assert recorded(thing.save) == [(CHANGED, {"real": [0.1 + 0.2, 0.3]})]

    def test_another_case_where_the_database_ignores_it(self) -> None:
        thing = fresh(caseless="News")
        thing.caseless = "NEWS"
        assert recorded(thing.save) == [(CHANGED, {"caseless": ["News", "NEWS"]})]

    def test_a_time_without_a_zone_is_told_as_it_is_stored(self) -> None:
        thing = Thing(name="x")
        thing.moment = datetime(2026, 1, 2, 3, 4, 5)
        with timezone.override("UTC"), pytest.warns(RuntimeWarning, match="naive"):
            told = recorded(thing.save)
        assert told[0][1]["moment"] == [None, "2026-01-02T03:04:05+00:00"]

    @pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"])
    def test_a_time_that_is_none_in_utc(self, moment: str) -> None:
        assert plain(datetime.fromisoformat(moment)) == moment

    def test_a_megabyte(self) -> None:
        thing = fresh(text="a" * 10**6)
        thing.text = "b" * 10**6
        assert recorded(thing.save) == [(CHANGED, {"text": ["a" * 10**6, "b" * 10**6]})]

    @pytest.mark.parametrize("value", [float("inf"), float("-inf")])
    def test_numbers_that_json_does_not_know(self, value: float) -> None:
        thing = fresh(real=1.5)
        thing.real = value
        ((_, changes),) = recorded(thing.save)
        assert changes["real"][0] == 1.5
        assert str(changes["real"][1]).lower().startswith(str(value)[:3])
        ((_, changes),) = recorded(lambda: Thing.objects.create(name="x", real=value))
        assert changes["real"] == [None, str(value)]

    @pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL takes no NUL.")
    def test_nul(self) -> None:
        thing = fresh()
        thing.text = "a\0b"
        assert recorded(thing.save) == [(CHANGED, {"text": ["", "a\0b"]})]
        assert recorded(thing.save) == []
        assert recorded(lambda: Thing.objects.create(name="a\0b"))[0][1]["name"] == [None, "a\0b"]
        assert entries()[-1].label == "ab"

    @pytest.mark.skipif(connection.vendor == "postgresql", reason="PostgreSQL takes no lone surrogates.")
    def test_lone_surrogates(self) -> None:
        thing = fresh(data={"a": "\ud800"})
        thing.data = {"b": "\udfff"}
        assert recorded(thing.save) == [(CHANGED, {"data": [{"a": "\ud800"}, {"b": "\udfff"}]})]
        assert recorded(Thing.objects.all().delete)[0][1]["data"] == [{"b": "\udfff"}, None]

    def test_what_is_not_written_is_not_told(self) -> None:
        thing = fresh(number=1)
        thing.number, thing.text = 2, "new"
        assert recorded(lambda: thing.save(update_fields=["text"])) == [(CHANGED, {"text": ["", "new"]})]
        assert recorded(lambda: thing.save(update_fields=["text"])) == []
        assert recorded(lambda: thing.save(update_fields=[])) == []
        assert recorded(lambda: thing.save(update_fields=["seen_at"])) == []
        assert recorded(lambda: thing.save(update_fields=["number"])) == [(CHANGED, {"number": [1, 2]})]

    def test_after_refresh_from_db(self) -> None:
        thing = fresh(number=1)
        thing.number = 2
        thing.refresh_from_db()
        assert recorded(thing.save) == []
        thing.number = 3
        assert recorded(thing.save) == [(CHANGED, {"number": [1, 3]})]

    def test_a_key_given_by_hand_that_nobody_has(self) -> None:
        ((kind, _),) = recorded(Thing(pk=10**6, name="x").save)
        assert kind == CREATED


@pytest.mark.usefixtures("things")
class TestCorrection:
    """What others write between our two receivers."""

    def watched(self, thing: Thing, change: Callable[[Thing], None]) -> list[tuple[str, dict[str, Any]]]:
        def receiver(instance: Thing, **kwargs: Any) -> None:
            change(instance)

        pre_save.connect(receiver, sender=Thing)
        return recorded(thing.save)

    def test_one_that_changes_another_field(self, user: User) -> None:
        thing = fresh(number=1)
        thing.number = 2
        told = {"number": [1, 2], "owner": [None, {"key": user.pk, "label": "Ada"}]}
        assert self.watched(thing, lambda thing: setattr(thing, "owner", user)) == [(CHANGED, told)]

    def test_one_that_takes_the_change_back(self) -> None:
        thing = fresh(number=1)
        thing.number = 2
        assert self.watched(thing, lambda thing: setattr(thing, "number", 1)) == []

    def test_one_that_changes_a_value_in_place(self) -> None:
        thing = fresh(data={"a": 1})
        assert self.watched(thing, lambda thing: cast(dict[str, int], thing.data).update(b=2)) == [
            (CHANGED, {"data": [{"a": 1}, {"a": 1, "b": 2}]})
        ]

    def test_one_that_changes_a_value_that_looks_like_a_reference(self) -> None:
        old, ours, new = {"key": 1, "label": "q"}, {"key": 2, "label": "q"}, {"key": 1, "label": "b"}
        thing = fresh(data=old)
        thing.data = ours
        assert self.watched(thing, lambda thing: setattr(thing, "data", new)) == [(CHANGED, {"data": [old, new]})]

    def test_one_that_changes_a_secret_after_another_change(self) -> None:
        thing = fresh(api_token="one", number=1)
        thing.api_token, thing.number = "two", 2
        told = {"api_token": None, "number": [1, 2]}
        assert self.watched(thing, lambda thing: setattr(thing, "api_token", "three")) == [(CHANGED, told)]

    def test_a_file_gets_its_name_when_it_is_written(self, settings: Settings, tmp_path: Path) -> None:
        settings.MEDIA_ROOT = tmp_path
        (tmp_path / "a.txt").write_text("taken")
        thing = fresh()
        thing.file = ContentFile(b"x", name="a.txt")
        ((kind, changes),) = recorded(thing.save)
        assert kind == CHANGED
        assert changes == {"file": ["", thing.file.name]}
        assert thing.file.name != "a.txt"

    def test_a_receiver_that_saves_again_is_told_of_apart(self) -> None:
        def again(instance: Thing, created: bool, **kwargs: Any) -> None:
            if instance.number == 2:
                instance.number = 3
                instance.save()

        thing = fresh(number=1)
        ours = [receiver for receiver in post_save.receivers if receiver[0][0] == "activity_log.signals.record_save"]
        post_save.receivers = [receiver for receiver in post_save.receivers if receiver not in ours]
        post_save.connect(again, sender=Thing)
        post_save.receivers += ours
        post_save.sender_receivers_cache.clear()
        thing.number = 2
        assert recorded(thing.save) == [(CHANGED, {"number": [1, 2]}), (CHANGED, {"number": [2, 3]})]

    def test_a_save_that_fails_leaves_no_trace(self) -> None:
        thing = fresh(number=1)
        thing.number = 2
        other = fresh()

        def fail() -> None:
            with pytest.raises(DatabaseError), transaction.atomic():
                Thing(pk=other.pk, name="x", number=9).save(force_insert=True)

        assert recorded(fail) == []
        assert recorded(thing.save) == [(CHANGED, {"number": [1, 2]})]
        assert not any(key.startswith("_activity") for key in vars(thing))

    def test_one_that_changes_what_was_the_same(self) -> None:
        thing = fresh(number=1)
        assert self.watched(thing, lambda thing: setattr(thing, "number", 5)) == [(CHANGED, {"number": [1, 5]})]

    def test_one_that_changes_a_secret(self) -> None:
        thing = fresh(api_token="one")
        assert self.watched(thing, lambda thing: setattr(thing, "api_token", "two")) == [(CHANGED, {"api_token": None})]

    def test_one_that_changes_only_how_it_looks(self) -> None:
        old, new = {"key": 1, "label": "q"}, {"key": 1, "label": "b"}
        thing = fresh(data=old)
        assert self.watched(thing, lambda thing: setattr(thing, "data", new)) == [(CHANGED, {"data": [old, new]})]


@pytest.mark.usefixtures("things")
class TestSecrets:
    def test_are_told_of_and_never_stored(self) -> None:
        values = {"api_token": "S3CRET", "hidden": "S3CRET", "blob": b"S3CRET"}
        thing = fresh(**values)
        thing.api_token, thing.hidden, thing.blob = "N3W", "N3W", b"N3W"
        assert recorded(thing.save) == [(CHANGED, {"api_token": None, "hidden": None, "blob": None})]
        assert recorded(thing.save) == []
        recorded(lambda: Thing.objects.filter(pk=thing.pk).update(api_token="S3CRET"))
        recorded(lambda: Thing(pk=thing.pk, name="x", api_token="N3W", made_at=thing.made_at).save())
        recorded(thing.delete)
        fresh(**values)
        recorded(Thing.objects.all().delete)
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM activity_log_activityentry")
            text = str(cursor.fetchall())
        assert "S3CRET" not in text
        assert "N3W" not in text
        assert "api_token" in text

    @pytest.mark.parametrize("option", ["secret", "exclude"])
    def test_nobody_is_called_by_one(self, settings: Settings, option: str) -> None:
        settings.ACTIVITY_LOG = {**settings.ACTIVITY_LOG, "activity_log.Thing": {option: ["name"]}}
        named.forget()
        thing = Thing.objects.create(name="S3CRET")
        thing.number = 7
        thing.save()
        thing.delete()
        assert "S3CRET" not in str([vars(entry) for entry in entries()])

    def test_links_too(self, settings: Settings) -> None:
        settings.ACTIVITY_LOG = {**settings.ACTIVITY_LOG, "activity_log.Thing": {"secret": ["tags"]}}
        named.forget()
        thing = fresh()
        assert recorded(lambda: thing.tags.add(Mark.objects.create(name="S3CRET"))) == [(CHANGED, {"tags": None})]

    @pytest.mark.parametrize(
        "name", ["password", "pwd", "API_KEY", "session_salt", "otp", "recoveryCode", "session_key"]
    )
    def test_are_known_by_their_names(self, name: str) -> None:
        assert named.SECRET.search(name)

    @pytest.mark.parametrize("name", ["title", "pinned", "monkey", "keyboard", "compass", "desalted"])
    def test_others_are_none(self, name: str) -> None:
        assert not named.SECRET.search(name)

    def test_passwords(self, user: User) -> None:
        user.set_password("another one 8")
        assert recorded(user.save) == [(CHANGED, {"password": None})]
        text = json.dumps([entry.changes for entry in entries()])
        assert "md5$" not in text

    def test_what_is_left_out_is_not_told_at_all(self, user: User) -> None:
        thing = fresh(left_out="x")
        assert "left_out" not in entries()[-1].changes
        thing.left_out = "y"
        assert recorded(thing.save) == []
        user.last_login = MOMENT
        assert recorded(user.save) == []

    def test_nor_those_that_are_saved_over_others(self) -> None:
        Named.objects.create(word="a")
        assert "number" in entries()[-1].changes


@pytest.mark.usefixtures("things")
class TestDeleted:
    HELD = {"name": ["Thing", None], "number": [1, None], "price": ["2.50", None], "blob": None}

    @pytest.mark.parametrize("field", VALUES)
    def test_every_sort_of_value(self, field: str) -> None:
        value, _, told, _ = VALUES[field]
        for delete in (Thing.delete, lambda thing: Thing.objects.filter(pk=thing.pk).delete()):
            thing = fresh(**{} if field == "name" else {field: value})
            ((kind, changes),) = recorded(partial(delete, thing))
            assert kind == DELETED
            assert changes[field] == ["Thing" if field == "name" else told, None]

    def test_what_goes_along_is_told_too(self) -> None:
        thing = fresh()
        Keyed.objects.create(title="one", thing=thing)
        Keyed.objects.create(title="two", thing=thing)
        key = thing.pk
        told = recorded(thing.delete)
        assert [kind for kind, _ in told] == [DELETED] * 3
        assert sorted(str(changes.get("title")) for _, changes in told) == ["None", "['one', None]", "['two', None]"]
        assert told[-1][1]["thing"][0]["key"] == key

    def test_a_deletion_that_fails_and_is_tried_again_is_told_once(self) -> None:
        def refuse(**kwargs: Any) -> None:
            raise RuntimeError

        fresh()
        fresh()
        things = Thing.objects.all()
        post_delete.connect(refuse, sender=Thing)
        post_delete.receivers.insert(0, post_delete.receivers.pop())
        post_delete.sender_receivers_cache.clear()
        with pytest.raises(RuntimeError), transaction.atomic():
            things.delete()
        post_delete.disconnect(refuse, sender=Thing)
        assert [kind for kind, _ in recorded(things.delete)] == [DELETED] * 2

    def test_very_much_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recording, "LONGEST_STATEMENT", 1000)
        for number in range(7):
            Thing.objects.create(name=str(number), text="x" * 100 * number * number)
        told = recorded(Thing.objects.all().delete)
        assert [changes["name"] for _, changes in told] == [[str(number), None] for number in range(7)]

    def test_without_an_origin(self) -> None:
        collector = Collector(using="default")
        collector.collect([fresh(), fresh()])
        assert [kind for kind, _ in recorded(collector.delete)] == [DELETED] * 2

    @pytest.mark.parametrize(
        "delete",
        [
            lambda thing: thing.delete(),
            lambda thing: Thing.objects.only("pk").get(pk=thing.pk).delete(),
            lambda thing: Thing(pk=thing.pk, name="stale").delete(),
            lambda thing: Thing.objects.all().delete(),
            lambda thing: Thing.objects.only("name").delete(),
        ],
        ids=["instance", "partial", "stale", "queryset", "partial queryset"],
    )
    def test_tells_what_was_there(self, delete: Callable[[Thing], object]) -> None:
        thing = fresh(number=1, price=Decimal("2.5"))
        key = str(thing.pk)
        assert recorded(lambda: delete(thing)) == [(DELETED, self.HELD)]
        entry = entries()[-1]
        assert (entry.model, entry.object_key, entry.label) == ("activity_log.thing", key, "Thing")

    def test_what_was_not_there_any_more_is_not_told(self) -> None:
        thing = fresh()
        stale = Thing.objects.get(pk=thing.pk)
        thing.delete()
        assert recorded(stale.delete) == []

    def test_an_object_that_holds_nothing(self) -> None:
        Unnamed.objects.create(number=1)
        Thing.objects.create(name="")
        assert recorded(Thing.objects.get().delete) == [(DELETED, {"blob": None})]

    def test_the_links_of_what_is_deleted_go_unmentioned(self) -> None:
        thing = fresh()
        thing.tags.add(Mark.objects.create(name="x"))
        assert len(recorded(thing.delete)) == 1


class TestDeletedUsers:
    """No entry holds their addresses any more."""

    def test_so_it_is_if_users_are_recorded_no_longer(self, user: User, settings: Settings, rewired: None) -> None:
        settings.ACTIVITY_LOG = {}
        named.forget()
        user.delete()
        assert [entry.changes["email"] for entry in entries() if "email" in entry.changes] == [None, None]

    def test_no_object_is_called_by_an_address(self, settings: Settings, rewired: None) -> None:
        settings.ACTIVITY_LOG = {"accounts.User": {"exclude": ["name"]}, "pages.Page": {}}
        named.forget()
        user = User.objects.create_user("ada@example.com", name="Ada")
        page = Page.objects.create(title="x", slug="x", author=user)
        page.author = None
        page.save()
        assert {entry.label for entry in entries() if entry.model == "accounts.user"} == {""}
        assert entries()[-1].changes == {"author": [{"key": user.pk, "label": None}, None]}

    @pytest.mark.parametrize(
        "delete",
        [lambda user: user.delete(), lambda user: User.objects.filter(pk=user.pk).delete()],
        ids=["alone", "queryset"],
    )
    def test_entries_only_say_that_there_were_addresses(self, user: User, delete: Callable[[User], object]) -> None:
        other = User.objects.create_user("grace@example.com", name="Grace")
        user.email = "lovelace@example.com"
        user.save()
        statements_of_it = statements(lambda: delete(user))
        assert statements_of_it.count("UPDATE activityentry") == 1
        about = [entry for entry in entries() if entry.model == "accounts.user"]
        assert [(entry.label, entry.changes["email"]) for entry in about] == [
            ("Ada", None),
            ("Grace", [None, other.email]),
            ("Ada", None),
            ("Ada", None),
        ]
        assert about[0].changes["name"] == [None, "Ada"]


@pytest.mark.usefixtures("things")
class TestLinks:
    @pytest.fixture
    def tags(self) -> list[Mark]:
        return [Mark.objects.create(name=name) for name in ("a", "b", "c")]

    def test_what_changes_nothing_writes_nothing(self, tags: list[Mark]) -> None:
        thing = fresh()
        thing.tags.add(tags[0])
        for act in (
            lambda: thing.tags.add(tags[0]),
            lambda: thing.tags.remove(tags[1]),
            lambda: thing.tags.add(),
            lambda: thing.tags.set([tags[0]]),
            fresh().tags.clear,
        ):
            assert recorded(act) == []

    def test_from_the_other_side_each_object_has_its_entry(self) -> None:
        tag = Tag.objects.create(name="a", slug="a")
        pages = [Page.objects.create(title=name, slug=name) for name in ("x", "y")]
        told = {"tags": {"added": [{"key": tag.pk, "label": "a"}]}}
        assert recorded(lambda: tag.page_set.add(*pages)) == [(CHANGED, told)] * 2
        assert {entry.object_key for entry in entries()[-2:]} == {str(page.pk) for page in pages}
        assert {entry.label for entry in entries()[-2:]} == {"x", "y"}
        gone = {"tags": {"removed": [{"key": tag.pk, "label": "a"}]}}
        assert recorded(lambda: tag.page_set.remove(pages[0])) == [(CHANGED, gone)]
        assert recorded(tag.page_set.clear) == [(CHANGED, gone)]
        assert entries()[-1].object_key == str(pages[1].pk)

    def test_rows_of_the_table_that_are_written_directly_have_one_entry_each(self) -> None:
        page = Page.objects.create(title="News", slug="news")
        tags = [Tag.objects.create(name=name, slug=name) for name in ("a", "b")]
        a, b = ({"key": tag.pk, "label": tag.name} for tag in tags)
        through = Page.tags.through
        assert recorded(lambda: through.objects.create(page=page, tag=tags[0])) == [(CHANGED, {"tags": {"added": [a]}})]
        row = through.objects.get()
        assert recorded(row.save) == []
        row.tag = tags[1]
        assert recorded(row.save) == [(CHANGED, {"tags": {"removed": [a]}}), (CHANGED, {"tags": {"added": [b]}})]
        assert recorded(row.delete) == [(CHANGED, {"tags": {"removed": [b]}})]
        assert (entries()[-1].object_key, entries()[-1].label) == (str(page.pk), "News")

    def test_to_its_own_kind_and_with_keys_of_another_sort(self) -> None:
        one, two = (Keyed.objects.create(title=title) for title in ("one", "two"))
        told = {"others": {"added": [{"key": str(two.pk), "label": "two"}]}}
        assert recorded(lambda: one.others.add(two)) == [(CHANGED, told)]
        assert entries()[-1].object_key == str(one.pk)
        assert recorded(lambda: cast(Any, two).keyed_set.add(one)) == []
        assert recorded(lambda: cast(Any, two).keyed_set.remove(one))[0][1]["others"]["removed"][0]["label"] == "two"

    def test_added_removed_set_and_cleared(self, tags: list[Mark]) -> None:
        thing = fresh()
        a, b, c = ({"key": tag.pk, "label": tag.name} for tag in tags)
        assert recorded(lambda: thing.tags.add(*tags[:2])) == [(CHANGED, {"tags": {"added": [a, b]}})]
        assert recorded(lambda: thing.tags.remove(tags[0], tags[2])) == [(CHANGED, {"tags": {"removed": [a]}})]
        assert recorded(lambda: thing.tags.set(tags[2:])) == [
            (CHANGED, {"tags": {"removed": [b]}}),
            (CHANGED, {"tags": {"added": [c]}}),
        ]
        assert recorded(thing.tags.clear) == [(CHANGED, {"tags": {"removed": [c]}})]
        entry = entries()[-1]
        assert (entry.model, entry.object_key, entry.label) == ("activity_log.thing", str(thing.pk), "Thing")

    def test_of_users_and_groups(self, user: User) -> None:
        group = Group.objects.create(name="Writers")
        permission = Permission.objects.get(codename="add_page")
        assert recorded(lambda: user.groups.add(group)) == [
            (CHANGED, {"groups": {"added": [{"key": group.pk, "label": "Writers"}]}})
        ]
        ((_, changes),) = recorded(lambda: group.permissions.add(permission))
        assert changes["permissions"]["added"][0]["key"] == permission.pk

    def test_raw_writes_nothing(self) -> None:
        thing = fresh()
        tag = Mark.objects.create(name="x")
        thing.tags.add(tag)
        through = Thing.tags.through
        sent: dict[str, Any] = {"instance": thing, "reverse": False, "model": Mark, "pk_set": {tag.pk}}
        told = recorded(lambda: m2m_changed.send(through, action="post_add", using="default", raw=True, **sent))
        assert told == []


@pytest.mark.usefixtures("things")
class TestBulkWrites:
    def test_that_update_what_is_there_tell_of_no_other_field(self) -> None:
        def upsert(*fields: str) -> None:
            things = [Thing(pk=thing.pk, name="new", number=2), Thing(name="other")]
            Thing.objects.bulk_create(things, update_conflicts=True, unique_fields=["id"], update_fields=fields)

        thing = fresh(number=1)
        assert recorded(lambda: upsert("name", "seen_at")) == [(CHANGED, {"name": None})]
        assert entries()[-1].label == "2 rows"
        assert recorded(lambda: upsert("seen_at")) == [(CREATED, {})]

    def test_of_what_is_not_told_leave_nothing(self) -> None:
        fresh()
        assert recorded(lambda: Thing.objects.update(left_out="x", seen_at=MOMENT)) == []
        assert recorded(lambda: Thing.objects.filter(pk=0).update(number=1)) == []

    def test_that_a_deletion_causes(self, user: User, page: Page) -> None:
        told = recorded(user.delete)
        assert (CHANGED, {"author": None}) in told

    def test_leave_one_entry_that_says_how_many_and_which_fields(self) -> None:
        things = [fresh(number=number) for number in range(3)]
        assert recorded(lambda: Thing.objects.update(number=7, name="x", api_token="S3CRET")) == [
            (CHANGED, {"number": None, "name": None, "api_token": None})
        ]
        entry = entries()[-1]
        assert (entry.model, entry.object_key, entry.label) == ("activity_log.thing", "", "3 rows")
        things[0].number = 9
        assert recorded(lambda: Thing.objects.bulk_update(things[:1], ["number"])) == [(CHANGED, {"number": None})]
        assert entries()[-1].label == "1 row"
        assert recorded(lambda: Tag.objects.bulk_create([Tag(name="x", slug="x")])) == [(CREATED, {})]


@pytest.mark.usefixtures("things")
class TestInheritance:
    def test_a_child_is_recorded_with_the_fields_of_its_parents(self, user: User) -> None:
        ((kind, changes),) = recorded(lambda: Special.objects.create(name="x", extra="e", number=1))
        assert (kind, changes) == (
            CREATED,
            {"name": [None, "x"], "extra": [None, "e"], "number": [None, 1], "blob": None},
        )
        special = Special.objects.get()
        special.name, special.extra = "y", "f"
        assert recorded(special.save) == [(CHANGED, {"name": ["x", "y"], "extra": ["e", "f"]})]
        entry = entries()[-1]
        assert (entry.model, entry.object_key, entry.label) == ("activity_log.special", str(special.pk), "x")
        assert recorded(special.save) == []
        assert recorded(lambda: special.save(update_fields=["name"])) == []

    @pytest.mark.parametrize(
        "delete",
        [
            lambda special: special.delete(),
            lambda special: Special.objects.all().delete(),
            lambda special: Thing.objects.get().delete(),
        ],
        ids=["child", "queryset", "parent"],
    )
    def test_its_deletion_tells_of_each_table_what_it_held(self, delete: Callable[[Special], object]) -> None:
        Special.objects.create(name="x", extra="e")
        told = recorded(lambda: delete(Special.objects.get()))
        assert sorted(told, key=lambda one: len(one[1])) == [
            (DELETED, {"extra": ["e", None]}),
            (DELETED, {"name": ["x", None], "blob": None}),
        ]

    def test_a_child_that_leaves_its_parent_behind(self) -> None:
        special = Special.objects.create(name="x", extra="e")
        assert recorded(lambda: special.delete(keep_parents=True)) == [(DELETED, {"extra": ["e", None]})]

    def test_a_proxy_is_recorded_as_what_it_is_a_proxy_of(self) -> None:
        alias = Alias.objects.create(name="x")
        alias.name = "y"
        assert recorded(alias.save) == [(CHANGED, {"name": ["x", "y"]})]
        assert {entry.model for entry in entries()[-2:]} == {"activity_log.thing"}
        ((kind, _),) = recorded(alias.delete)
        assert kind == DELETED


class TestOtherDatabases:
    @pytest.mark.django_db(databases=["default", "other"])
    def test_the_entry_is_where_the_object_is(self, other_database: str) -> None:
        def all_of_it() -> None:
            page = Page(title="a", slug="a")
            page.save(using=other_database)
            page.title = "b"
            page.save()
            page.tags.add(Tag.objects.using(other_database).create(name="x", slug="x"))
            Page.objects.using(other_database).update(body="x")
            page.delete()
            Tag.objects.using(other_database).all().delete()

        before = len(entries())
        told = recorded(all_of_it, other_database)
        assert [kind for kind, _ in told] == [CREATED, CHANGED, CREATED, CHANGED, CHANGED, DELETED, DELETED]
        assert len(entries()) == before

    @pytest.mark.django_db(databases=["default", "other"])
    def test_a_copy_in_another_database_is_created_there(self, other_database: str) -> None:
        page = Page.objects.create(title="a", slug="a")
        ((kind, _),) = recorded(lambda: page.save(using=other_database), other_database)
        assert kind == CREATED


class TestTransactions:
    ACTS: dict[str, Callable[[Page], object]] = {
        "create": lambda page: Page.objects.create(title="x", slug="x"),
        "update": retitle,
        "delete": lambda page: page.delete(),
        "queryset": lambda page: Page.objects.all().delete(),
        "links": lambda page: page.tags.set(Tag.objects.all()),
        "bulk": lambda page: Page.objects.update(title="x"),
    }

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
    def test_a_rollback_takes_the_entry_along(self, page: Page, act: Callable[[Page], object]) -> None:
        Tag.objects.create(name="x", slug="x")

        def undone() -> None:
            with pytest.raises(RuntimeError), transaction.atomic():
                act(page)
                raise RuntimeError

        assert recorded(undone) == []

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
    def test_what_cannot_be_recorded_is_not_done(self, page: Page, act: Callable[[Page], object]) -> None:
        tag = Tag.objects.create(name="x", slug="x")
        with connection.schema_editor() as editor:
            editor.delete_model(ActivityEntry)
        try:
            with pytest.raises(DatabaseError):
                act(page)
        finally:
            with connection.schema_editor() as editor:
                editor.create_model(ActivityEntry)
        assert Page.objects.get().title == "News"
        assert not Page.objects.filter(tags=tag).exists()

    @pytest.mark.django_db(transaction=True)
    def test_a_save_that_fails_outside_of_a_transaction_leaves_no_entry(self, page: Page) -> None:
        Page.objects.create(title="x", slug="taken")
        page.slug = "taken"

        def fail() -> None:
            with pytest.raises(DatabaseError):
                page.save()

        assert recorded(fail) == []

    @pytest.mark.django_db(transaction=True)
    def test_saves_at_the_same_instant_make_a_chain(self, page: Page) -> None:
        copies = [Page.objects.get() for _ in range(8)]

        def save(number: int) -> Callable[[], None]:
            def act() -> None:
                copies[number].title = str(number)
                copies[number].save()

            return act

        run_at_once(*map(save, range(8)))
        titles = [entry.changes["title"] for entry in entries() if entry.kind == CHANGED]
        assert len(titles) == 8
        assert [old for old, _ in titles] == ["News", *(new for _, new in titles[:-1])]
        assert Page.objects.get().title == titles[-1][1]

    @pytest.mark.django_db(transaction=True)
    def test_of_two_that_write_the_same_one_is_told(self, page: Page) -> None:
        copies = [Page.objects.get() for _ in range(4)]
        for copy in copies:
            copy.title = "Same"
        told = recorded(lambda: run_at_once(*[copy.save for copy in copies]))
        assert told == [(CHANGED, {"title": ["News", "Same"]})]


class TestWiring:
    def test_a_reloaded_module_is_not_connected_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in list(vars(signals)):
            monkeypatch.setattr(signals, name, getattr(signals, name))  # put back after the test
        before = [len(signal.receivers) for signal in SIGNALS]
        importlib.reload(signals)
        apps.get_app_config("activity_log").ready()
        assert [len(signal.receivers) for signal in SIGNALS] == before

    def test_each_receiver_is_connected_under_its_dotted_path(self, rewired: None) -> None:
        path = "activity_log.signals."
        for model in (Page, Tag, User, Group):
            assert pre_save.disconnect(sender=model, dispatch_uid=f"{path}record_change")
            assert post_save.disconnect(sender=model, dispatch_uid=f"{path}record_save")
            assert pre_delete.disconnect(sender=model, dispatch_uid=f"{path}record_deletion")
            assert post_delete.disconnect(sender=model, dispatch_uid=f"{path}record_deletions")
        assert m2m_changed.disconnect(sender=Page.tags.through, dispatch_uid=f"{path}record_links")

    def test_a_name_that_no_model_has_is_left_to_the_check(self, settings: Settings, rewired: None) -> None:
        settings.ACTIVITY_LOG = {"pages.Nothing": {}, "nonsense": {}, "pages.Page": {}}
        apps.get_app_config("activity_log").ready()
