"""One connection of the load generator, of whatever protocol: what it reads, and what it has to send."""

import socket
import ssl
from collections.abc import Callable
from typing import Final

from loadtests.engine.strangers import words
from loadtests.measure.errors import Fault

#: What a socket says that has nothing to read, or takes nothing, at the moment.
_NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)

#: One read takes at most this much: more than a saturated server sends in one write.
_buffer: Final = bytearray(512 * 1024)
_view: Final = memoryview(_buffer)


class ConnectionLost(Fault):
    """The server, or what is between, ended it."""


class LoadConnection:
    """`name` is what faults call it, `unread` what the server said that is no answer to its handshake, and
    `waiting` what the socket did not take yet."""

    def __init__(self, sock: socket.socket, name: str) -> None:
        self.name = name
        self.attach(sock)

    def attach(self, sock: socket.socket) -> None:
        """From now on this is its socket."""
        self.sock = sock
        self._recv_into: Callable[..., int] = sock.recv_into
        self._send = sock.send
        self.waiting = self.unread = b""

    def receive(self, most: int = 0) -> memoryview:
        """What has arrived, `most` bytes where that is given; it may be nothing. Raises Fault."""
        try:
            got = self._recv_into(_buffer, most) if most else self._recv_into(_buffer)
        except _NOT_NOW:
            return _view[:0]
        except OSError as error:
            raise self._failure(f"lost its connection: {error}") from error
        if not got:
            raise self._failure("was closed by the server")
        return _view[:got]

    def write(self, data: bytes) -> None:
        """Send, after what still waits. Raises Fault."""
        self.waiting += data
        if self.waiting:
            self.push()

    def push(self) -> bool:
        """Send what waits; False where something still waits. Raises Fault."""
        try:
            taken = self._send(self.waiting)
        except _NOT_NOW:
            return False
        except OSError as error:
            raise self._failure(f"lost its connection: {error}") from error
        self.waiting = self.waiting[taken:]
        return not self.waiting

    def _failure(self, what: str) -> ConnectionLost:
        said = f", which said: {words(self.unread)}" if self.unread else ""
        return ConnectionLost(f"{self.name} {what}{said}")
