"""When what was counted is stored, and what becomes of it if it cannot be."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import Sum

from core.databases import database_url, table_missing
from core.threads import eventually
from request_metrics.buffer import buffer
from request_metrics.flushing import Background
from request_metrics.models import EVER, RequestCount


def stored() -> int:
    """How many requests."""
    return RequestCount.objects.filter(hour=EVER).aggregate(Sum("count"))["count__sum"] or 0


@pytest.mark.django_db
class TestFlush:
    def test_stores_what_was_counted_once(self) -> None:
        background = Background()
        buffer.add("a", 2, 0.1)
        background.flush()
        background.flush()
        assert stored() == 1

    @pytest.mark.django_db(transaction=True)
    def test_loses_nothing_while_the_database_is_down(self, caplog: pytest.LogCaptureFixture) -> None:
        background = Background()
        buffer.add("a", 2, 0.1)
        with table_missing(RequestCount):
            for _ in range(3):
                background.flush_or_log()
                buffer.add("a", 2, 0.1)
        assert caplog.text.count("Requests cannot be stored.") == 1
        for _ in range(2):
            background.flush_or_log()
        assert stored() == 4
        assert caplog.text.count("Requests are stored again.") == 1
        with table_missing(RequestCount):
            buffer.add("a", 2, 0.1)
            background.flush_or_log()
        assert caplog.text.count("Requests cannot be stored.") == 2

    def test_that_is_interrupted_loses_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupt(batch: object) -> None:
            raise KeyboardInterrupt

        buffer.add("a", 2, 0.1)
        with monkeypatch.context() as patch:
            patch.setattr("request_metrics.flushing.store", interrupt)
            with pytest.raises(KeyboardInterrupt):
                Background().flush()
        Background().flush()
        assert stored() == 1

    def test_asks_for_no_connection_where_nothing_was_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def down(batch: object) -> None:
            raise OperationalError

        monkeypatch.setattr("request_metrics.flushing.store", down)
        Background().flush()


def connected() -> int:
    """How many connections the database has, as far as it tells."""
    if connection.vendor != "postgresql":
        return 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


class Server:
    """A gunicorn that serves the site."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address

    def ask(self, times: int) -> None:
        """Ask for a page so many times. It is not there, which costs no query."""
        server = HTTPConnection(self.address, timeout=10)
        for _ in range(times):
            server.request("GET", "/requests/metrics")
            response = server.getresponse()
            response.read()
            assert response.status == 404
        server.close()

    def end(self, with_signal: signal.Signals) -> None:
        """Send it, and the workers, the signal."""
        os.killpg(self.process.pid, with_signal)
        self.process.wait(20)


@contextmanager
def gunicorn(directory: Path, interval: int) -> Iterator[Server]:
    """Two workers, forked from a process that has loaded the site. They store every so many seconds."""
    log = directory / "log"
    options = ("--preload", "--bind=127.0.0.1:0", "--workers=2", "--threads=2")
    command = [sys.executable, "-m", "gunicorn", *options, "config.wsgi"]
    environment = {"DATABASE_URL": database_url(), "REQUEST_METRICS_FLUSH": str(interval)}
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=os.environ | environment,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    try:
        assert any(eventually(lambda: log.read_text().count("Booting worker") == 2) for _ in range(3)), log.read_text()
        (address,) = re.findall(r"Listening at: http://(\S+)", log.read_text())
        yield Server(process, address)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run there.")
class TestServer:
    def test_that_is_asked_to_end_loses_nothing(self, tmp_path: Path) -> None:
        with gunicorn(tmp_path, interval=3600) as server:
            server.ask(20)
            assert stored() == 0
            server.end(signal.SIGTERM)
        assert stored() == 20

    def test_that_is_killed_loses_what_it_has_counted_since_the_last_flush(self, tmp_path: Path) -> None:
        with gunicorn(tmp_path, interval=1) as server:
            server.ask(10)
            assert eventually(lambda: stored() == 10)
            assert eventually(lambda: connected() == 1), "one that stores nothing has no connection"
            server.ask(5)
            server.end(signal.SIGKILL)
        assert 10 <= stored() <= 15
