"""Changes are shown as a diff."""

from typing import Any

import pytest

from activity_log.diffs import Part, changes, compare, parts
from activity_log.models import ActivityEntry


def marked(diff: list[Part]) -> str:
    """A diff as text: [-gone-] and [+new+]."""
    marks = {"": "{}", "del": "[-{}-]", "ins": "[+{}+]"}
    return "".join(marks[part.kind].format(part.text) for part in diff)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (["old", "new"], "[-old-] [+new+]"),
        ([None, "new"], "[+new+]"),
        ([True, False], "[-yes-] [+no+]"),
        ([{"key": 1, "label": "Ada"}, None], "[-Ada (1)-]"),
        ({"added": [{"key": 1, "label": "a"}, {"key": 2, "label": "b"}]}, "[+a (1)+] [+b (2)+]"),
        ({"new": 2}, "unknown [+2+]"),
        (None, ""),
    ],
    ids=str,
)
def test_each_kind_of_change(change: Any, shown: str) -> None:
    assert marked(parts(None, change)) == shown


def test_a_long_text_is_compared_word_by_word() -> None:
    old = "one two three four five six seven eight nine ten eleven twelve thirteen"
    diff = compare(old, old.replace("six", "6"))
    assert marked(diff) == "one two three four five [-six -][+6 +]seven eight nine ten eleven twelve thirteen"


def test_only_the_words_around_a_change_are_shown() -> None:
    old = "a " * 1000 + "old " + "b " * 1000
    assert len(marked(compare(old, old.replace("old", "new")))) < 150


def test_fields_come_in_the_order_of_the_model() -> None:
    entry = ActivityEntry(model="testing.product", changes={"gone": [1, 2], "price": [1, 2], "supplier_code": None})
    assert [change.field for change in changes(entry)] == ["Price", "Supplier code", "gone"]
