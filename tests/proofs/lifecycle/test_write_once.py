"""A field that is written once is never written again, however the row is saved, copied, cached or inherited."""

import copy
import pickle
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.state import ProjectState
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Upper
from django.db.models.signals import post_init, post_save, pre_init, pre_save
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from lifecycle import signals, write_once
from lifecycle.write_once import WriteOnceError
from pages.models import Page, Tag
from proofs.lifecycle import Keyed, Note, NoteChild, NoteProxy
from testing.signals import muted

OLD = datetime(2020, 1, 1, tzinfo=UTC)


def statements(act: Callable[[], object]) -> list[str]:
    """The first word of each statement, without those of transactions."""
    with CaptureQueriesContext(connection) as queries:
        act()
    words = [query["sql"].split()[0] for query in queries]
    return [word for word in words if word in {"SELECT", "INSERT", "UPDATE", "DELETE"}]


@pytest.fixture
def note(notes: None) -> Note:
    """A note, loaded from the database."""
    Note.objects.create(text="old")
    note: Note = Note.objects.get()
    return note


class TestSave:
    def test_that_leaves_the_field_out_goes_and_the_next_is_still_refused(self, note: Note) -> None:
        note.made_at = OLD
        note.save(update_fields=["text"])
        for fields in (None, ["made_at"]):
            with pytest.raises(WriteOnceError):
                note.save(update_fields=fields)

    def test_of_a_foreign_key_by_its_column(self, note: Note) -> None:
        vars(note)["owner_id"] = 17
        for fields in (None, ["owner"], ["owner_id"]):
            with pytest.raises(WriteOnceError, match="owner"):
                note.save(update_fields=fields)

    def test_of_a_list_that_was_changed_in_place(self, note: Note) -> None:
        note.data.append("more")
        with pytest.raises(WriteOnceError, match="data"):
            note.save()

    def test_of_the_same_value_in_another_form(self, note: Note) -> None:
        note.made_at = note.made_at.isoformat()
        note.save()

    def test_of_an_expression_is_refused(self, note: Note) -> None:
        note.made_at = F("made_at")
        with pytest.raises(WriteOnceError):
            note.save()

    def test_of_a_row_that_somebody_has_changed_meanwhile_is_judged_by_the_row(self, note: Note) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE lifecycle_note SET made_at = %s", [OLD])
        note.refresh_from_db()
        note.save()
        assert Note.objects.get().made_at == OLD

    def test_is_refused_if_it_would_change_one(self, note: Note) -> None:
        note.made_at, note.text = OLD, "new"
        with pytest.raises(WriteOnceError) as refusal:
            note.save()
        assert str(refusal.value) == (
            f"lifecycle.Note {note.pk} was not saved, as this would change what is written once: made_at."
            " Leave it as it was: refresh_from_db(fields=['made_at']) brings it back."
        )
        assert Note.objects.get().text == "old"
        note.refresh_from_db(fields=["made_at"])
        note.save()
        assert Note.objects.get().text == "new"


class TestCreating:
    def test_a_copy_is_a_new_row(self, note: Note) -> None:
        first = note.pk
        note.pk, note._state.adding, note.data = None, True, ["other"]
        assert statements(note.save) == ["INSERT"]
        assert {other.pk: other.data for other in Note.objects.all()} == {first: [], note.pk: ["other"]}
        note.data = ["changed"]
        with pytest.raises(WriteOnceError):
            note.save()

    def test_with_a_key_of_ones_own(self, notes: None) -> None:
        note = Note(pk=500, data=["x"])
        note.save()
        assert Note.objects.get().data == ["x"]

    def test_over_a_row_that_is_there_is_no_creating(self, note: Note) -> None:
        with pytest.raises(WriteOnceError, match="made_at, data"):
            Note(pk=note.pk, data=["x"], made_at=OLD).save()

    def test_with_a_key_that_is_taken_is_an_integrity_error(self, note: Note) -> None:
        for create in (partial(Note.objects.create, pk=note.pk), partial(Note(pk=note.pk).save, force_insert=True)):
            with pytest.raises(IntegrityError, match=f"There is a lifecycle.Note {note.pk} already"):
                create()

    def test_that_loses_a_race_gets_the_one_that_is_there(self, note: Note, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([Note.DoesNotExist, None])
        get = QuerySet.get

        def late(self: Any, *args: Any, **kwargs: Any) -> Any:
            if error := next(answers):
                raise error
            return get(self, *args, **kwargs)

        monkeypatch.setattr(QuerySet, "get", late)
        assert Note.objects.get_or_create(pk=note.pk) == (note, False)

    def test_with_a_key_that_the_model_makes_costs_no_query(self, notes: None) -> None:
        keyed = Keyed(name="x")
        assert statements(keyed.save) == ["INSERT"]
        assert isinstance(keyed.pk, uuid.UUID)
        keyed.name = "y"
        with pytest.raises(WriteOnceError):
            keyed.save()

    def test_a_row_saved_under_another_key_is_another_row(self, note: Note) -> None:
        other = Note.objects.create(data=["other"])
        note.pk = other.pk
        with pytest.raises(WriteOnceError, match=f"{other.pk} was not saved.*: made_at, data"):
            note.save()

    @pytest.mark.django_db(databases=["default", "other"])
    def test_in_another_database_it_is_another_row(self, other_database: str) -> None:
        page = Page.objects.create(title="x", slug="x")
        other = Page.objects.using(other_database).create(pk=page.pk, title="y", slug="y")
        for _ in range(2):  # the first leaves the field out, and makes it an object of that database
            with pytest.raises(WriteOnceError):
                page.save(using=other_database)
            page.save(using=other_database, update_fields=["title"])
        assert Page.objects.using(other_database).get().created_at == other.created_at

    def test_what_was_made_by_hand_is_no_memory_of_the_row(self, note: Note) -> None:
        other = Note(pk=note.pk, text="new", made_at=OLD)
        other.save(update_fields=["text"])
        with pytest.raises(WriteOnceError, match="made_at"):
            other.save()

    def test_with_an_expression_the_next_save_asks(self, notes: None) -> None:
        """Or the database would evaluate it once more."""
        keyed = Keyed.objects.create(name=Upper(Value("x")))
        if not isinstance(vars(keyed)["name"], str):  # Django 6 has it told by the database
            with pytest.raises(WriteOnceError):
                keyed.save()
            keyed.refresh_from_db(fields=["name"])
        keyed.save()

    def test_takes_any_value_once(self, notes: None) -> None:
        note = Note(data=["x"])
        assert statements(note.save) == ["INSERT"]
        note.text = "new"
        assert statements(lambda: note.save(update_fields=["text", "made_at"])) == ["UPDATE"]
        note.made_at = OLD
        with pytest.raises(WriteOnceError):
            note.save()


class TestDeferred:
    def test_a_field_that_is_not_loaded_is_not_loaded_for_this(self, note: Note) -> None:
        assert statements(lambda: Note.objects.only("text").get()) == ["SELECT"]
        partial = Note.objects.only("text").get()
        assert partial.get_deferred_fields() == {"made_at", "data", "owner_id"}
        assert write_once.MEMORY not in vars(partial._state)
        assert statements(partial.save) == ["UPDATE"]

    def test_one_that_was_given_a_value_is_compared_with_the_row(self, note: Note) -> None:
        partial = Note.objects.only("text").get()
        partial.made_at = OLD
        with pytest.raises(WriteOnceError):
            partial.save()
        partial.made_at = note.made_at
        assert statements(partial.save) == ["SELECT", "UPDATE"]

    def test_one_that_was_read_later_is_let_through(self, note: Note) -> None:
        partial = Note.objects.only("text").get()
        assert partial.made_at == note.made_at
        partial.save()


class TestKinds:
    def test_a_child(self, notes: None) -> None:
        NoteChild.objects.create(more="x")
        child = NoteChild.objects.get()
        assert statements(lambda: child.save(update_fields=["more", "made_at"])) == ["UPDATE", "UPDATE"]
        child.made_at = OLD
        with pytest.raises(WriteOnceError, match=r"lifecycle\.NoteChild"):
            child.save()
        with pytest.raises(WriteOnceError):
            NoteChild.objects.update(made_at=OLD)

    def test_a_child_of_a_row_that_is_there(self, note: Note) -> None:
        with pytest.raises(WriteOnceError, match="made_at"):
            NoteChild(note_ptr=note, made_at=OLD).save()
        NoteChild(note_ptr=note, made_at=note.made_at, more="x").save()
        assert NoteChild.objects.get().more == "x"

    def test_a_proxy(self, note: Note) -> None:
        proxy = NoteProxy.objects.get()
        proxy.made_at = OLD
        with pytest.raises(WriteOnceError, match=r"lifecycle\.NoteProxy"):
            proxy.save()
        with pytest.raises(WriteOnceError):
            NoteProxy.objects.update(made_at=OLD)


class TestManyRows:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("name", ["update", "bulk_update", "upsert"])
    def test_are_refused_and_taken_back(self, name: str) -> None:
        page = Page.objects.create(title="Old", slug="old")
        made_at = page.created_at
        page.created_at, page.title = OLD, "New"
        acts: dict[str, Callable[[], object]] = {
            "update": lambda: Page.objects.update(created_at=OLD, title="New"),
            "bulk_update": lambda: Page.objects.bulk_update([page], ["created_at", "title"]),
            "upsert": lambda: Page.objects.bulk_create(
                [page], update_conflicts=True, unique_fields=["slug"], update_fields=["title", "created_at"]
            ),
        }
        with pytest.raises(WriteOnceError) as refusal:
            acts[name]()
        assert str(refusal.value) == (
            "Rows of pages.Page were not written, as this would change what is written once: created_at. Leave it out."
        )
        stored = Page.objects.get()
        assert (stored.created_at, stored.title) == (made_at, "Old")

    def test_may_be_new(self, notes: None) -> None:
        Note.objects.bulk_create([Note(data=["x"]), Note(data=["y"])])
        assert Note.objects.count() == 2

    def test_may_be_written_elsewhere(self, note: Note) -> None:
        Note.objects.update(text="new")
        note.text = "newer"
        Note.objects.bulk_update([note], ["text"])
        Note.objects.bulk_create([note], update_conflicts=True, unique_fields=["id"], update_fields=["text"])
        assert Note.objects.get().text == "newer"

    def test_are_not_committed_by_whoever_goes_on(self, note: Note) -> None:
        with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
            with pytest.raises(WriteOnceError):
                Note.objects.update(made_at=OLD)
            Note.objects.get()


def cached(page: Page) -> Any:
    """The page as it comes out of the cache, which pickles it."""
    cache.set("page", page)
    return cache.get("page")


class TestMemory:
    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, cached])
    def test_goes_along_with_a_copy(self, db: None, duplicate: Callable[[Page], Page]) -> None:
        page = Page.objects.create(title="x", slug="x")
        twin = duplicate(page)
        assert twin == page
        assert write_once._is_known(twin, Page._meta.get_field("created_at"))
        twin.created_at = OLD
        with pytest.raises(WriteOnceError):
            twin.save()
        assert write_once._is_known(page, Page._meta.get_field("created_at"))

    def test_is_no_attribute(self, note: Note) -> None:
        assert vars(note).keys() == {"_state", "id", "text", "made_at", "data", "owner_id"}

    def test_hardly_weighs_anything_in_a_pickle(self, db: None) -> None:
        Page.objects.bulk_create(Page(title=f"{n}", slug=f"{n}", body="x" * 100) for n in range(100))
        with muted(post_init, signals.remember_loaded):
            without = len(pickle.dumps(list(Page.objects.all())))
        assert len(pickle.dumps(list(Page.objects.all()))) - without < 30 * 100

    def test_an_instance_that_was_cached_before_there_was_one_is_asked_for(self, db: None) -> None:
        page = Page.objects.create(title="x", slug="x")
        with muted(post_init, signals.remember_loaded):
            old = cached(Page.objects.get())
        old.save()
        assert old.created_at == page.created_at
        old.created_at = OLD
        with pytest.raises(WriteOnceError):
            old.save()


class TestRegister:
    def test_has_the_models_of_the_site_that_say_so(self) -> None:
        assert {Page, User} <= set(write_once.models())
        assert {Tag, Note}.isdisjoint(write_once.models())  # a note is of another registry of apps

    def test_has_no_models_of_migrations(self) -> None:
        before = write_once.models()
        state = ProjectState.from_apps(apps)
        assert state.apps.get_model("pages", "Page") is not Page
        assert write_once.models() == before

    @pytest.mark.parametrize("signal", [pre_init, post_init, pre_save, post_save])
    def test_other_models_have_no_receiver(self, signal: Signal) -> None:
        def ours(model: type[models.Model]) -> bool:
            return any(receiver.__module__.startswith("lifecycle") for receiver in signal._live_receivers(model)[0])

        assert not ours(Tag)
        assert ours(Page) is ours(User) is (signal is not pre_init)


class TestTheSite:
    def test_nothing_of_a_refused_save_is_kept_by_whoever_goes_on(self, db: None) -> None:
        """These receivers come before those of other apps: nothing is recorded of what does not happen."""
        page = Page.objects.create(title="x", slug="x")
        page.created_at, page.title = OLD, "y"

        def save() -> None:
            with pytest.raises(WriteOnceError):
                page.save()

        assert statements(save) == ["SELECT"]

    def test_when_somebody_joined_stays(self, db: None) -> None:
        user = User.objects.create_user("ada@example.com")
        user.date_joined = OLD
        with pytest.raises(WriteOnceError, match=r"accounts\.User"):
            user.save()

    def test_when_a_page_was_made_stays(self, db: None) -> None:
        page = Page.objects.create(title="x", slug="x")
        page.created_at = OLD
        with pytest.raises(WriteOnceError, match=r"pages\.Page"):
            page.save()
