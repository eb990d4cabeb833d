"""Arguments come back from the outbox unchanged; what cannot be stored is refused, with advice."""

import re
from collections import OrderedDict
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import SafeString

from accounts.models import User
from core.names import UndeliverableError
from core.payloads import dump, encode
from outbox.payloads import load
from pages.models import Page, Tag

PARIS = ZoneInfo("Europe/Paris")


class Color(Enum):
    RED = 1


class Word(StrEnum):
    YES = "yes"


class Odd(tzinfo):
    """A time zone of one's own."""

    def utcoffset(self, when: datetime | None) -> timedelta:
        return timedelta()

    def dst(self, when: datetime | None) -> None:
        return None

    def tzname(self, when: datetime | None) -> str:
        return "odd"


def there_and_back(value: Any) -> Any:
    return load(dump({"value": encode(value, "value")}))["value"]


VALUES: list[Any] = [
    None,
    True,
    0,
    10**40,
    -1.5,
    1e20,
    1e-300,
    5e-324,
    0.1 + 0.2,
    "",
    "Zoë 🦊 \r\n\t\"'\\",
    "\0 and \ud800",
    "x" * 10_000,
    [],
    [1, [None, {"a": []}]],
    {},
    {"b": 1, "a": {"": [1.0, 1]}},
    {"$": ["instance", "accounts.User", 1, "default"]},
    {"$": {"$": "$"}, "other": date(2024, 2, 29)},
    datetime(2024, 2, 29, 12, 30, 1, 5),
    datetime(2024, 2, 29, tzinfo=UTC),
    datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    datetime(2024, 10, 27, 2, 30, tzinfo=PARIS),
    datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=PARIS),
    datetime.max,
    date.min,
    time(23, 59, 59, 999_999),
    time(1, 2, tzinfo=UTC),
    timedelta(days=-1, microseconds=1),
    timedelta.max,
    Decimal("1.10"),
    Decimal("-0"),
    Decimal("1E+30"),
    UUID(int=5),
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_values_come_back_as_they_were(value: Any) -> None:
    back = there_and_back(value)
    assert back == value
    assert repr(back) == repr(value)  # types, digits, the order of keys, zones and folds


def test_negative_zero_keeps_its_sign() -> None:
    assert str(there_and_back(-0.0)) == "-0.0"


REFUSED: dict[str, tuple[Any, type[Exception], str]] = {
    "tuple": ((1, 2), TypeError, "pages cannot be stored, as it is a builtins.tuple. Send a list."),
    "set": ({1}, TypeError, "pages cannot be stored, as it is a builtins.set. Send a sorted list."),
    "bytes": (b"x", TypeError, "pages cannot be stored, as it is a builtins.bytes. Send text."),
    "deep": ([{"a": {"b": frozenset()}}], TypeError, "pages[0]['a']['b'] cannot be stored"),
    "nan": (float("nan"), ValueError, "pages cannot be stored, as it is nan."),
    "infinity": ([float("inf")], ValueError, "pages[0] cannot be stored, as it is inf."),
    "key": ({1: "x"}, TypeError, "pages cannot be stored, as it has the key 1. Keys are str."),
    "key of an enum": ({"a": {Word.YES: 1}}, TypeError, "pages['a'] cannot be stored, as it has the key <Word.YES"),
    "enum": (Color.RED, TypeError, "Color. Send its value."),
    "enum of text": (Word.YES, TypeError, "Word. Send its value."),
    "kind of text": (SafeString("x"), TypeError, "it is a django.utils.safestring.SafeString. What can be: None, bool"),
    "kind of dict": (OrderedDict(), TypeError, "collections.OrderedDict"),
    "object": (object(), TypeError, "it is a builtins.object. What can be: None, bool"),
    "model": (User, TypeError, "ModelBase. What can be"),
    "unsaved": (User(), ValueError, "pages cannot be stored, as this accounts.User is in no database. Save it first."),
    "unsaved with a key": (Page(pk=5), ValueError, "this pages.Page is in no database"),
    "queryset": (Tag.objects.all(), TypeError, "Send a list of keys, or what finds the rows."),
    "function": (there_and_back, TypeError, "builtins.function"),
    "zone": (datetime(2024, 1, 1, tzinfo=Odd()), TypeError, "Zones are ZoneInfo or datetime.timezone."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_stored_is_refused(name: str) -> None:
    value, error, text = REFUSED[name]
    with pytest.raises(error, match=re.escape(text)):
        encode(value, "pages")


@pytest.mark.django_db
class TestInstances:
    def test_may_be_lazy_as_the_user_of_a_request_is(self) -> None:
        user = User.objects.create_user("ada@example.com")
        back = there_and_back(SimpleLazyObject(lambda: user))
        assert type(back) is User
        assert back == user

    def test_that_are_gone_are_told(self) -> None:
        tag = Tag.objects.create(name="x", slug="x")
        text, key = dump({"tag": encode(tag, "tag")}), tag.pk
        tag.delete()
        with pytest.raises(UndeliverableError, match=rf"There is no pages\.Tag {key}\."):
            load(text)

    def test_come_back_as_the_database_has_them(self) -> None:
        tag = Tag.objects.create(name="old", slug="old")
        text = dump({"tags": encode([tag, {"again": tag}], "tags")})
        Tag.objects.update(name="new")
        first, second = load(text)["tags"]
        assert (first, first.name) == (tag, "new")
        assert second["again"] == tag
        assert second["again"] is not first

    def test_that_were_deleted_are_refused(self) -> None:
        tag = Tag.objects.create(name="x", slug="x")
        tag.delete()
        with pytest.raises(ValueError, match="Save it first"):
            encode(tag, "tag")


@pytest.mark.django_db(databases=["default", "other"])
def test_instances_come_from_the_database_where_they_are(other_database: str) -> None:
    tag = Tag.objects.using(other_database).create(name="x", slug="x")
    assert there_and_back(tag)._state.db == other_database


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The arguments cannot be read"),
        ("[]", "The arguments cannot be read"),
        ('{"a":{"$":[]}}', "The arguments cannot be read"),
        ('{"a":{"$":["unknown",1]}}', "The arguments cannot be read: KeyError"),
        ('{"a":{"$":["date","x"]}}', "The arguments cannot be read"),
        ('{"a":{"$":["Decimal","x"]}}', "The arguments cannot be read"),
        ('{"a":{"$":["instance","gone.Model",1,"default"]}}', "There is no model gone.Model."),
        ('{"a":{"$":["instance","nonsense",1,"default"]}}', "The arguments cannot be read"),
        ('{"a":{"$":["instance","pages.Tag",1,"gone"]}}', "There is no database gone."),
        ('{"a":{"$":["instance","pages.Tag","x","default"]}}', "The arguments cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, message: str) -> None:
    with pytest.raises(UndeliverableError, match=message):
        load(text)
