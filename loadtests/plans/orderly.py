"""How the suite's commands end, whatever ends them: with their servers stopped and their results written.

Whoever asks a command to end (Ctrl-C, SIGTERM, SIGHUP when a terminal closes) raises KeyboardInterrupt in it,
once: an impatient second Ctrl-C, or the shell's SIGHUP behind the terminal's, must not interrupt the writing.
Words that nobody can read (`| head -1`, a full disk, a terminal that is gone) are dropped: the results are in
files.
"""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final, TextIO

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def orderly(main: Callable[[], int]) -> None:
    """Run a command's main function, and exit with its code."""
    for number in _SIGNALS:
        # A shell starts what is in the background with SIGINT ignored; nohup means what it says.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.stdout, sys.stderr = lossy(sys.stdout), lossy(sys.stderr)
    try:
        code = main()
    except KeyboardInterrupt:  # before anything was measured, or after all was written
        code = 130
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for further in _SIGNALS:
        signal.signal(further, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Nobody ends this block, which takes a moment."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class LossyFile(io.FileIO):
    """A file that takes everything, and keeps what it can."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(memoryview(data))  # dropped: nobody can read it


def lossy(stream: TextIO | None) -> TextIO:
    """The same stream, on which no print fails; Python has none where it was closed (`>&-`)."""
    if stream is None:
        return open(os.devnull, "w")
    file = LossyFile(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(file), stream.encoding, stream.errors, line_buffering=True)
