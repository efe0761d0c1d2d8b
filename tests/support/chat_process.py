"""The client in its tests: the `chat` program in a process of its own, with its standard streams in pipes."""

import os
import signal
import sys
from types import TracebackType
from typing import Self

from gevent.os import make_nonblocking, nb_read
from gevent.subprocess import Popen

#: Python for a process of the client: attempts to come back do not wait, nor does what is asked again.
AT_ONCE = (
    "from chatd_client import backoff, history_walk; "
    "backoff.SHORTEST = backoff.LONGEST = history_walk.ASKED_AGAIN = 0.0"
)


def default_signals() -> None:
    """Runs in the new process: a shell that started the tests in the background made them ignore SIGINT."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class ChatProcess:
    """`python -m chatd_client`, with a pipe for each standard stream that is not given as a descriptor.

    `redirected` are redirections for the shell, `settings` is XDG_CONFIG_HOME. With `at_once` it never waits
    before it tries something again.
    """

    def __init__(
        self,
        *arguments: str,
        keyboard: int | None = None,
        screen: int | None = None,
        stderr: int | None = None,
        redirected: str = "",
        settings: str = "/nowhere",
        at_once: bool = False,
    ) -> None:
        program = ["-c", f"{AT_ONCE}; import runpy; runpy.run_module('chatd_client', run_name='__main__')"]
        start = [sys.executable, *(program if at_once else ["-m", "chatd_client"]), *arguments]
        self._keyboard: int | None = None
        self._given = [fd for fd in (keyboard, screen, stderr) if fd is not None]
        if keyboard is None:
            keyboard, self._keyboard = os.pipe()
        self._screen, write = os.pipe()
        self._stderr, error = os.pipe()
        self.screen = b""
        self.process = Popen(
            ["sh", "-c", f'exec "$0" "$@" {redirected}', *start],
            stdin=keyboard,
            stdout=write if screen is None else screen,
            stderr=error if stderr is None else stderr,
            env=os.environ | {"XDG_CONFIG_HOME": settings},
            start_new_session=True,
            preexec_fn=default_signals,
        )
        for fd in {keyboard, write, error} - set(self._given):
            os.close(fd)
        make_nonblocking(self._screen)
        make_nonblocking(self._stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.closes_keyboard()
        os.close(self._screen)
        os.close(self._stderr)

    def types(self, text: str | bytes) -> None:
        assert self._keyboard is not None
        os.write(self._keyboard, text.encode() if isinstance(text, str) else text)

    def closes_keyboard(self) -> None:
        if self._keyboard is not None:
            os.close(self._keyboard)
        self._keyboard = None

    def shows(self, text: str) -> None:
        """Wait until this was printed."""
        while text.encode() not in self.screen:
            data = nb_read(self._screen, 65536)
            assert data, f"{text!r} was never printed: {self.screen!r}, {nb_read(self._stderr, 65536)!r}"
            self.screen += data

    def ends(self) -> tuple[int, str, str]:
        """Wait until it exits: the exit code, all of its output, all of stderr."""
        self.screen += _all(self._screen)
        errors = _all(self._stderr)
        return self.process.wait(), self.screen.decode(), errors.decode()


def _all(fd: int) -> bytes:
    data = b""
    while more := nb_read(fd, 65536):
        data += more
    return data
