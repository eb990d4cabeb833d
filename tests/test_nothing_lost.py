"""Signals survive: whoever delivers them is killed at random, and the broker with what it holds."""

import json
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from email.message import Message
from pathlib import Path
from typing import Self
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from conftest import ROOT, outside_environment, services, succeed
from test_sites import free_port, on_server

Generate = Callable[..., Path]

EVENTS = 2000
READERS = 3
LEASE = 3  # seconds, until what a killed process held is delivered by another
PATIENCE = 120  # seconds, for what is left when the killing ends

ANNOUNCED = {number for number in range(EVENTS) if number % 10}
PAGES = {number for number in range(EVENTS) if number % 25 == 1}

SETTINGS = f"""
INSTALLED_APPS += ["witness"]
OUTBOX["LEASE"] = {LEASE}
OUTBOX["FIRST_DELAY"] = 1
"""

PREPARE = f"""
from accounts.models import User
from pages.models import Tag
from subscriptions.models import Subscription
tag = Tag.objects.create(name="News", slug="news")
for number in range({READERS}):
    user = User.objects.create_user(f"reader-{{number}}@example.com", name=f"Reader {{number}}")
    Subscription.objects.create(user=user, tag=tag)
"""

REPORT = """
import json
from notifications.models import Notification
from outbox.models import Event
from witness.models import Sighting
waiting = Event.objects.filter(delivered_at=None, parked_at=None)
print(json.dumps({
    "waiting": waiting.count(),
    "parked": [str(event.errors) for event in Event.objects.exclude(parked_at=None)],
    "rows": list(Sighting.objects.values_list("number", flat=True)),
    "notifications": list(Notification.objects.filter(kind="page").values_list("text", "user__email")),
}))
"""


class Mailbox(MessageHandler):
    """A mail server's messages."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.messages.append(message)


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    """What a mail server on this machine gets, and its port."""
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


class Processes:
    """Processes that are killed and started again, and in the end stopped."""

    def __init__(self, site: Path, environment: dict[str, str], lives: tuple[float, float]) -> None:
        """After so many seconds, from and to, one of them is killed."""
        self.lives = lives
        self.site = site
        self.environment = outside_environment() | environment
        self.running: list[tuple[Sequence[str], subprocess.Popen[bytes]]] = []
        self.kills = 0
        self.log = (site / "processes.log").open("wb")

    def popen(self, *command: str) -> subprocess.Popen[bytes]:
        """Start one that is not to be killed."""
        return subprocess.Popen(
            command,
            cwd=self.site,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )

    def start(self, *command: str) -> None:
        """Start one that is."""
        self.running.append((command, self.popen(*command)))

    def kill_one(self, chance: random.Random) -> None:
        """Kill one with all that it has started, in the middle of whatever it does, and start another."""
        command, process = self.running.pop(chance.randrange(len(self.running)))
        subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
        process.wait(10)
        self.kills += 1
        self.start(*command)

    def stop(self) -> list[int]:
        """Ask all to end; with which status they did."""
        for _, process in self.running:
            process.send_signal(signal.SIGTERM)
        return [process.wait(30) for _, process in self.running]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *args: object) -> None:
        self.log.close()
        for _, process in self.running:
            subprocess.run(["pkill", "-KILL", "-s", str(process.pid)], check=False)
            process.wait(10)
        if kind:
            print((self.site / "processes.log").read_text(encoding="utf-8")[-5000:])


@pytest.fixture
def site(generate: Generate, mailbox: tuple[Mailbox, int], tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A site on PostgreSQL with readers of a tag and the app ``witness``, and its environment."""
    name = f"template_lost_{uuid4().hex}"
    site = generate(database="postgresql", cache="redis", signal_delivery="celery", auth_tracking=False)
    shutil.copytree(ROOT / "tests" / "witness", site / "witness")
    with (site / "config" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    environment = services("postgresql", "redis", name) | {
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox[1]}",
        "SEEN": str(tmp_path / "seen"),
        "DEBUG_TOOLBAR": "false",
        "PATH": f"{site / '.venv' / 'bin'}:{outside_environment()['PATH']}",
    }
    succeed("uv", "sync", "--no-dev", cwd=site)
    on_server(f"CREATE DATABASE {name}")
    succeed("python", "manage.py", "migrate", "--run-syncdb", "--verbosity=0", cwd=site, env=environment)
    python(site, PREPARE, environment)
    yield site, environment
    on_server(f"DROP DATABASE {name} WITH (FORCE)")


def python(site: Path, code: str, environment: dict[str, str]) -> str:
    """What Python code prints that runs in a site."""
    return succeed("python", "manage.py", "shell", "--no-imports", "--command", code, cwd=site, env=environment)


def nothing_is_lost(mailbox: Mailbox, processes: Processes, disturb: Callable[[], None]) -> None:
    """Announce things while processes are killed and something is disturbed once, and look at what arrived."""
    site, environment = processes.site, processes.environment
    seen_file = Path(environment["SEEN"])
    seen_file.touch()
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    share = EVENTS // 4
    announcing = [
        processes.popen("python", "manage.py", "announce_things", str(first), str(share))
        for first in range(0, EVENTS, share)
    ]
    disturbed = False
    # Until little is left to lose.
    while (done := lines(seen_file)) < 0.95 * len(ANNOUNCED):
        time.sleep(chance.uniform(*processes.lives))
        processes.kill_one(chance)
        if not disturbed and done > len(ANNOUNCED) / 3:
            disturb()
            disturbed = True
    assert [process.wait(30) for process in announcing] == [0] * 4
    assert disturbed
    begun = time.monotonic()
    while (report := json.loads(python(site, REPORT, environment)))["waiting"]:
        assert time.monotonic() < begun + PATIENCE, f"{report['waiting']} wait, seed {seed}"
        time.sleep(1)
    assert set(processes.stop()) == {0}

    assert report["parked"] == []
    seen = Counter(map(int, seen_file.read_text(encoding="utf-8").split()))
    assert set(seen) == ANNOUNCED, f"each at least once, none that was rolled back; seed {seed}"
    assert sorted(report["rows"]) == sorted(ANNOUNCED), f"each once, in the transaction that notes it; seed {seed}"
    expected = {(f"Page {number}", f"reader-{reader}@example.com") for number in PAGES for reader in range(READERS)}
    assert Counter(map(tuple, report["notifications"])) == Counter(expected)
    mails = [message for message in mailbox.messages if message["Subject"].startswith("Page ")]
    assert {(message["Subject"], message["To"]) for message in mails} == expected
    assert len({message["Message-ID"] for message in mails}) == len(expected)
    # Between the mail server's answer and the note of it a process can die. Then the mail is sent again, as the same.
    assert len(mails) - len(expected) <= processes.kills
    print(
        f"{processes.kills} kills; called again: {seen.total() - len(seen)} of {len(seen)}; "
        f"sent again: {len(mails) - len(expected)} of {len(mails)} mails"
    )


def lines(file: Path) -> int:
    """How many a file has."""
    return file.read_bytes().count(b"\n")


@pytest.mark.whole
def test_three_relays_that_are_killed_lose_nothing(
    site: tuple[Path, dict[str, str]], mailbox: tuple[Mailbox, int]
) -> None:
    directory, environment = site
    with Processes(directory, environment | {"PACE": "0.002"}, lives=(1.0, 2.0)) as processes:
        for _ in range(3):
            processes.start("python", "manage.py", "relay_signals")
        nothing_is_lost(mailbox[0], processes, disturb=lambda: None)


@pytest.mark.whole
def test_workers_that_are_killed_and_a_broker_that_forgets_lose_nothing(
    site: tuple[Path, dict[str, str]], mailbox: tuple[Mailbox, int]
) -> None:
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("There is no redis-server here that could be killed.")
    directory, environment = site
    port = str(free_port())
    environment |= {"PACE": "0.01", "BROKER_URL": f"redis://127.0.0.1:{port}/0", "C_FORCE_ROOT": "1"}
    broker = (server, "--port", port, "--save", "", "--appendonly", "no")
    celery = ("celery", "--app", "config.celery")
    with Processes(directory, environment, lives=(2.0, 4.0)) as processes:
        brokers = [processes.popen(*broker)]

        def restart_broker() -> None:
            brokers[-1].kill()
            brokers[-1].wait(10)
            time.sleep(1)
            brokers.append(processes.popen(*broker))

        for number in range(2):
            processes.start(*celery, "worker", "--concurrency=2", f"--hostname={number}")
        processes.start(*celery, "beat", "--schedule=beat")
        try:
            nothing_is_lost(mailbox[0], processes, disturb=restart_broker)
        finally:
            brokers[-1].kill()
            brokers[-1].wait(10)
