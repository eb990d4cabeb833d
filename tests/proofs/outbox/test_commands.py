"""A relay that is told to stop calls no other receiver; pruning locks a few rows at a time, and shows how far it is."""

import io
import signal
from collections.abc import Callable
from functools import partial

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.dispatch import Signal
from django.test.utils import CaptureQueriesContext
from tqdm import tqdm

from core import pruning
from core.dispatch import send_on_commit
from outbox.models import Event
from proofs.outbox import Listener, the_event


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
