"""A relay that is told to stop calls no other receiver; pruning locks a few rows at a time, and shows how far it is."""

import io
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext
from tqdm import tqdm

from core import pruning
from core.dispatch import send_on_commit
from outbox.models import Event
from proofs.outbox import Listener, fail, the_event


@pytest.mark.django_db(transaction=True)
def test_a_relay_stops_between_the_receivers_of_a_signal_too(
    announced: Signal, connect: Callable[..., Listener]
) -> None:
    first = connect(announced, "tests.first", lambda **kwargs: signal.raise_signal(signal.SIGINT))
    second = connect(announced, "tests.second")
    send_on_commit(announced, None, number=1)
    call_command("relay_signals")
    assert (the_event().state, the_event().receivers) == ("waiting", ["tests.second"])
    call_command("relay_signals", once=True)
    assert (len(first.got), len(second.got)) == (1, 1)


@pytest.mark.django_db
def test_pruning_works_in_batches_and_shows_a_bar_where_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(pruning, "tqdm", partial(tqdm, file=screen))
    monkeypatch.setattr("core.querysets.BATCH_SIZE", 2)
    for watched in (False, True):
        monkeypatch.setattr(screen, "isatty", lambda watched=watched: watched)
        Event.objects.bulk_create(Event(arguments="{}", receivers=[], delivered_at=Now()) for _ in range(5))
        with CaptureQueriesContext(connection) as queries:
            call_command("prune_outbox", days=0)
        assert sum(query["sql"].startswith("DELETE") for query in queries) == 3
        assert not Event.objects.exists()
        assert ("5/5" in screen.getvalue()) == watched


@pytest.mark.django_db(transaction=True)
class TestRelaySignals:
    def test_once_delivers_what_is_due_and_says_so(
        self, announced: Signal, connect: Callable[..., Listener], capsys: pytest.CaptureFixture[str]
    ) -> None:
        _listener = connect(announced, act=lambda number, **kwargs: fail() if number == 0 else None)
        handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
        for number in range(3):
            send_on_commit(announced, None, number=number)
        call_command("relay_signals", once=True)
        begin, end = capsys.readouterr().out.splitlines()
        assert begin == 'Delivering signals of the database "default".'
        assert end == "Delivered: 2. Failed, to be tried again: 1. Parked: 0."
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers


@pytest.mark.django_db
class TestPruneOutbox:
    @pytest.fixture(autouse=True)
    def days(self) -> None:
        """Events of each of the last ten days, delivered, parked and waiting, not in order."""
        for changes in (
            {"delivered_at": F("created_at"), "tries": 1},
            {"parked_at": F("created_at"), "tries": 1},
            {},
        ):
            Event.objects.bulk_create(
                Event(signal=f"{days}", arguments="{}", receivers=[]) for days in (3, 1, 9, 0, *range(4, 9), 2)
            )
            new = Event.objects.filter(delivered_at=None, parked_at=None, tries=0, claim=None, order_key="")
            for event in new:
                then = F("created_at") - timedelta(days=int(event.signal), hours=12)
                Event.objects.filter(pk=event.pk).update(created_at=then, order_key="x")
            Event.objects.filter(order_key="x").update(order_key="y", **changes)

    def test_only_says_how_many_when_asked_to(self, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("prune_outbox", days=4, dry_run=True)
        assert capsys.readouterr().out == "Signals that would be deleted: 6.\n"
        assert Event.objects.count() == 30

    @pytest.mark.parametrize("days", ["-1", "1000000000", "many"])
    def test_says_what_is_wrong(self, days: str) -> None:
        with pytest.raises(CommandError, match=r"--days is|invalid int value"):
            call_command("prune_outbox", "--days", days)
