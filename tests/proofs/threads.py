"""Real concurrency for tests."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connections

from proofs.databases import database_url


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


def eventually(true: Callable[[], object]) -> bool:
    """Whether it becomes true, within ten seconds."""
    for _ in range(1000):
        if true():
            return True
        time.sleep(0.01)
    return False


def run_in_processes(count: int, code: str, *arguments: str, **environment: str) -> list[str]:
    """Run Python code in so many processes that start together. Return what each has printed.

    The code finds Django set up, with the database of the tests; it runs when all processes are ready for it.
    """
    prepare = "import sys, django; django.setup(); print('ready', flush=True); sys.stdin.readline()\n"
    command = [sys.executable, "-c", prepare + code, *arguments]
    known = {"DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": database_url()}
    processes = [
        subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            env=os.environ | known | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    for process in processes:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise RuntimeError("A process has not started.")
    for process in processes:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in processes]
