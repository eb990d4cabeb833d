"""A receiver that kills its process is parked after its tries, and holds up nothing else for longer than a lease."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.dispatch import Signal

from core.dispatch import send_on_commit
from outbox.models import Event
from proofs.databases import database_url
from proofs.outbox import IN_A_PROCESS, Listener

pytestmark = pytest.mark.django_db(transaction=True)

TRIES, LEASE = 3, 1

# Number 2 kills each relay; the receiver says when it was called.
RELAY = f"""
settings.OUTBOX = {{"TRIES": {TRIES}, "FIRST_DELAY": 1, "LONGEST_DELAY": 1, "LEASE": {LEASE}}}

def work(number, **kwargs):
    note(f"{{number}} {{time.time()}}")
    if number == 2:
        os._exit(1)

if OUTSIDE:
    outside_transaction(work)
connect(work)
Relay().deliver_due()
"""


@pytest.mark.parametrize("outside", [True, False], ids=["outside of a transaction", "in one"])
def test_five_good_events_behind_it_are_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outside: bool
) -> None:
    announced, listener = Signal(), Listener()
    monkeypatch.setattr("core.signals.announced", announced, raising=False)
    monkeypatch.setattr(settings, "SIGNAL_DELIVERY", "outbox.delivery.Outbox")
    announced.connect(listener, dispatch_uid="tests.receive")
    with transaction.atomic():
        for number in range(8):
            send_on_commit(announced, None, number=number)
    numbers = {event.pk: json.loads(event.arguments)["number"] for event in Event.objects.all()}
    code = f"import django; django.setup(); OUTSIDE = {outside}\n{IN_A_PROCESS}{RELAY}"
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    starts = [time.time()]
    while Event.objects.filter(delivered_at=None, parked_at=None).exists():
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "calls")],
            cwd=settings.BASE_DIR,
            env=os.environ | known,
            check=False,
            timeout=60,
        )
        time.sleep(0.1)
        starts.append(time.time())
        assert starts[-1] < starts[0] + 120, "it goes on for ever"

    rows = {numbers[event.pk]: event for event in Event.objects.all()}
    assert {number: event.state for number, event in rows.items()} == {
        number: "parked" if number == 2 else "delivered" for number in range(8)
    }
    assert {number: event.tries for number, event in rows.items()} == {
        number: TRIES if number == 2 else 0 for number in range(8)
    }
    calls = [line.split()[:2] for line in (tmp_path / "calls").read_text().splitlines()]
    assert [number for number, _ in calls if number == "2"] == ["2"] * TRIES
    killed = next(float(at) for number, at in calls if number == "2")
    behind = {number: float(at) for number, at in calls if int(number) > 2}
    assert len([number for number, _ in calls if number != "2"]) == len(behind) + 2 == 7
    # When the lease has ended one relay more may die of it; then they are delivered.
    assert sum(killed + LEASE < start < max(behind.values()) for start in starts) <= 2
