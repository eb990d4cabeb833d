"""What people are told on the site, and what they do not want to be told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from notifications.kinds import Channel


class Notification(models.Model):
    """Something that a person is told once, however often it is delivered: ``key`` says what it is about."""

    # No constraint: it is checked at the commit, where one that was written while its user was deleted would undo those
    # of all others. No index of its own: those below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    kind = models.CharField(max_length=30)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=500, blank=True, help_text="Where it leads, on this site.")
    key = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_once")]
        indexes = [
            models.Index(fields=["user", "-id"], name="notification_list"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notification_unread"),
            models.Index(fields=["key"], condition=Q(read_at=None), name="notification_unread_by_key"),
        ]

    def __str__(self) -> str:
        return self.text


class Preference(models.Model):
    """Something that a person has switched off."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=30)
    channel = models.CharField(max_length=4, choices=Channel)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "kind", "channel"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.channel} off"
