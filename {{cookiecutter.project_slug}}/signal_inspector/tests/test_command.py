"""``manage.py signals`` lists, tells and draws who is connected to what."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save, pre_save

from signal_inspector.tests.receivers import index, sell
from testing.models import Category, Product

NAME = "signal_inspector.tests.receivers"


@pytest.fixture(autouse=True)
def connected(connect: Callable[..., None]) -> None:
    connect(pre_save, index, sender=Product, dispatch_uid="index")
    connect(post_save, index, sender=Category, dispatch_uid="index")
    connect(post_save, sell, dispatch_uid="sell")


def signals(*arguments: str) -> str:
    """What the command writes."""
    out = StringIO()
    call_command("signals", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "receivers"),
    [
        (["--sender=testing.Category"], ["index", "sell"]),  # what hears of every model, too
        (["--app=signal_inspector"], ["index", "sell", "index"]),
        (["--project", "--signal=post_save"], ["index", "sell"]),
    ],
)
def test_connections_are_filtered(arguments: list[str], receivers: list[str]) -> None:
    found: list[dict[str, Any]] = json.loads(signals(*arguments, "--json"))
    own = [each["receiver"].removeprefix(f"{NAME}.") for each in found if each["receiver"].startswith(NAME)]
    assert own == receivers


def test_a_table_has_a_line_for_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    lines = signals("--signal=pre_save", "--app=signal_inspector").splitlines()
    (line,) = (line for line in lines if f"{NAME}.index" in line)
    for text in ("testing.Product", "signal_inspector/tests/receivers.py:", "uid 'index'", "weak", "sync"):
        assert text in line
    assert lines[-1] == "1 receiver of 1 signal."


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--signal=post_svae"], "Did you mean django.db.models.signals.post_save"),
        (["--sender=testing.Prodct"], "Did you mean testing.Product"),
        (["--on=testing.Product.sell"], 'Of testing.Product, nothing is told of "sell".'),
        (["--on=testing.Product.save", "--dot"], "--on goes with nothing but --json."),
    ],
)
def test_a_mistake_is_explained(arguments: list[str], text: str) -> None:
    with pytest.raises(CommandError, match=text):
        signals(*arguments)


def test_what_a_save_sets_off_is_told() -> None:
    lines = [line.split("  (")[0] for line in signals("--on=testing.Product.save").splitlines()]
    told = [line for line in lines if NAME in line or line.startswith(("A transaction", "The "))]
    assert told == [
        "A transaction begins, unless there is one.",
        f"   {NAME}.index",
        "The row is inserted, or updated.",
        f"   {NAME}.sell, whoever sends it",
        f"      it may send {NAME}.stock_changed, which nobody hears",
        "The transaction is committed, unless an outer one goes on.",
    ]
