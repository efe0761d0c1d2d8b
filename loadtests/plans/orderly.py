"""How the suite's commands end, whatever ends them: with their servers stopped and their results written.

Whoever asks a command to end (Ctrl-C, SIGTERM, SIGHUP when a terminal closes) raises KeyboardInterrupt in it,
once: what follows, as a shell's SIGHUP follows the terminal's, must not interrupt the writing. Words that
nobody can read (`| head -1`, a full disk, a terminal that is gone) are dropped: the results are in files.
"""

import io
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO


def orderly(main: Callable[[], int]) -> None:
    """Run a command's main function, and exit with its code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A shell starts what is in the background with SIGINT ignored; nohup means what it says.
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.stdout, sys.stderr = lossy(sys.stdout), lossy(sys.stderr)
    try:
        code = main()
    except KeyboardInterrupt:  # before anything was measured
        code = 130
    sys.exit(code)


def _interrupt(number: int, frame: FrameType | None) -> None:
    for further in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(further, signal.SIG_IGN)
    raise KeyboardInterrupt


class LossyFile(io.FileIO):
    """A file that takes everything, and keeps what it can."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data) or 0
        except OSError:
            return len(memoryview(data))  # see above: nobody can read it


def lossy(stream: TextIO) -> TextIO:
    """The same stream, on which no print fails."""
    file = LossyFile(stream.fileno(), "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(file), stream.encoding, stream.errors, line_buffering=True)
