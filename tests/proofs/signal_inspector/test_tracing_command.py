"""``manage.py signals trace`` leaves a command's output and status as they are."""

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from signal_inspector.tracing_command import trace_command


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run manage.py in a process of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_status_is_kept_and_the_tree_written() -> None:
    written: list[str] = []
    with pytest.raises(SystemExit) as ended:
        trace_command(["shell", "-v0", "-c", "raise SystemExit(7)"], written.append)
    assert ended.value.code == 7
    assert " sends, " in written[0]


def test_an_error_propagates_after_the_tree() -> None:
    written: list[str] = []
    with pytest.raises(ZeroDivisionError):
        trace_command(["shell", "-v0", "-c", "1 / 0"], written.append)
    assert " sends, " in written[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Which command? Such as: manage.py signals trace migrate --plan"),
        (["no_such"], "There is no command no_such. manage.py help lists those that there are."),
        (["runserver"], "runserver serves requests in threads of its own: the debug toolbar shows the trace of each."),
        (["signals", "trace", "check"], "A trace of a trace: name the command itself."),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(arguments: list[Any], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("signals", "trace", *arguments)
    assert str(refused.value) == message


def test_the_commands_output_is_its_own_and_what_it_sends_goes_to_standard_error() -> None:
    code = "from django.test.signals import setting_changed; setting_changed.send(None, setting='X', enter=True)"
    run = manage("signals", "trace", "shell", "-v0", "-c", f"{code}; print('done')")
    assert (run.returncode, run.stdout) == (0, "done\n")
    assert run.stderr.lstrip().startswith("setting_changed ")
