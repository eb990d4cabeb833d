"""Methods that are replaced while somebody needs it, and only then."""

from collections.abc import Callable
from threading import Lock
from typing import Any

Function = Callable[..., Any]


class Patches:
    """Replaces attributes of classes and modules from the first ``use()`` to the last ``release()``, in any order.

    Each replacement is a class or module, the name of a function there, and what makes the new function of the one
    that is found. What others have put in its place meanwhile is left alone: theirs goes on calling ours.
    """

    def __init__(self, replacements: list[tuple[Any, str, Callable[[Function], Function]]]) -> None:
        self.replacements = replacements
        self.replaced: list[tuple[Any, str, Function, Function]] = []
        self.users = 0
        self.lock = Lock()

    def use(self) -> None:
        """Have them replaced. AttributeError, and nothing is changed, if one is not there."""
        with self.lock:
            if not self.users:
                # All are made before the first is put into its place.
                made = [(owner, name, getattr(owner, name), make) for owner, name, make in self.replacements]
                self.replaced = [(owner, name, found, make(found)) for owner, name, found, make in made]
                for owner, name, _, replacement in self.replaced:
                    setattr(owner, name, replacement)
            self.users += 1

    def release(self) -> None:
        """Need them no more."""
        with self.lock:
            self.users -= 1
            if not self.users:
                for owner, name, found, replacement in self.replaced:
                    if getattr(owner, name) is replacement:
                        setattr(owner, name, found)
                self.replaced = []
