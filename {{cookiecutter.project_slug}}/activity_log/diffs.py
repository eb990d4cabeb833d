"""What an entry tells of an object, field by field, in parts that can be shown as a diff."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any

from django.apps import apps
from django.db.models import DateTimeField
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime

from activity_log.models import ActivityEntry
from activity_log.named import AnyField
from core.actors import storable

# A value that is longer, or has several lines, is compared word by word.
SHORT = 60
# Of what is the same before, between and after changes, so many characters are shown.
CONTEXT = 40
# To compare more words than these takes too long: they are shown as all removed and all added. Of such a text, or of
# one that is new or gone, so many characters are shown.
MOST_WORDS = 200
MOST_CHARACTERS = 400
# Of links to many objects, so many are shown.
MOST_LINKS = 50

WORD = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True)
class Part:
    """A piece of text that is the same (``kind`` empty), was taken away (``del``) or came (``ins``)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """What is told of a field. No parts: that it was set, changed or deleted with its object, and no more."""

    field: str
    parts: list[Part]


def changes(entry: ActivityEntry) -> list[Change]:
    """What an entry tells, in the order of the model's fields."""
    fields = fields_of(entry.model)
    order = {name: number for number, name in enumerate(fields)}
    names = sorted(entry.changes, key=lambda name: order.get(name, len(order)))
    return [Change(name_of(fields.get(name), name), parts(fields.get(name), entry.changes[name])) for name in names]


def fields_of(name: str) -> dict[str, AnyField]:
    """The fields of a model, as far as it is still there."""
    try:
        options = apps.get_model(name)._meta
    except (LookupError, ValueError):
        return {}
    return {field.name: field for field in [*options.concrete_fields, *options.many_to_many]}


def name_of(field: AnyField | None, name: str) -> str:
    """What people call a field."""
    return capfirst(str(field.verbose_name)) if field is not None else name


def parts(field: AnyField | None, change: Any) -> list[Part]:
    """What is told of one field."""
    match change:
        case [old, new]:
            before, after = shown(field, old), shown(field, new)
            return compare(str(old), str(new)) if before == after else compare(before, after)
        case {"new": new}:
            return apart([Part("", "unknown"), Part("ins", cut(shown(field, new)))])
        case {"added": list(links)}:
            return shown_links("ins", links)
        case {"removed": list(links)}:
            return shown_links("del", links)
        case _:
            return []


def shown_links(kind: str, links: list[Any]) -> list[Part]:
    """Related objects; of very many the first, and how many there are."""
    shown_parts = [Part(kind, shown(None, link)) for link in links[:MOST_LINKS]]
    more = [Part("", f"… ({len(links):,} in all)")] if len(links) > MOST_LINKS else []
    return apart(shown_parts + more)


def shown(field: AnyField | None, value: Any) -> str:
    """A value as people read it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return shown_time(value) if isinstance(field, DateTimeField) else storable(value)
        case {"key": key, "label": label, **more} if not more:
            return f"{label} ({key})" if label else str(key)
        case _:
            return storable(json.dumps(value, ensure_ascii=False))


def shown_time(text: str) -> str:
    """The local time, to the second; what is no time, or none that can be told here, as it is."""
    try:
        return date_format(localtime(datetime.fromisoformat(text)), "Y-m-d H:i:s")
    except (ValueError, OverflowError):
        return storable(text)


def compare(old: str, new: str) -> list[Part]:
    """Two texts as a diff: as a whole if they are short, else word by word.

    Browsers send the ends of lines in another way: that is no difference that can be shown.
    """
    old, new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    if old == new:
        return []
    short = max(len(old), len(new)) <= SHORT and "\n" not in old + new
    if short or not old or not new:
        return apart([Part(kind, cut(text)) for kind, text in (("del", old), ("ins", new)) if text])
    before, after = WORD.findall(old), WORD.findall(new)
    head = common(before, after)
    tail = common(before[head:][::-1], after[head:][::-1])
    same_head, same_tail = "".join(before[:head]), "".join(before[len(before) - tail :])
    middle = compare_words(before[head : len(before) - tail], after[head : len(after) - tail])
    return [
        *([Part("", shortened(same_head, start=False))] if same_head else []),
        *middle,
        *([Part("", shortened(same_tail, end=False))] if same_tail else []),
    ]


def compare_words(before: list[str], after: list[str]) -> list[Part]:
    """Two lists of words as a diff. The time that it takes is limited, whatever the words are."""
    if len(before) + len(after) > MOST_WORDS:
        return apart([Part("del", cut("".join(before))), Part("ins", cut("".join(after)))])
    pieces = [part for part in compared(before, after) if part.text]
    texts = [(kind, "".join(part.text for part in same)) for kind, same in groupby(pieces, key=lambda part: part.kind)]
    return [Part(kind, cut(text) if kind else shortened(text)) for kind, text in texts]


def compared(before: list[str], after: list[str]) -> Iterator[Part]:
    """The diff in small pieces. A word is the same whatever space follows it: that is shown on its own."""
    matcher = SequenceMatcher(None, [word.rstrip() for word in before], [word.rstrip() for word in after], False)
    for kind, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        olds, news = before[old_start:old_end], after[new_start:new_end]
        if kind != "equal":
            yield from (Part("del", "".join(olds)), Part("ins", "".join(news)))
            continue
        for old, new in zip(olds, news, strict=True):
            word = old.rstrip()
            if old == new:
                yield Part("", old)
            else:
                yield from (Part("", word), Part("del", old[len(word) :]), Part("ins", new[len(word) :]))


def apart(parts: list[Part]) -> list[Part]:
    """Values with a space between them."""
    return [each for part in parts for each in (Part("", " "), part)][1:]


def common(one: list[str], other: list[str]) -> int:
    """How many words two lists have in common at their beginnings."""
    return next(
        (number for number, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def shortened(text: str, *, start: bool = True, end: bool = True) -> str:
    """What is the same: as much of it as shows where it is."""
    kept = CONTEXT * (start + end)
    if len(text) <= kept + CONTEXT:
        return text
    return (text[:CONTEXT] if start else "") + " … " + (text[-CONTEXT:] if end else "")


def cut(text: str) -> str:
    """A text, of one that is long its beginning and its length."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"
