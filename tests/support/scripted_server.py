"""The server's end of the client's tests, scripted by the test.

A test scripts both ends in turn (the other is `chat_process`), so it only ever waits for the next line or the
next output of the other end, never for a time.
"""

import select
import socket as options
import struct
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import msgspec
from gevent import socket

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
    """A listening socket and the connection that was accepted last. Each method is one step of the script."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = options.AF_INET6 if ":" in host else options.AF_INET
        self._listener = socket.socket(family, options.SOCK_STREAM)
        self._listener.bind((host, 0))
        self._listener.listen(1)
        self.port: int = self._listener.getsockname()[1]
        self.target = f"alice@127.0.0.1:{self.port}"
        self.connection = self._listener
        self._received = b""
        self.keys: dict[str, str] = {}  # of the client's messages, by ref

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()
        self._listener.close()

    def accept(self, nick: str = "alice") -> None:
        """Accept the client's connection and read its hello."""
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
        """Wait for the client's next line, which must be this object. The key of a message is one of its own,
        as long as the script does not give it. The page of history that a screen asks for by itself is left
        out, as long as the script does not ask for it.
        """
        while (heard := msgspec.json.decode(self.hears_line(str(fields))))["type"] == "history":
            if fields["type"] == "history":
                break
        if heard["type"] in ("say", "dm") and "key" not in fields:
            key = heard.pop("key")
            assert self.keys.setdefault(fields.get("ref", ""), key) == key
        assert heard == fields

    def hears_line(self, expected: str = "a line") -> bytes:
        while b"\n" not in self._received:
            data = self.connection.recv(65536)
            assert data, f"the client closed the connection; {expected} expected"
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
        """What the client still says is not read, but no error either: it is closed with the next one."""
        with suppress(OSError):
            self.connection.shutdown(options.SHUT_WR)

    def resets(self) -> None:
        self.connection.setsockopt(options.SOL_SOCKET, options.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def said(text: str, sender: str = "bob", id: int = 1, room: str = "lobby") -> dict[str, Any]:
    return {"type": "said", "room": room, "id": id, "from": sender, "text": text, "at": 0}


def room_of(room: str, users: int = 2) -> dict[str, Any]:
    return {"type": "room", "room": room, "users": users, "topic": ""}


def users_of(room: str, *names: str) -> dict[str, Any]:
    where = {} if room == "lobby" else {"room": room}
    return {"type": "users", "names": list(names), "count": len(names)} | where


def page(room: str, *messages: dict[str, Any], more: bool = False, ref: str | None = None) -> dict[str, Any]:
    return {"type": "page", "room": room, "messages": messages, "more": more, "ref": ref or f"history {room}"}


def mark(id: int) -> dict[str, Any]:
    return {"type": "mark", "id": id}
