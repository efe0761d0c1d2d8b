"""Child processes that end with this one.

Each child is a session of its own, so that Ctrl-C in a terminal reaches this process only, which then ends
the children in order: first asked, then, with all that they have forked, killed. What they print goes to a
file: no full pipe stops a child, and it can be shown when something failed.
"""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Final

#: Seconds to end when asked: a server flushes for 5 at most, locust ends its workers.
END_TIME: Final = 15.0
_STEP: Final = 0.02


class ChildFailed(Exception):
    """A child did not do what it was started for: a sentence, and what it had printed."""


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A child that is over: its exit code, and all that it printed."""

    code: int
    output: str


class Child:
    """A running child process."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", output: IO[bytes]) -> None:
        self.name = name
        self.process = process
        self._output = output

    def printed(self) -> bytes:
        """All that it has printed so far."""
        file = self._output.fileno()
        return os.pread(file, os.fstat(file).st_size, 0)  # seeking would move where the child writes

    def finish(self, seconds: float) -> "FinishedRun":
        """Wait for its end."""
        return FinishedRun(self.process.wait(seconds), self.printed().decode())

    def failure(self, what: str, lines: int = 15) -> ChildFailed:
        """`what` happened to it, and its last lines."""
        tail = "\n".join(self.printed().decode(errors="replace").splitlines()[-lines:])
        return ChildFailed(f"{self.name} {what}" + (f"; its last words:\n{tail}" if tail else ""))

    def end(self, how: signal.Signals) -> int:
        """Ask it to end, and return its exit code; a child that does not is killed, which is a failure."""
        self.process.send_signal(how)
        try:
            return self.process.wait(END_TIME)
        except subprocess.TimeoutExpired:
            raise self.failure(f"did not end within {END_TIME:g} s") from None


@contextmanager
def running(name: str, command: Sequence[str]) -> Iterator[Child]:
    """The command in a process of its own, which is over, with all its children, when the block ends."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        child = Child(name, process, output)
        try:
            yield child
        finally:
            try:
                if process.poll() is None:
                    process.terminate()
                    _wait(process)
            finally:
                _kill_session(process.pid)
                process.wait()


def _wait(process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + END_TIME
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(_STEP)


def _kill_session(session: int) -> None:
    """Whatever is left of a child's process group."""
    try:
        os.killpg(session, signal.SIGKILL)
    except ProcessLookupError:
        return  # the usual case: nothing is left


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago, for a program that cannot be asked which it took."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
