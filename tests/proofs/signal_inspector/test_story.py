"""What a save, a deletion or a change of links sets off is told in the order in which it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models.signals import m2m_changed, post_delete, post_init, post_save, pre_delete, pre_init, pre_save

from accounts.models import User
from core.signals import rows_written
from pages.models import Page
from proofs.signal_inspector.receivers import later_sent, plain, plain_async, plain_sent, sends
from signal_inspector import story
from signal_inspector.listing import UnknownNameError
from signal_inspector.trace import traced

Connect = Callable[..., None]

RECEIVERS = "proofs.signal_inspector.receivers"
SIGNALS = "django.db.models.signals"


def told(what: str, *others: str) -> list[str]:
    """The lines that name receivers or signals of these tests, and those that tell of rows and transactions."""
    lines = [line.split("  (")[0] for line in story.as_text(story.tell(what)).splitlines()]
    marks = ("The ", "A transaction", "Rows ", *others)
    return [line for line in lines if RECEIVERS in line or line.startswith(marks)]


@contextmanager
def written_through() -> Iterator[None]:
    """The table of links as if the site had written its model."""
    options = Page.tags.through._meta
    created, options.auto_created = options.auto_created, False
    try:
        yield
    finally:
        options.auto_created = created


@pytest.fixture(autouse=True)
def wired(connect: Connect) -> None:
    """Receivers of what a page sends."""
    for signal in (pre_init, post_init, pre_save, post_save, pre_delete, post_delete, rows_written):
        connect(signal, plain, sender=Page)
    connect(m2m_changed, plain, sender=Page.tags.through)


def test_a_save_with_all_that_follows(connect: Connect) -> None:
    connect(post_save, plain_async)
    connect(post_save, sends, sender=Page)
    connect(later_sent, plain, sender=User)
    connect(plain_sent, sends)
    assert told("pages.Page.save", SIGNALS) == [
        "A transaction begins, unless there is one.",
        f"{SIGNALS}.pre_save is sent by pages.Page:",
        f"   {RECEIVERS}.plain",
        "The row is inserted, or updated.",
        f"{SIGNALS}.post_save is sent by pages.Page:",
        f"   {RECEIVERS}.plain",
        f"   {RECEIVERS}.sends",
        f"      it may send {RECEIVERS}.plain_sent:",
        f"         {RECEIVERS}.sends",
        f"            it may send {RECEIVERS}.plain_sent, and so on",
        f"            it may send {RECEIVERS}.Shop.opened, which nobody hears",
        f"            after the commit it may send {RECEIVERS}.later_sent:",
        f"               {RECEIVERS}.plain, if the sender is accounts.User",
        f"      it may send {RECEIVERS}.Shop.opened, which nobody hears",
        f"      after the commit it may send {RECEIVERS}.later_sent:",
        f"         {RECEIVERS}.plain, if the sender is accounts.User",
        f"   {RECEIVERS}.plain_async, async, whoever sends it",
        "The transaction is committed, unless an outer one goes on.",
    ]


def test_a_model_that_opens_no_transaction_is_told_without() -> None:
    assert told("admin.LogEntry.save") == ["The row is inserted, or updated."]
    assert LogEntry._meta.label == "admin.LogEntry"


def test_loading_and_creating() -> None:
    loading = [f"   {RECEIVERS}.plain", "The instance gets its values.", f"   {RECEIVERS}.plain"]
    assert told("pages.Page.load") == told("pages.Page.__init__") == loading
    create = told("pages.Page.objects.create")
    assert create[:3] == loading
    assert create[3:6] == [
        "A transaction begins, unless there is one.",
        f"   {RECEIVERS}.plain",
        "The row is inserted.",
    ]


@pytest.mark.django_db
def test_a_deletion_is_told_in_the_order_in_which_it_happens(connect: Connect) -> None:
    for model in (User, LogEntry):
        connect(pre_delete, plain, sender=model)
        connect(post_delete, plain, sender=model)
    ann = User.objects.create(email="ann@example.com")
    LogEntry.objects.create(user=ann, action_flag=1)
    with traced() as trace:
        ann.delete()
    happened = [f"{row.name} is sent by {row.sender}:" for row in trace.rows if row.kind == "send"]
    expected = [
        f"{SIGNALS}.{when}_delete is sent by {model}:"
        for when in ("pre", "post")
        for model in ("admin.LogEntry", "accounts.User")
    ]
    assert [line for line in happened if line in expected] == expected
    assert [line for line in told("accounts.User.delete", SIGNALS) if line in expected] == expected


def test_a_through_model_of_the_site_tells_of_its_deleted_links_itself(connect: Connect) -> None:
    connect(pre_delete, plain, sender=Page.tags.through)
    assert not any("pre_delete" in line for line in told("pages.Page.tags.clear", SIGNALS))
    with written_through():
        lines = told("pages.Page.tags.clear", SIGNALS)
    assert f"{SIGNALS}.pre_delete is sent by pages.PageTag:" in lines


@pytest.mark.parametrize("method", ["bulk_create", "update", "bulk_update"])
def test_rows_that_are_written_at_once(method: str) -> None:
    lines = told(f"pages.Page.{method}", "core.")
    assert lines[0].endswith("Django sends no signal for each.")
    assert lines[1:3] == ["core.signals.rows_written is sent by pages.Page:", f"   {RECEIVERS}.plain"]
    assert told(f"admin.LogEntry.{method}", "core.") == lines[:1]


@pytest.mark.parametrize(("verb", "actions"), [("add", ["add"]), ("clear", ["clear"]), ("set", ["remove", "add"])])
@pytest.mark.parametrize("side", ["pages.Page.tags", "pages.Tag.page_set"])
def test_links_from_either_side(side: str, verb: str, actions: list[str]) -> None:
    lines = [line for line in told(f"{side}.{verb}", SIGNALS) if not line.startswith("Rows of")]
    assert lines == [
        line
        for action in actions
        for when in ("pre", "post")
        for line in (
            f"{SIGNALS}.m2m_changed is sent by pages.PageTag, {when}_{action}:",
            f"   {RECEIVERS}.plain",
        )
    ]


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("pages", '"pages" is not like "pages.Page.save": app, model, method.'),
        ("pages.Pge.save", 'There is no model "pages.Pge". Did you mean pages.Page'),
        ("pages.Page.sve", 'Of pages.Page, nothing is told of "sve". What is: save, create, delete, load'),
        ("pages.Page.tags.append", "tags.add, tags.remove, tags.clear, tags.set."),
    ],
)
def test_what_cannot_be_told_is_said_in_one_line(what: str, text: str) -> None:
    with pytest.raises(UnknownNameError) as raised:
        story.tell(what)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_other_models_hear_is_no_part_of_it() -> None:
    assert not any(RECEIVERS in line for line in told("accounts.User.save"))


def test_a_deletion_takes_others_along(connect: Connect) -> None:
    connect(pre_delete, plain, sender=LogEntry)
    connect(post_delete, plain, sender=LogEntry)
    lines = told("accounts.User.delete", SIGNALS)
    row = next(
        number for number, line in enumerate(lines) if line.startswith("The row is deleted, and what goes with it")
    )
    assert "admin.LogEntry" in lines[row]
    assert "pages.Page" not in lines[row].replace(",", "").replace(".", " . ").split()
    sent = [number for number, line in enumerate(lines) if "admin.LogEntry:" in line]
    assert sent[0] < row < sent[1]
