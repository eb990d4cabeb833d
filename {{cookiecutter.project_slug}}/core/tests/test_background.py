"""Slow work, such as sending mail, holds a request no longer than ``MAIL_HOLDS_REQUEST``."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from core import background
from core.background import BackgroundMiddleware, run_for_request


def test_a_request_goes_on_and_work_that_fails_later_is_logged(
    rf: RequestFactory, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    work_in_a_thread: Future[None] = Future()
    monkeypatch.setattr(background, "_threads", lambda: SimpleNamespace(submit=lambda *work: work_in_a_thread))
    settings.MAIL_HOLDS_REQUEST = 0

    def view(request: HttpRequest) -> HttpResponse:
        run_for_request(lambda: None)
        return HttpResponse()

    assert BackgroundMiddleware(view)(rf.get("/"))
    work_in_a_thread.set_exception(RuntimeError("out of order"))
    assert "out of order" in caplog.text
