"""A server that is asked to end loses no request; one that is killed loses what it had not stored yet."""

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

from proofs.databases import database_url, table_missing
from proofs.threads import eventually
from request_metrics.buffer import buffer
from request_metrics.flushing import Background
from request_metrics.models import EVER, RequestCount


def stored() -> int:
    """How many requests."""
    return RequestCount.objects.filter(hour=EVER).aggregate(Sum("count"))["count__sum"] or 0


@pytest.mark.django_db
class TestFlush:
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


def connected() -> int:
    """How many connections the database has, as far as it tells."""
    if connection.vendor != "postgresql":
        return 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


class Server:
    """A gunicorn that serves the site."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        self.workers: list[str] = []

    def started(self, workers: int) -> bool:
        """Whether so many workers were started, all in all, within half a minute."""

        def started() -> bool:
            self.workers = re.findall(r"Booting worker with pid: (\d+)", self.log.read_text())
            return len(self.workers) == workers

        return any(eventually(started) for _ in range(3))

    def ask(self, times: int) -> None:
        """Ask for a page so many times. It is not there, which costs no query."""
        (address,) = re.findall(r"Listening at: http://(\S+)", self.log.read_text())
        server = HTTPConnection(address, timeout=10)
        for _ in range(times):
            server.request("GET", "/requests/metrics")
            response = server.getresponse()
            response.read()
            assert response.status == 404
        server.close()

    def kill_worker(self) -> None:
        """Kill one of the workers. Another one takes its place."""
        os.kill(int(self.workers[0]), signal.SIGKILL)
        assert self.started(3)

    def end(self) -> None:
        """Ask it, and the workers, to end."""
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


@contextmanager
def gunicorn(directory: Path) -> Iterator[Server]:
    """Two workers, forked from a process that has loaded the site. They store every second."""
    log = directory / "log"
    options = ("--preload", "--bind=127.0.0.1:0", "--workers=2", "--threads=2")
    command = [sys.executable, "-m", "gunicorn", *options, "config.wsgi"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": database_url(),
        "REQUEST_METRICS_FLUSH": "1",
    }
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
        server = Server(process, log)
        assert server.started(2), log.read_text()
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(sys.platform == "win32", reason="gunicorn does not run there.")
class TestServer:
    def test_loses_nothing_if_it_is_asked_to_end_and_what_was_not_stored_yet_if_it_is_killed(
        self, tmp_path: Path
    ) -> None:
        with gunicorn(tmp_path) as server:
            server.ask(10)
            assert eventually(lambda: stored() == 10)
            assert eventually(lambda: connected() == 1), "one that stores nothing has no connection"
            server.ask(5)
            server.kill_worker()
            server.ask(20)
            server.end()
        assert 30 <= stored() <= 35
