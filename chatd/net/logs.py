"""The log: a line for each event that matters, on stderr. To log never waits.

A full pipe or disk behind stderr must not stop the server, so lines go into a bounded queue, from which a
thread (a real one: nothing here is monkey-patched) writes them. Lines that do not fit are counted, and the
count is logged when there is room again.
"""

import atexit
import contextlib
import logging
import logging.handlers
import os
from queue import Full, Queue
from typing import Final

log: Final = logging.getLogger("chatd")

LEVELS: Final = ("debug", "info", "warning", "error")

#: Lines that may wait for stderr: a storm of 10,000 joins fits, in a few MB.
QUEUE_SIZE: Final = 20_000
#: How long the end of the process waits for the lines that are left.
CLOSE_TIME: Final = 1.0

_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"


class _Dropping(logging.handlers.QueueHandler):
    """Puts records into the queue, or counts those that do not fit."""

    queue: Queue[logging.LogRecord | None]

    def __init__(self, records: Queue[logging.LogRecord | None]) -> None:
        super().__init__(records)
        self.dropped = 0

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            if self.dropped:
                self.queue.put_nowait(_lost_lines(self.dropped))
                self.dropped = 0
            self.queue.put_nowait(record)
        except Full:
            self.dropped += 1


def _lost_lines(count: int) -> logging.LogRecord:
    text = f"{count} log lines were dropped: stderr did not take them in time"
    return logging.LogRecord(log.name, logging.WARNING, __file__, 0, text, None, None)


class _Output(logging.Handler):
    """Writes to a file descriptor, without the locks of Python's streams: a thread that is stuck in one
    would hold up the end of the process. There is only one writer."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.setFormatter(logging.Formatter(_FORMAT))

    def createLock(self) -> None:
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{self.format(record)}\n".encode(errors="backslashreplace")
        with contextlib.suppress(OSError):  # stderr is closed: there is nowhere left to complain to
            while line:
                line = line[os.write(self._descriptor, line) :]


class Writer(logging.handlers.QueueListener):
    """Ends with the process even when stderr takes nothing: the thread is a daemon, the wait is bounded."""

    queue: Queue[logging.LogRecord | None]

    def drain(self) -> None:
        """Wait until everything that was logged is written."""
        self.queue.join()

    def stop(self) -> None:
        thread = self._thread
        with contextlib.suppress(Full):
            self.queue.put(None, timeout=CLOSE_TIME)
            if thread is not None:
                thread.join(CLOSE_TIME)


def start(level: str, descriptor: int = 2, size: int = QUEUE_SIZE) -> Writer:
    """Begin to log at `level` (one of LEVELS) to a file descriptor, stderr where none is given."""
    records: Queue[logging.LogRecord | None] = Queue(size)
    log.handlers[:] = [_Dropping(records)]
    log.setLevel(level.upper())
    log.propagate = False
    writer = Writer(records, _Output(descriptor))
    writer.start()
    atexit.register(writer.stop)
    return writer
