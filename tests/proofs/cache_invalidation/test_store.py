"""A Redis that is killed, restarted, full or read-only never serves anything outdated, and no request fails."""

import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from cache_invalidation import store
from cache_invalidation.generations import end_on_commit
from pages.models import Page
from proofs.cache_invalidation import Counter


class Server:
    """A Redis of this test's own. What it was told it keeps on disk, and remembers when it is started again."""

    def __init__(self, program: str, directory: Path) -> None:
        self.program = program
        self.directory = directory
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        """Returns when it answers."""
        keep = ["--appendonly", "yes", "--appendfsync", "always", "--dir", str(self.directory)]
        self.process = subprocess.Popen([self.program, "--port", str(self.port), *keep], stdout=subprocess.DEVNULL)
        wait_for(self.answers)

    def answers(self) -> bool:
        """Whether it listens, and has read what it kept."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as client:
                client.sendall(b"PING\r\n")
                return client.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def kill(self) -> None:
        """As a crash does."""
        self.process.kill()
        self.process.wait(10)


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def server(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    pytest.importorskip("redis")
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("There is no redis-server here.")
    server = Server(program, tmp_path)
    settings.CACHES = {
        "default": {
            "BACKEND": "cache_invalidation.backends.RedisCache",
            "LOCATION": f"redis://127.0.0.1:{server.port}",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
    monkeypatch.setattr(store, "RETRY_AFTER", 0.2)
    server.start()
    yield server
    server.kill()


def shown(client: Client) -> str:
    """The title that a visitor sees."""
    response = client.get("/pages/about/")
    assert response.status_code == 200
    title: str = response.context["page"].title
    return title


@pytest.mark.django_db(transaction=True)
class TestAServer:
    def test_that_is_killed_under_load_is_done_without(
        self, server: Server, about: Page, caplog: pytest.LogCaptureFixture
    ) -> None:
        stop, failures, reads = Event(), list[Exception](), list[str]()

        def visit() -> None:
            client = Client()
            while not stop.is_set():
                try:
                    reads.append(shown(client))
                except Exception as error:
                    failures.append(error)
            connections.close_all()

        visitors = [Thread(target=visit) for _ in range(4)]
        for visitor in visitors:
            visitor.start()
        wait_for(lambda: len(reads) > 50)
        server.kill()
        wait_for(lambda: store.state.down)
        about.title = "written while it was down"
        about.save()
        served = len(reads)
        wait_for(lambda: len(reads) > served + 50)
        server.start()
        wait_for(lambda: not store.state.down)
        served = len(reads)
        wait_for(lambda: len(reads) > served + 50)
        stop.set()
        for visitor in visitors:
            visitor.join(10)
        assert failures == []
        assert set(reads[served + 8 :]) == {"written while it was down"}
        said = [record.getMessage() for record in caplog.records if record.name == "cache_invalidation.store"]
        assert [line.partition(",")[0] for line in said] == ["The cache is down", "The cache is back."]

    def test_that_was_restarted_unnoticed_is_not_believed(self, server: Server, about: Page) -> None:
        client = Client()
        assert shown(client) == shown(client) == "old"
        server.kill()
        with connection.cursor() as cursor:  # as another process that could not tell the cache, and is gone
            cursor.execute("UPDATE pages_page SET title = 'new'")
        server.start()
        assert shown(client) == "new"

    def test_that_was_restarted_before_this_process_came_is_not_believed_either(
        self, server: Server, about: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert shown(Client()) == "old"
        server.kill()
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pages_page SET title = 'new'")
        server.start()
        del caches["default"]
        monkeypatch.setattr(store, "state", store.State())
        assert shown(Client()) == "new"

    def test_that_takes_no_writes_is_down(self, server: Server, about: Page) -> None:
        client = Client()
        assert shown(client) == shown(client) == "old"
        command(server, "CONFIG SET min-replicas-to-write 1")
        about.title = "new"
        about.save()
        assert shown(client) == "new"
        command(server, "CONFIG SET min-replicas-to-write 0")
        wait_for(lambda: shown(client) and not store.state.down)
        assert shown(client) == shown(client) == "new"

    def test_that_is_full_still_ends_what_was_written(
        self, server: Server, about: Page, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert shown(Client()) == shown(Client()) == "old"
        command(server, "CONFIG SET maxmemory 1")
        about.title = "new"
        about.save()
        monkeypatch.setattr(store, "state", store.State())  # of another process, which has noticed nothing
        assert shown(Client()) == "new"

    def test_that_does_not_say_who_it_is_is_used_all_the_same(self, server: Server, about: Page) -> None:
        command(server, "ACL SETUSER default -info")
        del caches["default"]
        store.state.server = "unknown"
        client = Client()
        assert shown(client) == shown(client) == "old"
        about.title = "new"
        about.save()
        assert shown(client) == "new"
        assert store.state.server == ""


def command(server: Server, line: str) -> None:
    """Tell it to do something."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(f"{line}\r\n".encode())
        assert client.recv(100) == b"+OK\r\n"


class TestAttempt:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "RETRY_AFTER", 0.05)

    def fail(self, cache: Any) -> None:
        raise OSError("no cache")

    def test_comes_back_however_often_it_was_not_told(self) -> None:
        store.distrust()
        deadline = time.monotonic() + 0.06
        while time.monotonic() < deadline:
            store.distrust()
        assert store.attempt(lambda cache: 1, on_return=lambda cache: None) == 1

    def test_stays_away_while_that_fails(self, caplog: pytest.LogCaptureFixture) -> None:
        store.attempt(self.fail, on_return=self.fail)
        for _ in range(3):
            time.sleep(0.06)
            assert store.attempt(lambda cache: 1, on_return=self.fail) is None
        assert store.state.down
        assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1

    def test_does_not_believe_what_was_answered_before_a_failure(self) -> None:
        def while_another_fails(cache: Any) -> int:
            store.attempt(self.fail, on_return=self.fail)
            return 1

        assert store.attempt(while_another_fails, on_return=self.fail) is None
        assert store.state.down

    def test_is_not_back_if_another_fails_meanwhile(self) -> None:
        store.attempt(self.fail, on_return=self.fail)
        time.sleep(0.06)
        assert store.attempt(lambda cache: 1, on_return=lambda cache: store.distrust()) is None
        assert store.state.down

    def test_asks_again_if_the_server_turns_out_to_be_another(self) -> None:
        asked = Counter()

        def connecting(cache: Any) -> str:
            asked()
            store.state.server = "new"
            return store.state.server

        assert store.attempt(connecting, on_return=self.fail) == "new"
        assert asked.calls == 2

    def test_asks_nothing_of_a_cache_that_has_just_failed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "RETRY_AFTER", 60)
        asked = Counter()
        store.attempt(self.fail, on_return=lambda cache: None)
        assert store.attempt(lambda cache: asked(), on_return=lambda cache: None) is None
        assert asked.calls == 0

    def test_ends_everything_before_it_asks_again(self) -> None:
        order: list[str] = []
        store.attempt(self.fail, on_return=lambda cache: None)
        time.sleep(0.06)
        store.attempt(lambda cache: order.append("asked"), on_return=lambda cache: order.append("ended"))
        assert order == ["ended", "asked"]
        assert not store.state.down


@pytest.mark.django_db(transaction=True)
def test_a_change_that_the_cache_is_not_told_of_while_it_comes_back_keeps_it_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def written_meanwhile(cache: Any) -> None:
        end_on_commit("a")  # refused: another one is trying whether the cache is back

    monkeypatch.setattr(store, "RETRY_AFTER", 0.05)
    store.distrust()
    time.sleep(0.06)
    assert store.attempt(lambda cache: 1, on_return=written_meanwhile) is None
    assert store.state.down
