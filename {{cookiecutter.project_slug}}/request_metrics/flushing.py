"""When what was counted is stored: by a thread, every few seconds, and when the process ends.

A process that is killed loses what it has counted since. One that is asked to end, or ends by itself, loses nothing.
"""

import atexit
import logging
from threading import Lock, Thread
from time import sleep

from django.conf import settings
from django.db import connections

from core.failures import failures_logged
from request_metrics.buffer import buffer
from request_metrics.storage import store

logger = logging.getLogger(__name__)


class Background:
    """The thread of this process, which is started by its first request."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Have no thread yet, as a process that was just forked."""
        self.thread: Thread | None = None
        self._starting = Lock()
        self._flushing = Lock()
        self._failing = False

    def start(self) -> None:
        """Start the thread, unless it runs, or is not wanted (``REQUEST_METRICS_FLUSH`` is 0)."""
        if not settings.REQUEST_METRICS_FLUSH:
            return
        with self._starting, failures_logged(logger, "Requests are stored only when this process ends."):
            if self.thread is None:
                # Not a part of the server: it must not keep the process from ending.
                self.thread = Thread(target=self._run, name="request_metrics", daemon=True)
                atexit.register(self._end)
                self.thread.start()

    def flush(self) -> None:
        """Store what was counted. If that fails, it stays counted, to be stored the next time."""
        with self._flushing:
            batch = buffer.take()
            try:
                if batch:
                    store(batch)
            except BaseException:
                buffer.put_back(batch)
                raise

    def flush_or_log(self) -> None:
        """The same; an error is logged, once until it works again."""
        try:
            self.flush()
        except Exception:
            if not self._failing:
                logger.exception("Requests cannot be stored. What is counted is kept, and tried again.")
            self._failing = True
        else:
            if self._failing:
                logger.warning("Requests are stored again.")
            self._failing = False

    def _run(self) -> None:
        while True:
            sleep(settings.REQUEST_METRICS_FLUSH)
            self.flush_or_log()
            connections.close_all()  # those of this thread: none is kept while nothing is stored

    def _end(self) -> None:
        connections.close_all()  # whatever state they are in
        self.flush_or_log()
        connections.close_all()


background = Background()
