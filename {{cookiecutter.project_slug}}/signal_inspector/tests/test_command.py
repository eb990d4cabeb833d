"""``manage.py signals`` lists, tells and draws who is connected to what."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import post_save, pre_save

from signal_inspector.tests.receivers import index, product_sold, sell
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


def test_the_map_is_written_into_one_file(tmp_path: Path) -> None:
    signals("--app=signal_inspector", f"--html={tmp_path / 'map.html'}")
    html = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert f'id="receiver-{NAME}.index"' in html
    assert "<style>" in html
    assert 'rel="stylesheet"' not in html


def test_a_command_is_traced_on_standard_error(connect: Callable[..., None], capsys: Any) -> None:
    connect(product_sold, index)
    code = f"from {NAME} import product_sold; product_sold.send(None); print('sold')"
    signals("trace", "shell", "-v0", "-c", code)
    written = capsys.readouterr()
    assert written.out == "sold\n"
    assert f"1 {NAME}.index" in written.err
    assert "1 send, 1 call, 0 queries in " in written.err
