"""A thread that does one job at a time, and tells the event loop of each.

The loop never waits for it: it hands over a job, and a callback runs in the loop when the job is done.
"""

import logging
import sqlite3
import sys
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

import msgspec
from gevent import get_hub

log: Final = logging.getLogger("chatd")

#: What a job of ours may raise (the second: where a value is not what was written); anything else is a bug.
StoreError = (sqlite3.Error, msgspec.DecodeError, OSError)
#: A busy loop gives the interpreter's lock to another thread after so long; Python's 5 ms would have each
#: statement wait for several of them.
SWITCH_INTERVAL: Final = 0.0005


def switch_every(seconds: float) -> float:
    """How long another thread waits for the interpreter's lock; returns what it was before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    return before


class StoreThread:
    """`start` jobs; each is followed by `then(result, None)` or `then(None, error)` in the loop."""

    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Callable[[Any, Exception | None], None]] | None] = (
            SimpleQueue()
        )
        self._done: deque[tuple[Callable[[Any, Exception | None], None], Any, Exception | None]] = deque()
        self._watcher: Any = get_hub().loop.async_()
        self._watcher.start(self._tell)
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def start(self, job: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        """Returns at once."""
        self._jobs.put((job, then))

    def stop(self, seconds: float) -> bool:
        """End the thread when its jobs are done; whether that was within so many seconds. Nothing is told any
        more. This is the only method that waits."""
        self._watcher.stop()
        self._jobs.put(None)
        self._thread.join(seconds)
        if self._thread.is_alive():
            return False
        self._watcher.close()
        return True

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, then = item
            result: Any = None
            failure: Exception | None = None
            try:
                result = job()
            except StoreError as error:
                failure = error
            except Exception as error:
                log.exception("an error in the thread of the log that is called %s", self._name)
                failure = error
            self._done.append((then, result, failure))
            self._watcher.send()

    def _tell(self) -> None:
        """In the loop."""
        try:
            while self._done:
                then, result, failure = self._done.popleft()
                then(result, failure)
        finally:
            if self._done:
                self._watcher.send()
