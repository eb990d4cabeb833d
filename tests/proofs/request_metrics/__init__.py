"""What the proofs of request_metrics share: servers, and what was counted."""

import asyncio
from collections import Counter
from threading import Event
from typing import Any

from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory

from request_metrics.buffer import buffer


def counted() -> dict[tuple[str, int], int]:
    """How many requests of each route and kind were counted since this was called last."""
    found: Counter[tuple[str, int]] = Counter()
    for key, sums in buffer.take().counts.items():
        found[key.route, key.status] += sums.count
    return dict(found)


def serve_wsgi(path: str, *, chunks: int | None = None) -> list[bytes]:
    """Answer as a WSGI server does; of the body send so many chunks, then the client is gone."""
    response: Any = WSGIHandler()(RequestFactory().get(path).environ, lambda *args: lambda data: None)
    body: list[bytes] = []
    try:
        for chunk in response:
            if chunks is not None and len(body) >= chunks:
                break
            body.append(chunk)
    finally:
        response.close()
    return body


async def serve_asgi(path: str, *, gone_when: Event | None = None) -> list[dict[str, Any]]:
    """Answer as an ASGI server does; the client is gone as soon as the event is set."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        while gone_when is None or not gone_when.is_set():
            await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"testserver")],
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1234),
    }
    handler: Any = ASGIHandler()
    await handler(scope, receive, send)
    return sent
