"""Both ends of the client's tests: the program in a process of its own, and the server, played by the test.

A test is one script that plays both sides in turn, so that nothing has to be waited for but the other's
next word.
"""

import os
import select
import signal
import socket as options
import struct
import sys
from types import TracebackType
from typing import Any, Self

import msgspec
from gevent import socket
from gevent.os import make_nonblocking, nb_read
from gevent.subprocess import Popen

WELCOME = {
    "type": "welcome",
    "nick": "alice",
    "token": "secret",
    "server": "a test",
    "users": 2,
    "limits": {"line": 4096, "name": 32},
}
YOU_ARE = "* you are alice - 2 here - /help lists the commands\n"
NOT_UNDERSTOOD = "! the server said something I do not understand\n"
BYE = {"type": "bye", "reason": "quit"}


class ScriptedServer:
    """The server's side of one connection."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = options.AF_INET6 if ":" in host else options.AF_INET
        self._listener = socket.socket(family, options.SOCK_STREAM)
        self._listener.bind((host, 0))
        self._listener.listen(1)
        self.port: int = self._listener.getsockname()[1]
        self.target = f"alice@127.0.0.1:{self.port}"
        self.connection = self._listener
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self._listener.close()

    def accept(self, nick: str = "alice") -> None:
        """Take the client in and hear its hello."""
        self.connection, _ = self._listener.accept()
        self.hears(type="hello", nick=nick)

    def accept_again(self, *, keep_previous: bool = False) -> None:
        """Accept the next connection; the previous one is closed, unless the test still needs it."""
        if self.connection is not self._listener and not keep_previous:
            self.connection.close()
        self.connection, _ = self._listener.accept()
        self._received = b""

    def welcome(self, **changed: Any) -> None:
        self.accept()
        self.says(WELCOME | changed)

    def hears(self, **fields: Any) -> None:
        """The client's next line is this object."""
        assert msgspec.json.decode(self.hears_line(str(fields))) == fields

    def hears_line(self, expected: str = "a line") -> bytes:
        while b"\n" not in self._received:
            data = self.connection.recv(65536)
            assert data, f"the client is gone; {expected} expected"
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def hears_quit(self) -> None:
        self.hears(type="quit")
        self.says(BYE)

    def has_heard_nothing(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return not self._received and not readable

    def says(self, *objects: dict[str, Any]) -> None:
        self.sends(b"".join(msgspec.json.encode(each) + b"\n" for each in objects))

    def sends(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hangs_up(self) -> None:
        self.connection.close()

    def resets(self) -> None:
        self.connection.setsockopt(options.SOL_SOCKET, options.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def heed_signals() -> None:
    """In the new process: a shell that started the tests in the background had it ignore interrupts."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def said(text: str, sender: str = "bob") -> dict[str, Any]:
    return {"type": "said", "room": "lobby", "id": 1, "from": sender, "text": text, "at": 0}


class Chat:
    """The program, with pipes for keyboard, screen and stderr, unless others are given."""

    def __init__(
        self,
        *arguments: str,
        keyboard: int | None = None,
        screen: int | None = None,
        stderr: int | None = None,
        redirected: str = "",
        settings: str = "/nowhere",
    ) -> None:
        self._keyboard: int | None = None
        self._given = [fd for fd in (keyboard, screen, stderr) if fd is not None]
        if keyboard is None:
            keyboard, self._keyboard = os.pipe()
        self._screen, write = os.pipe()
        self._stderr, error = os.pipe()
        self.screen = b""
        self.process = Popen(
            ["sh", "-c", f'exec "$0" "$@" {redirected}', sys.executable, "-m", "chatd_client", *arguments],
            stdin=keyboard,
            stdout=write if screen is None else screen,
            stderr=error if stderr is None else stderr,
            env=os.environ | {"XDG_CONFIG_HOME": settings},
            start_new_session=True,
            preexec_fn=heed_signals,
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
        """Wait until this stands on the screen."""
        while text.encode() not in self.screen:
            data = nb_read(self._screen, 65536)
            assert data, f"{text!r} never came: {self.screen!r}, {nb_read(self._stderr, 65536)!r}"
            self.screen += data

    def ends(self) -> tuple[int, str, str]:
        """Wait for its end: the exit code, all that stood on the screen, all that stood on stderr."""
        self.screen += _all(self._screen)
        errors = _all(self._stderr)
        return self.process.wait(), self.screen.decode(), errors.decode()


def _all(fd: int) -> bytes:
    data = b""
    while more := nb_read(fd, 65536):
        data += more
    return data
