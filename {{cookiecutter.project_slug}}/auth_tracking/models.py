"""Who signed in, and what the lockout counts."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from auth_tracking.managers import LoginEventManager

# What is left of the personal data of a deleted user.
FORGOTTEN = {
    "name": "",
    "name_key": "",
    "ip": None,
    "user_agent": "",
    "session": "",
    "device": "",
    "network": "",
    "window": None,
}


class LoginEvent(models.Model):
    """One thing that happened at the door. The receivers write it; it is changed only to forget a user."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", "signed in"
        SIGNED_OUT = "signed_out", "signed out"
        FAILED = "failed", "failed"
        BLOCKED = "blocked", "blocked"

    kind = models.CharField(max_length=10, choices=Kind)
    # Null when the user is deleted. No constraint: that is checked at the commit, where an event that was written while
    # its user was deleted would undo all else. No index of its own: those below begin with it.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="login_events",
        db_constraint=False,
        db_index=False,
    )
    name = models.CharField(max_length=254, blank=True, help_text="As it was typed; empty if no account has this name.")
    name_key = models.CharField(max_length=64, blank=True, help_text="A keyed hash of the name.")
    ip = models.GenericIPAddressField("IP address", null=True)
    user_agent = models.CharField(max_length=400, blank=True)
    session = models.CharField(max_length=32, blank=True, help_text="The same for all events of a session.")
    time = models.DateTimeField(default=timezone.now)

    # Of sign-ins alone. Database defaults, because what has one is read back from an INSERT that computes it.
    number = models.PositiveIntegerField(
        null=True, db_default=None, help_text="How many sign-ins of this user it makes."
    )
    device = models.CharField(max_length=100, blank=True)
    network = models.CharField(max_length=43, blank=True)
    new_device = models.BooleanField(
        db_default=False, help_text="Yes if this user had never signed in from this device and network."
    )

    # Of refused attempts alone, for the constraint below. Their network is what the lockout counts as one client.
    window = models.PositiveBigIntegerField(null=True, help_text="Which LOCKOUT_WINDOW since 1970 it lies in.")

    objects = LoginEventManager()

    class Meta:
        default_permissions = ("view",)
        permissions = [("unblock", "Can lift a lockout")]
        constraints = [
            # Of sign-ins at the same instant only one can be the next: none is lost, none is the first twice.
            models.UniqueConstraint(fields=["user", "number"], name="event_number"),
            # However often somebody is refused, the table does not grow: one row a window.
            models.UniqueConstraint(
                fields=["name_key", "network", "window"],
                condition=models.Q(window__isnull=False),
                name="event_refused_once",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "kind", "id"], name="event_by_user"),
            models.Index(fields=["user", "device", "network", "number"], name="event_by_device"),
            models.Index(fields=["name_key", "id"], name="event_by_name"),
            models.Index(fields=["ip", "id"], name="event_by_ip"),
            models.Index(fields=["kind", "id"], name="event_by_kind"),
            models.Index(fields=["new_device", "id"], name="event_by_new_device"),
            models.Index(fields=["time"], name="event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.time:%Y-%m-%d %H:%M}"


class LoginAttempt(models.Model):
    """One try at a password that was let through, as ``stores.DatabaseStore`` counts it.

    They are numbered, by name and by address. Of two at the same instant only one can have the next number; the other
    sees it and counts again. So no count is ever passed, and no lock is held.
    """

    name_key = models.CharField(max_length=64)
    ip_key = models.CharField(max_length=43, blank=True)
    time = models.FloatField(help_text="Seconds since 1970.")
    name_number = models.PositiveIntegerField()
    ip_number = models.PositiveIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["name_key", "name_number"], name="attempt_name_number"),
            models.UniqueConstraint(fields=["ip_key", "ip_number"], name="attempt_ip_number"),
        ]
        indexes = [
            models.Index(fields=["name_key", "ip_key", "name_number"], name="attempt_by_name_and_ip"),
            models.Index(fields=["time"], name="attempt_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.name_key[:8]}, {self.name_number}"
