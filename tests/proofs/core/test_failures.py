"""A failure that must not spread is logged with its traceback, and whoever ends the process ends it."""

import logging

import pytest

from core.failures import failures_logged

logger = logging.getLogger(__name__)


def test_a_failure_is_logged_with_its_traceback_and_goes_no_further(caplog: pytest.LogCaptureFixture) -> None:
    with failures_logged(logger, "It did not work."):
        raise RuntimeError("out of order")
    (record,) = caplog.records
    assert (record.name, record.levelname, record.message) == (__name__, "ERROR", "It did not work.")
    assert "RuntimeError: out of order" in caplog.text


def test_whoever_ends_the_process_ends_it() -> None:
    with pytest.raises(SystemExit), failures_logged(logger, "It did not work."):
        raise SystemExit
