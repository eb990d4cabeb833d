"""What is kept of requests: numbers, the places of failures, and the slowest. Nothing that came with a request."""

from datetime import UTC, datetime

from django.db import models

# The hour of the rows that count all requests ever. Pruning leaves them: Prometheus' counters never go down.
EVER = datetime(1970, 1, 1, tzinfo=UTC)


class RequestCount(models.Model):
    """How many requests of a route, with answers of one kind, ended in an hour, and took up to so long."""

    hour = models.DateTimeField(help_text="The beginning of it; 1970 for all hours.")
    route = models.CharField(max_length=200, help_text="The name of the view, such as pages:home.")
    status = models.SmallIntegerField(help_text="The first digit of the status; 0 if there was no answer.")
    up_to = models.PositiveIntegerField(help_text="Milliseconds: one of buffer.LIMITS.")
    count = models.PositiveBigIntegerField()
    seconds = models.FloatField(help_text="All of them together.")
    slowest = models.FloatField(help_text="Seconds.")

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["hour", "route", "status", "up_to"], name="request_metrics_unique_count"),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.status}xx: {self.count}"


class SlowRequest(models.Model):
    """One of the slowest of its hour."""

    time = models.DateTimeField(db_index=True)
    route = models.CharField(max_length=200)
    status = models.SmallIntegerField()
    seconds = models.FloatField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.route}: {self.seconds:.3f} s"


class Failure(models.Model):
    """An exception that no view has caught: which, where in the code, in which view, and how often."""

    type = models.CharField(max_length=200, help_text="Such as builtins.ValueError.")
    place = models.CharField(max_length=200, help_text="Such as pages/views.py:42 page.")
    route = models.CharField(max_length=200)
    count = models.PositiveBigIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["type", "place", "route"], name="request_metrics_unique_failure"),
        ]

    def __str__(self) -> str:
        return f"{self.type} in {self.place}: {self.count}"
