"""Names for what sends and is sent: signals and senders as text, and back."""

from functools import cache
from importlib import import_module
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.dispatch import Signal
from django.utils.module_loading import module_has_submodule


class UndeliverableError(Exception):
    """What an event names is not there: to try again would not help."""


def name_of_signal(signal: Signal) -> str:
    """Where the signal is declared, such as ``shop.signals.order_paid``. ValueError if an app declares no such."""
    # The cache is by identity, and only of what was found: a signal that is not found is an error each time.
    if signal not in _names:
        for module in _modules():
            declared = vars(import_module(module)).items()
            _names.update({value: f"{module}.{name}" for name, value in declared if value is signal})
            if signal in _names:
                break
        else:
            raise ValueError(
                "The signal cannot be stored, as it has no name. Declare it in the signals.py of an installed app."
            )
    return _names[signal]


def signal_named(name: str) -> Signal:
    """The other way round. Raises UndeliverableError."""
    module, _, attribute = name.rpartition(".")
    found = getattr(import_module(module), attribute, None) if module in _modules() else None
    if not isinstance(found, Signal):
        raise UndeliverableError(f"There is no signal {name}.")
    return found


def name_of_sender(sender: object) -> str:
    """``pages.Page`` for a model, ``module:name`` for another class or a function; empty for None.

    TypeError for anything else: no other process could find it.
    """
    if sender is None:
        return ""
    if isinstance(sender, type) and issubclass(sender, Model):
        name = sender._meta.label
    else:
        name = f"{getattr(sender, '__module__', '')}:{getattr(sender, '__qualname__', '')}"
    try:
        found = sender_named(name) if not name.startswith("__main__:") else None
    except UndeliverableError:
        found = None
    if found is not sender:
        raise TypeError(
            f"The sender {sender!r} cannot be stored. "
            "What can be: None, a model, and classes and functions that a module has under their name."
        )
    return name


def sender_named(name: str) -> Any:
    """The other way round. Raises UndeliverableError."""
    if not name:
        return None
    module, colon, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute) if colon else apps.get_model(name)
    except (ImportError, AttributeError, LookupError, ValueError) as error:
        raise UndeliverableError(f"There is no sender {name}.") from error


_names: dict[Signal, str] = {}


@cache
def _modules() -> list[str]:
    """The modules that declare signals."""
    configs = apps.get_app_configs()
    return [f"{app.name}.signals" for app in configs if app.module and module_has_submodule(app.module, "signals")]
