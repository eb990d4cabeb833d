"""``send_on_commit`` sends a signal after the commit, and survives receivers that fail."""

from collections.abc import Callable

import pytest
from django.db import transaction
from django.dispatch import Signal
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from core.dispatch import send_on_commit
from testing.models import Category
from testing.signals import Send

pytestmark = pytest.mark.django_db

announced = Signal()


@pytest.fixture(autouse=True)
def _in_process(settings: Settings) -> None:
    settings.SIGNAL_DELIVERY = "core.dispatch.InProcess"


def test_a_signal_is_sent_after_the_commit(
    captured: Callable[..., list[Send]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sent = captured(announced)
    with django_capture_on_commit_callbacks(execute=True):
        send_on_commit(announced, sender=Category, what="news")
        assert sent == []
    assert sent == [Send(Category, {"using": "default", "what": "news"})]


def test_a_rollback_sends_nothing(
    captured: Callable[..., list[Send]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sent = captured(announced)
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(RuntimeError), transaction.atomic():
        send_on_commit(announced, sender=Category)
        raise RuntimeError
    assert sent == []


def test_a_failing_receiver_is_logged_and_the_others_run(
    captured: Callable[..., list[Send]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(**kwargs: object) -> None:
        raise RuntimeError("out of order")

    announced.connect(fail)
    sent = captured(announced)  # the last receiver
    with django_capture_on_commit_callbacks(execute=True):
        send_on_commit(announced, sender=Category)
    assert len(sent) == 1
    assert "RuntimeError: out of order" in caplog.text
