"""With Celery, workers are nudged after the commit; a broker that is down loses no signal and holds up nobody."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connections, transaction
from django.dispatch import Signal
from pytest_django import Settings

from config.celery import app
from core.dispatch import send_on_commit
from outbox import tasks
from outbox.models import Event
from proofs.outbox import Listener
from proofs.threads import run_in_processes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _celery(outbox: None, settings: Settings) -> None:
    settings.SIGNAL_DELIVERY = "outbox.tasks.NudgingOutbox"


@pytest.fixture
def nudges() -> Iterator[Callable[[], list[list[str]]]]:
    """The arguments of the tasks that the broker holds, which then holds none."""
    connection = app.connection_for_read()
    queue = connection.SimpleQueue(app.conf.task_default_queue)
    queue.clear()

    def nudges() -> list[list[str]]:
        found = []
        while queue.qsize():
            message = queue.get_nowait()
            message.ack()
            found.append(message.payload[0])
        return found

    yield nudges
    queue.close()
    connection.close()


class TestNudge:
    def test_comes_at_once_outside_of_a_transaction(
        self, announced: Signal, listener: Listener, nudges: Callable[[], list[list[str]]]
    ) -> None:
        for number in range(2):
            send_on_commit(announced, None, number=number)
        assert nudges() == [["default"]] * 2

    def test_never_comes_after_a_rollback(
        self, announced: Signal, listener: Listener, nudges: Callable[[], list[list[str]]]
    ) -> None:
        with pytest.raises(RuntimeError), transaction.atomic():
            send_on_commit(announced, None, number=1)
            raise RuntimeError
        assert nudges() == []

    def test_comes_for_what_follows_the_rollback_of_a_savepoint(
        self, announced: Signal, listener: Listener, nudges: Callable[[], list[list[str]]]
    ) -> None:
        with transaction.atomic():
            with pytest.raises(RuntimeError), transaction.atomic():
                send_on_commit(announced, None, number=1)
                raise RuntimeError
            send_on_commit(announced, None, number=2)
        assert nudges() == [["default"]]

    def test_looks_back_only_so_far_through_a_long_transaction(
        self, announced: Signal, listener: Listener, nudges: Callable[[], list[list[str]]]
    ) -> None:
        with transaction.atomic():
            for number in range(3 * tasks.LOOK_BACK):
                send_on_commit(announced, None, number=number)
            assert len(connections["default"].run_on_commit) < 4 * tasks.LOOK_BACK
        assert 1 < len(nudges()) < 10

    def test_does_not_come_where_nothing_was_stored(
        self, announced: Signal, nudges: Callable[[], list[list[str]]]
    ) -> None:
        send_on_commit(announced, None, number=1)
        assert nudges() == []


SEND = """
from django.dispatch import Signal
from core import signals
from core.dispatch import send_on_commit

def receive(**kwargs):
    pass

signals.announced = Signal()
signals.announced.connect(receive, dispatch_uid="tests.receive")
for number in range(3):
    send_on_commit(signals.announced, None, number=number)
"""


def test_a_broker_that_refuses_loses_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        broker = f"redis://127.0.0.1:{server.getsockname()[1]}"
    run_in_processes(1, SEND, BROKER_URL=broker)
    assert Event.objects.count() == 3


def test_a_broker_that_is_silent_loses_nothing_and_is_asked_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        run_in_processes(1, SEND, BROKER_URL=f"redis://127.0.0.1:{server.getsockname()[1]}")
        server.settimeout(0)
        server.accept()[0].close()
        with pytest.raises(BlockingIOError):
            server.accept()
    assert Event.objects.count() == 3


def test_beat_has_all_of_the_schedule_run() -> None:
    entries: dict[str, dict[str, Any]] = site_settings.CELERY_BEAT_SCHEDULE
    assert {entry["task"] for entry in entries.values()} <= set(app.tasks)
    run = {entry["args"][0]: entry["schedule"] for entry in entries.values() if entry["task"] == "run_command"}
    assert run == site_settings.SCHEDULE
    for line in run:
        app.tasks["run_command"](line)
