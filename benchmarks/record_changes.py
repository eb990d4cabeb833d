"""What recording changes costs, beside its peers: uv run benchmarks/record_changes.py

Creating, changing and deleting an object of a small model, deleting 500 by a queryset, loading one, and saving one of a
model that is not recorded: as ratios to Django alone in the same run, with the number of statements that it adds (not
counting savepoints). Each peer runs in a process of its own.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sites import in_each_database, size

ROUNDS = size(9, 2)
REPEAT = size(60, 3)
MANY = size(500, 20)
TRANSACTION = {"BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"}

# What each is installed from, for the benchmark alone, and its app.
PEERS = {
    "activity_log": ("", "activity_log"),
    "auditlog": ("django-auditlog", "auditlog"),
    "simple-history": ("django-simple-history", "simple_history"),
    "easy-audit": ("django-easy-audit", "easyaudit"),
}
WHAT = ("create", "update", "delete", f"delete {MANY}", "load", "other model")

Acts = dict[str, tuple[Callable[[], object], int]]


def models(peer: str) -> tuple[Any, Any]:
    """A small model that is recorded, and one that is not, with tables of their own."""
    from django.db import connection
    from django.db.models import CharField, IntegerField, Model

    def model(name: str) -> Any:
        class Meta:
            app_label = "pages"
            db_table = f"{peer}_{name}"

        fields = {"name": CharField(max_length=50), "text": CharField(max_length=200), "number": IntegerField()}
        return type(name, (Model,), {"__module__": __name__, "Meta": Meta, "__str__": lambda self: self.name} | fields)

    made = model("Measured"), model("Other")
    with connection.schema_editor() as editor:
        for each in made:
            editor.create_model(each)
    return made


def register(peer: str, model: Any) -> None:
    """Have the changes of a model recorded."""
    if peer == "activity_log":
        from django.conf import settings

        from activity_log import named
        from activity_log.apps import ActivityLogConfig

        settings.ACTIVITY_LOG = {"pages.Measured": {}}
        named.forget()
        ActivityLogConfig.connect(model)
    elif peer == "auditlog":
        from auditlog.registry import auditlog

        auditlog.register(model)
    elif peer == "simple-history":
        import simple_history
        from django.db import connection

        simple_history.register(model, app="pages")
        with connection.schema_editor() as editor:
            editor.create_model(model.history.model)


@contextmanager
def django_alone() -> Iterator[None]:
    """Without any receiver of the signals of models."""
    from django.db.models import signals

    names = ("pre_init", "post_init", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")
    before = {signal: signal.receivers for signal in (getattr(signals, name) for name in names)}
    for signal in before:
        signal.receivers = []
        signal.sender_receivers_cache.clear()
    yield
    for signal, receivers in before.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


def measure(measured: Any, other: Any, count: bool = False) -> dict[str, float]:
    """How long each takes, or how many statements it is."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    found: dict[str, float] = {}
    repeat = 1 if count else REPEAT

    def note(what: str, act: Callable[[Any], object], objects: list[Any]) -> None:
        if count:
            with CaptureQueriesContext(connection) as queries, transaction.atomic():
                act(objects[0])
            found[what] = len([query for query in queries if query["sql"].split()[0] not in TRANSACTION])
            return
        start = time.perf_counter()
        with transaction.atomic():  # in one, so that the time of a commit, the same for all, hides nothing
            for each in objects:
                act(each)
        found[what] = (time.perf_counter() - start) / len(objects)

    def rename(each: Any) -> None:
        each.name = "changed"
        each.save()

    def create(number: int) -> None:
        measured.objects.create(name="new", text="x" * 100, number=number)

    note("create", create, list(range(repeat)))
    note("update", rename, list(measured.objects.all()))
    note("delete", lambda each: each.delete(), list(measured.objects.all()))
    measured.objects.bulk_create(measured(name="new", text="x" * 100, number=n) for n in range(MANY))
    note("load", lambda each: list(measured.objects.all()), list(range(5)))
    note(f"delete {MANY}", lambda each: each.delete(), [measured.objects.all()])
    other.objects.all().delete()
    other.objects.bulk_create(other(name="new", text="x", number=n) for n in range(repeat))
    note("other model", rename, list(other.objects.all()))
    return found


def compare(peer: str) -> None:
    """Print a line of the table."""
    import django
    from django.conf import settings

    apps = {app for _, app in PEERS.values()}
    settings.DEBUG = False  # which would keep all queries
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app not in apps] + [PEERS[peer][1]]
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    measured, other = models(peer)
    register(peer, measured)
    alone, theirs = [], []
    for _ in range(ROUNDS):  # in turns, so that both see the same machine
        theirs.append(measure(measured, other))
        with django_alone():
            alone.append(measure(measured, other))
    more = measure(measured, other, count=True)
    with django_alone():
        less = measure(measured, other, count=True)
    cells = []
    for what in WHAT:
        ratio = statistics.median(each[what] for each in theirs) / statistics.median(each[what] for each in alone)
        cells.append(f"{ratio:7.2f}x {more[what] - less[what]:+4.0f}")
    print(f"  {peer:15}" + "  ".join(cells), flush=True)


def main() -> None:
    """Run in a site: each peer in a process of its own, with a database of its own."""
    print("  " + " " * 15 + "  ".join(f"{what:>13}" for what in WHAT), flush=True)
    for peer, (package, _) in PEERS.items():
        command = ["uv", "run", "--quiet", *(["--with", package] if package else []), "python", *sys.argv]
        subprocess.run(command, env=os.environ | {"PEER": peer}, check=True, stderr=sys.stderr)


if __name__ == "__main__":
    if "PEER" in os.environ:
        compare(os.environ["PEER"])
    elif "IN_SITE" in os.environ:
        main()
    else:
        in_each_database(__file__)
