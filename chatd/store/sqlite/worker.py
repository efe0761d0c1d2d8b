"""A thread that does one job at a time, and tells the event loop of each.

The loop never waits for it: it hands over a job, and a callback runs in the loop when the job is done.

A thread that is stopped waits for the next one who needs a thread; it ends with the process. One that ends
while others do can stop an interpreter whose lines are traced: Python 3.11 then calls greenlet's clean-up
again and again, in place of the first line of what that calls (in ceval.c, DO_TRACING of a RESUME looks for
what is pending, and starts anew).
"""

import logging
import sqlite3
import sys
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
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


_Jobs = SimpleQueue[Callable[[], object]]

#: The jobs of threads that nobody needs now.
_idle: Final[list[_Jobs]] = []


def _borrow(name: str) -> _Jobs:
    """Where to put the jobs of a thread."""
    if _idle:
        return _idle.pop()
    jobs: _Jobs = SimpleQueue()

    def work() -> None:
        while True:
            jobs.get()()

    Thread(target=work, name=name, daemon=True).start()
    return jobs


class StoreThread:
    """`start` jobs; each is followed by `then(result, None)` or `then(None, error)` in the loop."""

    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._done: deque[tuple[Callable[[Any, Exception | None], None], Any, Exception | None]] = deque()
        self._watcher: Any = get_hub().loop.async_()
        self._watcher.start(self._tell)
        self._jobs = _borrow(name)

    def start(self, job: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        """Returns at once."""
        self._jobs.put(lambda: self._do(job, then))

    def stop(self, seconds: float) -> bool:
        """Let go of the thread when its jobs are done; whether that was within so many seconds. Nothing is
        told any more. This is the only method that waits."""
        self._watcher.stop()
        done = Event()
        self._jobs.put(done.set)
        if not done.wait(seconds):
            return False
        self._watcher.close()
        _idle.append(self._jobs)
        return True

    def _do(self, job: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        """In the thread."""
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
