"""What the tests of activity_log share: models of all sorts, and what was recorded of them."""

import re
import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.db import connection, models
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext, isolate_apps

from accounts.models import User
from activity_log.models import ActivityEntry
from core.models import AtomicModel
from core.querysets import AnnouncingQuerySet

# A collation to which upper and lower case are the same.
CASELESS = "nocase" if connection.vendor == "sqlite" else "caseless"

with isolate_apps("activity_log"):

    class Mark(models.Model):
        """Not in the setting."""

        name = models.CharField(max_length=20)

        objects: ClassVar[models.Manager["Mark"]] = models.Manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return self.name

    class Thing(AtomicModel):
        """With a field of every sort."""

        name = models.CharField(max_length=200)
        text = models.TextField(blank=True)
        number = models.IntegerField(null=True)
        real = models.FloatField(null=True)
        price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
        flag = models.BooleanField(null=True)
        day = models.DateField(null=True)
        moment = models.DateTimeField(null=True)
        clock = models.TimeField(null=True)
        span = models.DurationField(null=True)
        code = models.UUIDField(null=True)
        data = models.JSONField(null=True)
        address = models.GenericIPAddressField(null=True)
        caseless = models.CharField(max_length=20, blank=True, db_collation=CASELESS)
        odd = models.CharField(max_length=20, blank=True, db_column="select from")
        file = models.FileField(blank=True)
        blob = models.BinaryField(default=b"")
        api_token = models.CharField(max_length=20, blank=True)
        hidden = models.CharField(max_length=20, blank=True)
        left_out = models.CharField(max_length=20, blank=True)
        owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", db_constraint=False)
        tags = models.ManyToManyField(Mark)
        made_at = models.DateTimeField(auto_now_add=True)
        seen_at = models.DateTimeField(auto_now=True)
        loud = models.GeneratedField(
            expression=Upper("name"), output_field=models.CharField(max_length=200), db_persist=True
        )

        objects = AnnouncingQuerySet["Thing"].as_manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return self.name

    class Alias(Thing):
        """The same under another class."""

        class Meta:
            app_label = "activity_log"
            proxy = True

    class Special(Thing):
        """In a table of its own, and in that of its parent."""

        extra = models.CharField(max_length=20)

        class Meta:
            app_label = "activity_log"

    class Keyed(AtomicModel):
        """With a key that nobody gives but its maker; belongs to a thing, and has others."""

        key = models.UUIDField(primary_key=True, default=uuid.uuid4)
        title = models.CharField(max_length=20)
        thing = models.ForeignKey(Thing, models.CASCADE, null=True)
        others = models.ManyToManyField("self", symmetrical=False)

        objects: ClassVar[models.Manager["Keyed"]] = models.Manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return self.title

    class Named(AtomicModel):
        """With a key that has a meaning."""

        word = models.CharField(max_length=20, primary_key=True)
        number = models.IntegerField(default=0)

        objects: ClassVar[models.Manager["Named"]] = models.Manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return self.word

    class Plain(models.Model):
        """With nothing around it: no atomic save, nothing that points here, no name."""

        number = models.IntegerField()

        objects: ClassVar[models.Manager["Plain"]] = models.Manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return str(self.number)

    class Unnamed(models.Model):
        """Not in the setting."""

        number = models.IntegerField()

        objects: ClassVar[models.Manager["Unnamed"]] = models.Manager()

        class Meta:
            app_label = "activity_log"

        def __str__(self) -> str:
            return str(self.number)


TABLES: list[type[models.Model]] = [Mark, Thing, Special, Keyed, Named, Plain, Unnamed]
RECORDED: list[type[models.Model]] = [Thing, Alias, Special, Keyed, Named, Plain]
SETTING: dict[str, dict[str, list[str]]] = {
    "activity_log.Thing": {"exclude": ["left_out"], "secret": ["hidden"]},
    "activity_log.Special": {},
    "activity_log.Keyed": {},
    "activity_log.Named": {},
    "activity_log.Plain": {},
}


def entries(using: str = "default") -> list[ActivityEntry]:
    """What was recorded, in order."""
    return list(ActivityEntry.objects.using(using).order_by("pk"))


def recorded(act: Callable[[], Any], using: str = "default") -> list[tuple[str, dict[str, Any]]]:
    """What is recorded of it: kinds and changes."""
    before = len(entries(using))
    act()
    return [(entry.kind, entry.changes) for entry in entries(using)[before:]]


def statements(act: Callable[[], Any]) -> list[str]:
    """What is executed, each as its verb and, of what writes, its table."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return [verb(query["sql"]) for query in queries]


def verb(sql: str) -> str:
    """The verb of a statement and the table that it writes to."""
    word = sql.split()[0]
    if word == "WITH":
        word = "INSERT"
    table = re.search(r'(?:INTO|UPDATE|DELETE FROM) "(\w+?)"', sql)
    return f"{word} {table[1].removeprefix('activity_log_')}" if table else word
