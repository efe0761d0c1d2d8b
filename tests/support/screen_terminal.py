"""The full screen in a pseudo-terminal, whose contents are emulated. Nothing sleeps: a test waits for text to
be displayed.
"""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

from tests.support.chat_process import default_signals

#: A watchdog, not a wait.
WATCHDOG = 10.0


class ScreenTerminal:
    """`python -m chatd_client TARGET` in a terminal of `columns` x `rows`.

    `options` come before the target. It ignores the signals `ignored`, and no others; its stderr is a file,
    since the terminal may go away.
    """

    def __init__(
        self,
        target: str,
        home: Path,
        columns: int = 80,
        rows: int = 24,
        variables: dict[str, str] | None = None,
        ignored: tuple[signal.Signals, ...] = (),
        options: tuple[str, ...] = (),
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        environment = {**os.environ, "HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "NO_COLOR"):
            environment.pop(name, None)
        environment |= variables or {}
        self._fd, other = pty.openpty()
        self.resize(columns, rows)
        self.before = termios.tcgetattr(other)
        self._errors = home / "stderr"
        command = [sys.executable, "-m", "chatd_client", *options, target]

        def set_signals() -> None:
            default_signals()
            for number in ignored:
                signal.signal(number, signal.SIG_IGN)

        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                command,
                stdin=other,
                stdout=other,
                stderr=errors,
                env=environment,
                start_new_session=True,
                preexec_fn=set_signals,  # noqa: PLW1509 - it takes no lock
            )
        self._other = other  # kept open, so that what the program wrote last can be read

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in {self._fd, self._other} - {-1}:
            os.close(fd)

    def types(self, text: str) -> None:
        os.write(self._fd, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if hasattr(self, "process"):
            os.killpg(self.process.pid, signal.SIGWINCH)

    @property
    def rows(self) -> list[str]:
        """The text displayed now."""
        return [row.rstrip() for row in self._screen.display]

    def until(self, pattern: str) -> list[str]:
        """Wait until a row matches; returns all rows."""
        deadline = time.monotonic() + WATCHDOG
        while not any(re.search(pattern, row) for row in self.rows):
            left = deadline - time.monotonic()
            readable, _, _ = select.select([self._fd], [], [], max(0, left))
            assert readable, f"{pattern!r} never came:\n" + "\n".join(self.rows)
            self._feed(os.read(self._fd, 65536))
        return self.rows

    def until_raw(self, data: bytes) -> None:
        """Wait until this was written."""
        deadline = time.monotonic() + WATCHDOG
        while data not in self.raw:
            readable, _, _ = select.select([self._fd], [], [], max(0, deadline - time.monotonic()))
            assert readable, f"{data!r} was never written"
            self._feed(os.read(self._fd, 65536))

    def feeds(self, until: float) -> None:
        """Read and emulate output until that time of `time.perf_counter`."""
        while (left := until - time.perf_counter()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                self._feed(os.read(self._fd, 65536))

    def shows(self, *texts: str) -> list[str]:
        """Wait until each of these texts was displayed; returns all rows."""
        for text in texts:
            self.until(re.escape(text))
        return self.rows

    def shows_times(self, text: str, times: int) -> None:
        """Wait until so many rows have this text."""
        while sum(text in row for row in self.rows) < times:
            assert select.select([self._fd], [], [], WATCHDOG)[0], f"{text!r} never came {times} times"
            self._feed(os.read(self._fd, 65536))

    def ends(self) -> int:
        """Wait until it exits, and read its last output; returns the exit code."""
        code = self.process.wait(WATCHDOG)
        while select.select([self._fd], [], [], 0)[0]:
            self._feed(os.read(self._fd, 65536))
        return code

    def restored(self) -> bool:
        """Whether the terminal was restored: its modes, the main screen, mouse and paste mode off."""
        off = (b"\x1b[?1049l", b"\x1b[?2004l", b"\x1b[?1000l", b"\x1b[?25h")
        return termios.tcgetattr(self._other) == self.before and all(code in self.raw for code in off)

    def closes(self) -> None:
        """Close the terminal, as when its window is closed. SIGHUP does not come by itself: the terminal does
        not control the process.
        """
        os.close(self._other)
        os.close(self._fd)
        self._fd = self._other = -1

    @property
    def errors(self) -> str:
        """What it has printed to stderr."""
        return self._errors.read_text()

    def _feed(self, data: bytes) -> None:
        self.raw += data
        self._stream.feed(data)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def chatd(port: int = 0, line_rate: str | None = "0") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The real server in another process; yields the process and its port."""
    command = [sys.executable, "-m", "chatd", "--data", "memory", "--listen", f"tcp://127.0.0.1:{port}"]
    if line_rate is not None:
        command += ["--line-rate", line_rate]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            found = re.search(r"tcp://[^ ,]+:(\d+)", process.stderr.readline())
            assert found is not None
            yield process, int(found[1])
        finally:
            process.kill()


class TextTalker:
    """Another user in the room, over a plain socket."""

    def __init__(self, port: int, nick: str) -> None:
        self._sock = socket.create_connection(("127.0.0.1", port), timeout=WATCHDOG)
        self._stream = self._sock.makefile("r", encoding="utf-8", newline="\n")
        self.says(nick)
        self.hears(rf"\* you are {nick}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stream.close()
        self._sock.close()

    def says(self, *lines: str) -> None:
        self._sock.sendall("".join(f"{line}\n" for line in lines).encode())

    def hears(self, pattern: str) -> list[str]:
        """Wait for a matching line; returns the lines before it."""
        lines: list[str] = []
        for line in self._stream:
            if re.match(pattern, line):
                return lines
            lines.append(line.rstrip())
        raise AssertionError(f"the connection ended before {pattern}: {lines}")
