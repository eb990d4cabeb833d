"""Connecting receivers to the signals of a model, whichever class of it sends them."""

from collections.abc import Callable

from django.apps import apps
from django.db.models import Model
from django.dispatch import Signal


def connect_with_subclasses(
    signal: Signal, receiver: Callable[..., object], *, sender: type[Model], dispatch_uid: str
) -> None:
    """Connect a receiver to a model and to its subclasses: a proxy or child sends signals under its own class only.

    For ``ready()``: by then the models of all apps are loaded.
    """
    for model in apps.get_models():
        if issubclass(model, sender):
            signal.connect(receiver, sender=model, dispatch_uid=dispatch_uid)
