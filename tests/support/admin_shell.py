"""A connection to the socket of `chatd admin`, in the process of the server."""

from pathlib import Path
from socket import AF_UNIX

from gevent import socket

from chatd.net.admin_socket import short_path
from chatd.protocol.admin_events import AnswerEnd
from chatd.protocol.admin_lines import parse_answer
from chatd.protocol.events import Event

_shells: list["Shell"] = []


class Shell:
    """A connection to the socket of a folder."""

    def __init__(self, folder: Path) -> None:
        _shells.append(self)
        self.sock = socket.socket(AF_UNIX)
        with short_path(folder) as path:
            self.sock.connect(path)
        self.lines = self.sock.makefile("rb")

    def ask(self, line: bytes) -> list[Event]:
        self.sock.sendall(line)
        return self.answer()

    def answer(self) -> list[Event]:
        """All of it; it is whole."""
        *events, end = [parse_answer(line) for line in self.lines]
        assert end == AnswerEnd()
        self.close()
        return events

    def rest(self) -> bytes:
        """What comes up to the end."""
        return self.lines.read()

    def close(self) -> None:
        self.lines.close()
        self.sock.close()


def close_shells() -> None:
    """All that there are."""
    for shell in _shells:
        shell.close()
    _shells.clear()
