"""A thread that does one job at a time, and tells the event loop of each.

The loop never waits for it: it hands over a job, and a callback runs in the loop when the job is done. That
is for what takes its time in C and gives the interpreter's lock away meanwhile: a disk, a password.

A thread that is stopped waits for the next one who needs a thread; it ends with the process. One that ends
while others do can stop an interpreter whose lines are traced: Python 3.11 then calls greenlet's clean-up
again and again, in place of the first line of what that calls (in ceval.c, DO_TRACING of a RESUME looks for
what is pending, and starts anew).
"""

import logging
from collections import deque
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any, Final

from gevent import get_hub

log: Final = logging.getLogger("chatd")

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


class WorkerThread:
    """`start` jobs; each is followed by `then(result, None)` or `then(None, error)` in the loop. A job may
    raise what is `expected`; anything else is a bug, and is logged, too."""

    def __init__(self, name: str, expected: tuple[type[Exception], ...]) -> None:
        self._name: Final = name
        self._expected: Final = expected
        self._done: deque[tuple[Callable[[Any, Exception | None], None], Any, Exception | None]] = deque()
        self._watcher: Any = get_hub().loop.async_()
        self._watcher.start(self._tell)
        self._jobs = _borrow(name)
        self._stopped = False

    def start(self, job: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        """Returns at once."""
        self._jobs.put(lambda: self._do(job, then))

    def stop(self, seconds: float) -> bool:
        """Let go of the thread when its jobs are done; whether that was within so many seconds. Nothing is
        told any more, and what is begun later is not done. This is the only method that waits."""
        if self._stopped:
            return True
        self._watcher.stop()
        done = Event()
        self._jobs.put(done.set)
        if not done.wait(seconds):
            return False
        self._stopped = True
        self._watcher.close()
        _idle.append(self._jobs)
        self._jobs = SimpleQueue()  # the other one is somebody else's from here on
        return True

    def _do(self, job: Callable[[], Any], then: Callable[[Any, Exception | None], None]) -> None:
        """In the thread."""
        result: Any = None
        failure: Exception | None = None
        try:
            result = job()
        except self._expected as error:
            failure = error
        except Exception as error:
            log.exception("an error in the thread that is called %s", self._name)
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
