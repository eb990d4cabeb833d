"""Values that are made of settings: once, and anew when one of the settings has changed."""

from collections.abc import Callable
from functools import update_wrapper
from threading import RLock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Derived(Generic[T]):
    """Calls a function at most once, until it is to forget the result."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._made: tuple[T] | None = None
        # Held while a value is made: one that was made of the old setting cannot be kept after forget().
        self._lock = RLock()
        update_wrapper(self, make)

    def __call__(self) -> T:
        made = self._made
        if made is None:
            with self._lock:
                made = self._made = self._made or (self._make(),)
        return made[0]

    def forget(self) -> None:
        """Make it anew when it is asked for next."""
        with self._lock:
            self._made = None


_derived: dict[str, list[Derived[Any]]] = {}


def derived_from(*settings: str) -> Callable[[Callable[[], T]], Derived[T]]:
    """Let a function without arguments be called once, until one of these settings changes."""

    def decorate(make: Callable[[], T]) -> Derived[T]:
        derived = Derived(make)
        for setting in settings:
            _derived.setdefault(setting, []).append(derived)
        return derived

    return decorate


def forget(setting: str) -> None:
    """Have everything that is made of this setting made anew."""
    for derived in _derived.get(setting, ()):
        derived.forget()
