"""Row 4: the log: one line an event that matters, on stderr, and it never waits.

A full pipe or disk behind stderr must stop nobody, so lines go into a bounded queue, and a thread of its own
(a real one: nothing here is monkey-patched) writes them. What does not fit is counted, and the count is
logged when there is room again.
"""

import atexit
import logging
import logging.handlers
import sys
from queue import Full, Queue
from typing import Final, TextIO

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


class _Writer(logging.handlers.QueueListener):
    """Ends with the process even when stderr takes nothing: the thread is a daemon, the wait is bounded."""

    def stop(self) -> None:
        thread = self._thread
        if thread is not None:
            try:
                self.enqueue_sentinel()
            except Full:
                return
            thread.join(CLOSE_TIME)


def start(level: str, stream: TextIO | None = None, size: int = QUEUE_SIZE) -> None:
    """Begin to log at `level` (one of LEVELS) to `stream`, stderr where none is given."""
    records: Queue[logging.LogRecord | None] = Queue(size)
    output = logging.StreamHandler(sys.stderr if stream is None else stream)
    output.setFormatter(logging.Formatter(_FORMAT))
    output.handleError = lambda record: None  # type: ignore[method-assign]  # nowhere left to complain to
    log.handlers[:] = [_Dropping(records)]
    log.setLevel(level.upper())
    log.propagate = False
    writer = _Writer(records, output)
    writer.start()
    atexit.register(writer.stop)
