"""Who acts: the person of the request, a command, or nobody."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

# Commands that serve requests: what is done outside of a request is nobody's.
SERVERS = {"runserver", "testserver"}


class Who(NamedTuple):
    """Who it was, as it can be stored: a name of at most 150 characters."""

    user_id: Any
    actor: str
    request_id: str


@dataclass(eq=False)
class Actor:
    """Who acts in this thread or task. The request is held, not its user, who may sign in only in the course of it."""

    request: HttpRequest | None = None
    user: AbstractBaseUser | None = None
    name: str = ""
    request_id: str = ""
    before: "Actor | None" = None


current: ContextVar[Actor | None] = ContextVar("actor", default=None)


def who() -> Who:
    """Who acts right now. Asks for the request's user only here: whoever writes nothing pays for no user."""
    actor = current.get()
    if actor is None:
        return Who(None, command(), "")
    # Whoever loads the user may save it: that is nobody's.
    current.set(Actor(name=actor.name, request_id=actor.request_id))
    try:
        user = actor.user if actor.request is None else getattr(actor.request, "user", None)
        signed_in = user is not None and user.is_authenticated
    finally:
        current.set(actor)
    if user is None or not signed_in:
        return Who(None, actor.name, actor.request_id)
    return Who(user.pk, storable(str(user))[:150], actor.request_id)


def command() -> str:
    """What this process was started as, if that is a management command: ``manage.py seed_demo``."""
    program, name = [*sys.argv, "", ""][:2]
    if Path(program).name != "manage.py" or name in SERVERS or name.startswith("-"):
        return ""
    return f"manage.py {name}"[:150] if name else ""


@contextmanager
def acting_as(user_or_name: AbstractBaseUser | str) -> Iterator[None]:
    """Let the block act for a user, or for what has a name, such as a task."""
    before = current.get()
    request_id = before.request_id if before else ""
    current.set(
        Actor(name=storable(user_or_name)[:150], request_id=request_id)
        if isinstance(user_or_name, str)
        else Actor(user=user_or_name, request_id=request_id)
    )
    try:
        yield
    finally:
        current.set(before)


def request_id(request: HttpRequest) -> str:
    """The id that a proxy has given the request, if it looks like one, else a new one."""
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if REQUEST_ID.fullmatch(given) else uuid4().hex


def storable(text: str) -> str:
    """Without what no database takes: NUL and lone surrogates."""
    return text.replace("\0", "").encode(errors="replace").decode()


class ActorMiddleware(MiddlewareMixin):
    """Has :func:`who` name the user and the id of the request, and sends the id back as ``X-Request-ID``."""

    def process_request(self, request: HttpRequest) -> None:
        """Keep who acted before: a test's client makes a request within ``acting_as``."""
        current.set(Actor(request=request, request_id=request_id(request), before=current.get()))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave nothing behind for whatever the thread does next."""
        actor = current.get()
        # Set, not reset: in an asynchronous server these two run in contexts of their own.
        current.set(actor and actor.before)
        if actor is not None:
            response.headers["X-Request-ID"] = actor.request_id
        return response
