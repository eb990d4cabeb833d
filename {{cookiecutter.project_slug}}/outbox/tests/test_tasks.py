"""With Celery, workers deliver: when they are nudged, and by the schedule if they are not."""

from typing import Any
from unittest.mock import Mock

import pytest
from django.dispatch import Signal
from kombu.exceptions import OperationalError
from pytest_django import Settings

from config.celery import app
from core.dispatch import send_on_commit
from outbox import tasks
from outbox.models import Event
from testing.models import Product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nudge(receiver: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Mock:
    """What asks the broker for a worker. There is no broker."""
    nudge = Mock()
    settings.SIGNAL_DELIVERY = "outbox.tasks.NudgingOutbox"
    monkeypatch.setattr(tasks.drain, "apply_async", nudge)
    monkeypatch.setattr(tasks, "_silent_until", 0.0)
    return nudge


def test_a_worker_is_nudged_once_after_the_commit(
    product_sold: Signal, nudge: Mock, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        send_on_commit(product_sold, Product)
        send_on_commit(product_sold, Product)
        nudge.assert_not_called()
    nudge.assert_called_once()


def test_a_broker_that_is_down_is_left_alone_for_a_while(
    product_sold: Signal, nudge: Mock, django_capture_on_commit_callbacks: Any
) -> None:
    nudge.side_effect = OperationalError
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            send_on_commit(product_sold, Product)
    assert Event.objects.count() == 2
    nudge.assert_called_once()


def test_a_worker_delivers_what_is_due(product_sold: Signal, receiver: Any, nudge: Mock) -> None:
    send_on_commit(product_sold, Product)
    tasks.drain()
    receiver.assert_called_once()
    nudge.assert_not_called()


def test_a_worker_whose_time_is_up_asks_for_another_turn(nudge: Mock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "STRETCH", 0)
    tasks.drain()
    nudge.assert_called_once()


def test_beat_runs_the_schedule(settings: Settings) -> None:
    entries: dict[str, dict[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    assert {entry["task"] for entry in entries.values()} <= app.tasks.keys()
    assert settings.SCHEDULE.keys() <= entries.keys()
