"""A command of the user's, started when somebody means the user: a mention or a direct message.

The rules:

1. No shell ever sees what others wrote: the command is split once, as a shell would split it, and the message
   goes along in its environment and as its standard input.
2. Nobody waits for it. A thread of its own starts one command at a time, and one every INTERVAL at most;
   what comes meanwhile is merged: the command is told the newest message, and how many there were.
3. A command that has not ended after PATIENCE is killed, with all that it started. What it prints goes
   nowhere.
4. That it cannot be started is told once, and again only after it could be.
"""

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

from chatd.protocol.errors import ConfigError
from chatd.protocol.sanitize import clean

#: Seconds between the starts of two commands, and until one is killed.
INTERVAL: Final = 1.0
PATIENCE: Final = 10.0
#: Characters of the message that go along; one variable of an environment holds 128 KiB.
LONGEST: Final = 4096


class Notification(NamedTuple):
    """`room` is empty for a direct message."""

    room: str
    sender: str
    text: str


def split_command(text: str) -> list[str]:
    """The words of a command line; none for an empty one. Raises ConfigError for quotes that do not end."""
    try:
        return shlex.split(text)
    except ValueError:
        raise ConfigError(
            "the quotes of notify are not in pairs; please write it like notify-send -a chat 'A message'"
        ) from None


def variables(newest: Notification, count: int) -> dict[str, str]:
    """What the command finds in its environment."""
    return {
        "CHATD_ROOM": clean(newest.room),
        "CHATD_FROM": clean(newest.sender),
        "CHATD_TEXT": "\n".join(map(clean, newest.text[:LONGEST].split("\n"))),
        "CHATD_COUNT": str(count),
    }


def started(command: list[str], environ: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """The command, running. Raises OSError and ValueError."""
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environ,
        start_new_session=True,  # Ctrl-C is not meant for it, and all of it can be killed
    )


def finish(process: "subprocess.Popen[bytes]", text: str, patience: float) -> None:
    """Give it the text, and wait until it has ended, by itself or by force."""
    try:
        process.communicate(text.encode(errors="replace"), patience)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(BrokenPipeError), process:  # which closes its input, and waits
            pass


class Notifier:
    """Starts `command`, whose first word is a program. `tell` is given a sentence, in a thread of its own.

    Without words nothing is ever started, nor is a thread.
    """

    def __init__(
        self,
        command: list[str],
        tell: Callable[[str], None],
        *,
        interval: float = INTERVAL,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._command, self._tell, self._environ = command, tell, environ
        self._interval = interval
        self._changed = threading.Condition()
        self._newest: Notification | None = None
        self._count = 0
        self._closed = False
        self._told = False
        self._thread: threading.Thread | None = None

    def notify(self, room: str, sender: str, text: str) -> None:
        """Start the command for this message, now or soon. Returns at once."""
        if not self._command:
            return
        with self._changed:
            self._newest, self._count = Notification(room, sender, text), self._count + 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self) -> None:
        """Start nothing more; a command that runs goes on, but nobody waits for it."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            ends = time.monotonic() + self._interval
            self._start(*work)
            with self._changed:
                self._changed.wait_for(lambda: self._closed, max(0.0, ends - time.monotonic()))

    def _next(self) -> tuple[Notification, int] | None:
        """Wait for what is to be told; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._newest is not None)
            newest, count = self._newest, self._count
            self._newest, self._count = None, 0
            return None if self._closed or newest is None else (newest, count)

    def _start(self, newest: Notification, count: int) -> None:
        told = variables(newest, count)
        try:
            process = started(self._command, {**self._environ, **told})
        except (OSError, ValueError) as error:  # the second for a NUL in the command
            self._tell_once(error)
            return
        self._told = False
        finish(process, told["CHATD_TEXT"], PATIENCE)

    def _tell_once(self, error: Exception) -> None:
        if not self._told:
            self._told = True
            why = str(error.strerror).lower() if isinstance(error, OSError) else str(error)
            self._tell(f"cannot start {clean(self._command[0])}, which is to be notified: {why}")
