"""The log: a line for each event that matters, on stderr. To log never waits.

A full pipe or disk behind stderr must not stop the server, so lines go into a bounded queue, from which a
thread (a real one: nothing here is monkey-patched) writes them. No line is lost without a word: those that do
not fit into the queue, and those that stderr refuses, are counted, and the count is logged when lines can be
written again.
"""

import atexit
import contextlib
import logging
import os
import select
import time
from queue import Full, Queue
from threading import Thread
from typing import Final

log: Final = logging.getLogger("chatd")

LEVELS: Final = ("debug", "info", "warning", "error")

#: Lines that may wait for stderr: a storm of 10,000 joins fits, in a few MB.
QUEUE_SIZE: Final = 20_000
#: How long the end of the process waits for the lines that are left.
CLOSE_TIME: Final = 1.0

_FORMATTER: Final = logging.Formatter("%(asctime)s %(levelname)s %(message)s")


class Writer:
    """Writes lines to a file descriptor, from a thread of its own, and without the locks of Python's streams.
    Ends with the process even when the descriptor takes nothing: the thread is a daemon, the wait is
    bounded."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._writable = select.poll()
        self._writable.register(descriptor, select.POLLOUT)
        #: Each line with the number that had been dropped before it; None is the end.
        self.queue: Queue[tuple[int, str] | None] = Queue(size)
        self._dropped = 0  # lines that did not fit, ever; only `put` counts
        self._told = 0  # of them, those that a line of the log told of
        self._refused = 0  # lines that the descriptor refused since it last took one
        self._why = ""  # it refused the last one
        self._torn = False  # it took only the beginning of the last one
        self._thread = Thread(target=self._run, name="log", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, line: str) -> None:
        """Returns at once."""
        try:
            self.queue.put_nowait((self._dropped, line))
        except Full:
            self._dropped += 1

    def drain(self) -> None:
        """Wait until everything that was logged is written."""
        self.queue.join()

    def stop(self) -> None:
        """Wait a while until everything is written, and end the thread."""
        deadline = time.monotonic() + CLOSE_TIME
        with contextlib.suppress(Full):
            self.queue.put(None, timeout=CLOSE_TIME)
            self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        going_on = True
        while going_on:
            if self.queue.empty():
                self._tell_dropped(self._dropped)
            item = self.queue.get()
            if item is None:
                going_on = False
                self._tell_dropped(self._dropped)
                self._tell_refused()
            else:
                dropped, line = item
                self._tell_dropped(dropped)
                self._write(line)
            self.queue.task_done()

    def _tell_dropped(self, dropped: int) -> None:
        if dropped > self._told:
            self._write(_lost(dropped - self._told, "dropped: stderr did not take them in time"))
            self._told = dropped

    def _tell_refused(self) -> bool:
        """False when that is refused, too."""
        if self._refused:
            if not self._takes(_lost(self._refused, f"lost: stderr did not take them ({self._why})")):
                return False
            self._refused = 0
        return True

    def _write(self, line: str) -> None:
        if not (self._tell_refused() and self._takes(line)):
            self._refused += 1

    def _takes(self, line: str) -> bool:
        """Write a line; False when the descriptor refuses it. Another process may have made the descriptor
        non-blocking: then wait until it takes more."""
        left = whole = f"{line}\n".encode(errors="backslashreplace")
        if self._torn:
            left = b"\n" + whole
        try:
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    self._writable.poll()
        except OSError as error:
            self._why = os.strerror(error.errno or 0)
            self._torn = self._torn or len(left) < len(whole)
            return False
        self._torn = False
        return True


def _lost(count: int, how: str) -> str:
    text = f"{count} log lines were {how}"
    return _FORMATTER.format(logging.LogRecord(log.name, logging.WARNING, __file__, 0, text, None, None))


class _Queueing(logging.Handler):
    """Hands each line to the writer."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self.setFormatter(_FORMATTER)
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.put(self.format(record))


def start(level: str, descriptor: int = 2, size: int = QUEUE_SIZE) -> Writer:
    """Begin to log at `level` (one of LEVELS) to a file descriptor, stderr where none is given."""
    writer = Writer(descriptor, size)
    log.handlers[:] = [_Queueing(writer)]
    log.setLevel(level.upper())
    log.propagate = False
    writer.start()
    atexit.register(writer.stop)
    return writer
