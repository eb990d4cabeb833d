"""What was created, changed and deleted."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ActivityEntry(models.Model):
    """One thing that was done to an object, or to many at once. The receivers write it; nothing changes it.

    ``changes`` has, by the name of the field:

    - ``[old, new]``; what was created has no old value, what was deleted no new one. A related object is
      ``{"key": …, "label": …}``.
    - ``{"new": value}`` where it is not known what stood there before.
    - ``{"added": [...]}`` or ``{"removed": [...]}`` for links to many objects.
    - ``null`` where it is told that the field was written, and no more: a secret, or rows written at once.
    """

    class Kind(models.TextChoices):
        CREATED = "created", "created"
        CHANGED = "changed", "changed"
        DELETED = "deleted", "deleted"

    kind = models.CharField(max_length=7, choices=Kind)
    # Names, not references: an entry outlives its object, and takes no query to write or to read.
    model = models.CharField(max_length=201, help_text="Such as pages.page.")
    object_key = models.CharField(max_length=255, blank=True, help_text="Empty where many rows were written at once.")
    label = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict)
    # No constraint, no index of its own, and nothing is done when the user is deleted: that costs nothing.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    actor = models.CharField(max_length=150, blank=True, help_text="A user's name, or a command; empty for nobody.")
    request_id = models.CharField(max_length=64, blank=True)
    time = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "activity entries"
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["model", "object_key", "id"], name="activity_by_object"),
            models.Index(fields=["model", "id"], name="activity_by_model"),
            models.Index(fields=["object_key", "id"], name="activity_by_key"),
            models.Index(fields=["user", "id"], name="activity_by_user"),
            models.Index(fields=["kind", "id"], name="activity_by_kind"),
            models.Index(fields=["request_id", "id"], name="activity_by_request"),
            models.Index(fields=["time"], name="activity_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.label or self.object_key} {self.get_kind_display()}"
