"""Real concurrency for tests."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def run_at_once(*functions: Callable[[], Any]) -> list[Any]:
    """Run the functions in threads that start together. Return what they return, in their order.

    Raises what one of them has raised, or TimeoutError if one has not ended after a minute.
    """
    results: list[Any] = [None] * len(functions)
    failures: list[Exception] = []
    start = threading.Barrier(len(functions))

    def run(index: int) -> None:
        try:
            start.wait(10)
            results[index] = functions[index]()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[index], daemon=True) for index in range(len(functions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if failures:
        raise failures[0]
    if any(thread.is_alive() for thread in threads):
        raise TimeoutError("A function has not ended after a minute.")
    return results
