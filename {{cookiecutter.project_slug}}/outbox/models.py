"""Signals that wait for their receivers, and those that have reached them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

WAITING = Q(delivered_at=None, parked_at=None)
FAILED = Q(delivered_at=None, tries__gt=0)
PARKED = FAILED & Q(parked_at__isnull=False)


class Event(models.Model):
    """One sending of a signal. It is written in the transaction of whoever sends it; a relay calls the receivers.

    All times are the database's: the clocks of the machines that relays run on may differ.
    """

    signal = models.CharField(max_length=200, help_text="Such as shop.signals.order_paid.")
    sender = models.CharField(max_length=200, blank=True, help_text="Such as pages.Page; empty for nobody.")
    # JSON in a text: what reads and writes it is payloads.py, and a column for JSON would make 1e20 an integer, put
    # dictionaries in another order, and refuse NUL. Emptied when the event is delivered.
    arguments = models.TextField()
    receivers = models.JSONField(help_text="Those that are still to be called, by their dispatch_uid.")
    # Events that have the same are delivered in the order of their ids.
    order_key = models.CharField(max_length=200, blank=True, help_text="Empty where the order does not matter.")
    created_at = models.DateTimeField(db_default=Now())
    # A relay that takes the event on moves this to the end of its lease: if it dies, the event is due again then.
    due_at = models.DateTimeField(db_default=Now(), help_text="Not before this.")
    claim = models.UUIDField(null=True, help_text="Who has taken it on.")
    tries = models.PositiveIntegerField(default=0, help_text="How many have failed.")
    errors = models.JSONField(default=dict, help_text="The last one of each receiver that has failed.")
    parked_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "sent signal"
        default_permissions = ("view",)
        permissions = [("send_again", "Can send a signal again")]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=WAITING, name="outbox_due"),
            models.Index(fields=["order_key", "id"], condition=WAITING & ~Q(order_key=""), name="outbox_ordered"),
            models.Index(fields=["id"], condition=WAITING, name="outbox_waiting"),
            models.Index(fields=["id"], condition=WAITING & Q(claim__isnull=False), name="outbox_claimed"),
            models.Index(fields=["id"], condition=FAILED, name="outbox_failed"),
            models.Index(fields=["delivered_at"], condition=Q(delivered_at__isnull=False), name="outbox_delivered"),
            models.Index(fields=["signal", "id"], name="outbox_by_signal"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.pk}"

    @property
    def state(self) -> str:
        """What has become of it, in words."""
        if self.delivered_at:
            return "delivered"
        if self.parked_at:
            return "parked"
        if self.claim:
            return "being delivered"
        return "to be tried again" if self.tries else "waiting"

    @property
    def failures(self) -> list[tuple[str, str]]:
        """The receivers that have failed, each with the last line of its error."""
        return [(uid, error.strip().rpartition("\n")[2]) for uid, error in self.errors.items()]
