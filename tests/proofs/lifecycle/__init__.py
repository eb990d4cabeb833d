"""What the tests of lifecycle share: models of all sorts with fields that are written once."""

import uuid
from typing import ClassVar

from django.db import models
from django.test.utils import isolate_apps

from accounts.models import User
from core.models import AtomicModel
from core.querysets import AnnouncingQuerySet

with isolate_apps("lifecycle"):

    class Note(AtomicModel):
        """With fields of several sorts."""

        text = models.CharField(max_length=50, default="")
        made_at = models.DateTimeField(auto_now_add=True)
        data = models.JSONField(default=list)
        owner = models.ForeignKey(User, models.CASCADE, null=True, related_name="+", db_constraint=False)

        write_once = ("made_at", "data", "owner")

        objects = AnnouncingQuerySet["Note"].as_manager()

        class Meta:
            app_label = "lifecycle"

        def __str__(self) -> str:
            return self.text

    class NoteProxy(Note):
        """The same table."""

        class Meta:
            app_label = "lifecycle"
            proxy = True

    class NoteChild(Note):
        """A table of its own besides."""

        more = models.CharField(max_length=50, default="")

        class Meta:
            app_label = "lifecycle"

    class Keyed(AtomicModel):
        """With keys that are not given by the database."""

        id = models.UUIDField(primary_key=True, default=uuid.uuid4)
        name = models.CharField(max_length=50)

        write_once: ClassVar[list[str]] = ["name"]

        objects = AnnouncingQuerySet["Keyed"].as_manager()

        class Meta:
            app_label = "lifecycle"

        def __str__(self) -> str:
            return self.name


MODELS = (Note, NoteProxy, NoteChild, Keyed)
TABLES = (Note, NoteChild, Keyed)
