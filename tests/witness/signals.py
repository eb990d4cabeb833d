"""A signal, and receivers that write down what they have seen: one in a file, one in the database."""

import os
import random
import time
from typing import Any

from django.dispatch import Signal

from core.dispatch import outside_transaction
from witness.models import Sighting, Thing

# Sent when a thing is written. The sender is Thing. Arguments: instance, using.
thing_happened = Signal()


@outside_transaction
def write_line(instance: Thing, **kwargs: Any) -> None:
    """Append the thing's number to the file that SEEN names, in one write."""
    dawdle()
    descriptor = os.open(os.environ["SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{instance.number}\n".encode())
    os.close(descriptor)
    dawdle()


def write_row(instance: Thing, **kwargs: Any) -> None:
    """Record the thing's number in the database."""
    dawdle()
    Sighting.objects.create(number=instance.number)
    dawdle()


def dawdle() -> None:
    """Take a moment, in which one can be killed."""
    time.sleep(random.uniform(0, 0.005))
