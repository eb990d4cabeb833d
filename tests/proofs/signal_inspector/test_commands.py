"""``manage.py signals`` lists and draws receivers whatever they are called, without a database, under stable keys."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models.signals import ModelSignal, post_save
from django.dispatch import Signal
from pytest_django import Settings

from pages.models import Page, Tag
from proofs.signal_inspector.receivers import local, plain, plain_async, sends
from signal_inspector import formats, listing
from signal_inspector.connections import connections

Connect = Callable[..., None]

RECEIVERS = "proofs.signal_inspector.receivers"


def signals(*arguments: str) -> str:
    """What the command writes."""
    out = StringIO()
    call_command("signals", *arguments, stdout=out)
    return out.getvalue()


def listed(*arguments: str) -> list[dict[str, Any]]:
    """What it lists of the receivers of these tests."""
    return [each for each in json.loads(signals(*arguments, "--json")) if each["receiver"].startswith(RECEIVERS)]


@pytest.fixture(autouse=True)
def wired(connect: Connect) -> None:
    """Receivers to be listed."""
    connect(post_save, plain, sender=Page, dispatch_uid=f"{RECEIVERS}.plain")
    connect(post_save, plain_async, sender=Tag, dispatch_uid="other")
    connect(post_save, sends)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--signal", "post_svae"], 'There is no signal "post_svae". Did you mean django.db.models.signals.post_save'),
        (["--signal", "django.db.models.signals.presave"], "django.db.models.signals.pre_save"),
        (["--sender", "pages.Pages"], 'There is no sender "pages.Pages". Did you mean pages.Page'),
        (["--app", "page"], 'There is no app "page". Did you mean pages?'),
        (["--signal", "zzzzzzzz"], 'There is no signal "zzzzzzzz".'),
        (["--on", "pages.Page.save", "--dot"], "--on goes with nothing but --json."),
        (["--on", "pages.Page.save", "--project"], "--on goes with nothing but --json."),
        (["--on", "pages.Page.publish"], 'Of pages.Page, nothing is told of "publish".'),
        (["--json", "--dot"], "not allowed with argument"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments: list[str], text: str) -> None:
    with pytest.raises(CommandError) as raised:
        signals(*arguments)
    assert text in str(raised.value)
    assert "\n" not in str(raised.value)


def test_json_has_everything_under_keys_that_stay() -> None:
    first = listed("--signal", "post_save", "--sender", "Page")[0]
    file, line = first.pop("file"), first.pop("line")
    assert file.endswith("proofs/signal_inspector/receivers.py")
    assert line > 0
    assert re.fullmatch(r".+/proofs/signal_inspector/conftest\.py:\d+", first.pop("connected_at"))
    assert first.pop("order") > 0
    assert first == {
        "signal": "django.db.models.signals.post_save",
        "sender": "pages.Page",
        "receiver": f"{RECEIVERS}.plain",
        "app": None,  # proofs are in none
        "project": True,
        "dispatch_uid": f"{RECEIVERS}.plain",
        "weak": True,
        "dead": False,
        "async": False,
        "sends": [],
    }


def test_a_narrow_terminal_gets_lines_that_fit() -> None:
    own = [each for each in connections() if each.receiver_name.startswith(RECEIVERS)]
    lines = listing.table(own, 80).splitlines()
    assert max(map(len, lines)) <= 80
    start = next(number for number, line in enumerate(lines) if line.endswith(f"any sender -> {RECEIVERS}.sends"))
    assert lines[start + 1].strip().startswith("proofs/signal_inspector/receivers.py:")
    assert lines[start + 2].strip() == "no uid, weak, sync"


HOSTILE = 'a"b<c>\n\\"];`#&|{x}\x1b[31m é'


@pytest.fixture
def hostile(connect: Connect) -> Signal:
    """A signal with a receiver whose names mean something in every format."""
    signal, receiver = ModelSignal(), local()
    vars(receiver)["kept"] = True
    receiver.__qualname__ = HOSTILE
    connect(signal, receiver, sender=type(HOSTILE.replace("\0", ""), (), {}), dispatch_uid=HOSTILE, weak=False)
    return signal


def drawn(draw: Callable[[Any], str], signal: Signal) -> str:
    """A drawing of one signal."""
    return draw([each for each in connections() if each.signal is signal])


def test_dot_has_every_name_in_quotes(hostile: Signal) -> None:
    lines = drawn(formats.as_dot, hostile).splitlines()
    quoted = r'"(?:[^"\\]|\\.)*"'
    for line in lines[3:-1]:
        assert re.fullmatch(rf"  n\d+( -> n\d+)? \[label={quoted}(?: shape=oval)?\];", line), line
    labels = [json.loads(match) for line in lines for match in re.findall(quoted, line)]
    assert any(HOSTILE.replace("\n", " ").replace("\x1b", " ") in label for label in labels)
    assert lines[0] == "digraph signals {"
    assert lines[-1] == "}"


def test_mermaid_has_every_name_by_harmless_characters(hostile: Signal) -> None:
    lines = drawn(formats.as_mermaid, hostile).splitlines()
    text = r'"((?:[\w ._\-():/]|#\d+;)*)"'
    for line in lines[1:]:
        assert re.fullmatch(rf"  n\d+(?:\(\[{text}\]\)|\[{text}\]| -->\|{text}\| n\d+)", line, re.ASCII), line
    read = [re.sub(r"#(\d+);", lambda match: chr(int(match[1])), line) for line in lines]
    assert any(HOSTILE.replace("\n", " ").replace("\x1b", " ") in line for line in read)
    assert lines[0] == "flowchart LR"


def test_a_table_is_not_broken_by_a_name(hostile: Signal) -> None:
    lines = listing.table([each for each in connections() if each.signal is hostile], 1000).splitlines()
    assert len(lines) == 6
    assert all(line.isprintable() for line in lines)


def test_drawings_show_who_sends_what() -> None:
    assert '-.->|"sends"|' in signals("--mermaid")
    assert 'label="sends" style=dashed' in signals("--dot")


def test_it_works_while_the_database_is_down(settings: Settings) -> None:
    environment = os.environ | {"DATABASE_URL": "sqlite:////nowhere/db.sqlite3"}
    command = [sys.executable, "manage.py", "signals", "--on", "pages.Page.save"]
    ran = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True)
    assert "The row is inserted, or updated." in ran.stdout
