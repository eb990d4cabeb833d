"""Redis, and whether it is still the same."""

import re
from typing import Any

from django.core.cache.backends import redis
from redis.exceptions import NoPermissionError

from cache_invalidation import store


class RedisCache(redis.RedisCache):
    """Tells ``store`` which server it has connected to, by the identity that Redis takes anew at each start.

    A server that was restarted may remember what it held, but not what it was told last, or while it was away. Its
    connections break when it stops, so whoever asks it again connects again, and knows.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {"redis_connect_func": note_server} | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})


def note_server(connection: Any) -> None:
    """Called by redis-py for each connection that it makes."""
    connection.on_connect()
    connection.send_command("INFO", "server")
    try:
        information = connection.read_response(disable_decoding=True)
    except NoPermissionError:  # it may not be asked
        information = b""
    identity = re.search(rb"run_id:(\w+)", information)
    store.state.server = identity[1].decode() if identity else ""
