"""Receivers of all sorts. The proofs know on which line each one is."""

import functools
from collections.abc import Callable
from typing import Any

from django.dispatch import Signal

from core.dispatch import send_on_commit
from pages.models import Page

plain_sent = Signal()
later_sent = Signal()


class Shop:
    """Holds a signal, and methods that receive."""

    opened = Signal()

    def note(self, **kwargs: Any) -> None:
        """A method."""

    @classmethod
    def note_all(cls, **kwargs: Any) -> None:
        """A method of the class."""

    def __call__(self, **kwargs: Any) -> None:
        """The object itself."""


def plain(sender: Any = None, **kwargs: Any) -> None:
    """A function."""


async def plain_async(**kwargs: Any) -> None:
    """An async one."""


def logged(receiver: Callable[..., None]) -> Callable[..., None]:
    """A decorator that says what it wraps."""

    @functools.wraps(receiver)
    def wrapper(**kwargs: Any) -> None:
        receiver(**kwargs)

    return wrapper


@logged
@logged
def decorated(**kwargs: Any) -> None:
    """A function that is called by others."""


def narrow(sender: Any, signal: Any) -> None:
    """A function that takes no more."""


def local(text: str = "") -> Callable[..., str]:
    """A function made anew."""

    def note(**kwargs: Any) -> str:
        return text

    return note


def sends(**kwargs: Any) -> None:
    """Sends what it does not name itself."""
    helps()


def helps() -> None:
    """Sends one at once, one later."""
    from proofs.signal_inspector.receivers import Shop as Market

    plain_sent.send(Page)
    Market.opened.send_robust(None)
    send_on_commit(later_sent, Page)


RECEIVERS: dict[str, Callable[..., Any]] = {"lambda": lambda **kwargs: None}


# Two functions without a name, in one place of one file but for their lines.
first, second = (
    lambda **kwargs: 1,
    lambda **kwargs: 2,
)
