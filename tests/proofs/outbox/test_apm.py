"""With an APM that wraps receivers, a signal is still stored first, and delivered once."""

from pathlib import Path

import pytest

from proofs.outbox import IN_A_PROCESS
from proofs.threads import run_in_processes

WITH_SENTRY = """
import sentry_sdk
from outbox.models import Event

sentry_sdk.init(dsn=None)
connect(note)
assert announced._live_receivers(None) != ([note], []), "nothing is wrapped"

def called():
    return os.path.getsize(sys.argv[1]) > 0

send_on_commit(announced, None, number=1)
print(Event.objects.count(), called())
print(Relay().deliver_due(), called())
"""


@pytest.mark.django_db(transaction=True)
def test_with_sentry_a_signal_is_a_row_until_a_relay_delivers_it(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    assert run_in_processes(1, IN_A_PROCESS + WITH_SENTRY, str(calls)) == ["1 False\n1 True\n"]
    assert len(calls.read_text().splitlines()) == 1
