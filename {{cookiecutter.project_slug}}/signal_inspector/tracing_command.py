"""Running a management command under a trace: ``manage.py signals trace``."""

from collections.abc import Callable

from django.core.management import CommandError, ManagementUtility, get_commands

from signal_inspector.trace import traced

# Commands that serve requests, until somebody ends them.
SERVERS = {"runserver", "testserver"}


def trace_command(arguments: list[str], write: Callable[[str], object]) -> None:
    """Run a command, given as its name and its own arguments, as ``manage.py`` would; then ``write`` what was sent.

    Whatever it raises, SystemExit with its status among that, propagates after the tree was written. Raises
    CommandError if there is no such command, or one that a trace says nothing about.
    """
    if not arguments:
        raise CommandError("Which command? Such as: manage.py signals trace migrate --plan")
    name = arguments[0]
    if name not in get_commands():
        raise CommandError(f"There is no command {name}. manage.py help lists those that there are.")
    if name in SERVERS:
        raise CommandError(f"{name} serves requests in threads of its own: the debug toolbar shows the trace of each.")
    if arguments[:2] == ["signals", "trace"]:
        raise CommandError("A trace of a trace: name the command itself.")
    utility = ManagementUtility(["manage.py", *arguments])
    with traced() as trace:
        try:
            utility.fetch_command(name).run_from_argv(utility.argv)
        finally:
            write(f"\n{trace}")
