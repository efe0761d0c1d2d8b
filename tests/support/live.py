"""A real server in this process, and clients with real sockets. Nothing sleeps: a test waits for a line."""

import contextlib
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import gevent
from gevent import socket

from chatd.config import IN_MEMORY, Config
from chatd.net.connection import Connection
from chatd.net.server import Server
from chatd.protocol.framing import LineBuffer
from chatd.protocol.limits import DEFAULT, MIB, Limits
from tests.support.cheap import CHEAP

#: A watchdog, not a wait: nothing here takes nearly so long.
WATCHDOG = 10.0

_peers: list["Peer"] = []


@contextlib.contextmanager
def serving(
    limits: Limits = DEFAULT,
    line_rate: float = 0,
    max_clients: int | None = None,
    data: str = IN_MEMORY,
    sync: str = "always",
    **settings: Any,
) -> Iterator[Server]:
    """A server on a free port of its own."""
    config = Config(("tcp://127.0.0.1:0",), line_rate, max_clients, data, sync)
    server = Server(replace(config, **settings), limits, costs=CHEAP)
    server.start()
    try:
        with gevent.Timeout(WATCHDOG):
            yield server
    finally:
        server.stop()
        for peer in _peers:
            peer.sock.close()
        _peers.clear()


def address_of(uri: str) -> tuple[str, int]:
    """Host and port of a URI that is bound."""
    parts = urlsplit(uri)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def unix_connected(uri: str) -> socket.socket:
    """A client's socket, over a Unix socket."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(uri.removeprefix("unix://"))
    return sock


class Peer:
    """A client that speaks raw lines. Named clients have read their welcome."""

    def __init__(self, server: Server, nick: str = "", buffer: int = 0) -> None:
        host, port = address_of(server.addresses[0])
        self.server = server
        _peers.append(self)
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else a line may wait for an ack
        if buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.connect((host, port))
        self._lines = LineBuffer(MIB)
        if nick:
            self.send(nick)
            self.expect(rf"\* you are {re.escape(nick)} .*")

    def __enter__(self) -> "Peer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    @property
    def connection(self) -> Connection:
        """The server's side of this connection."""
        host, port = self.sock.getsockname()[:2]
        connections = self.server._connections
        return next(it for it in connections if it.session.peer == f"{host}:{port}")

    def send(self, *lines: str) -> None:
        self.sock.sendall("".join(line + "\n" for line in lines).encode())

    def line(self) -> str | None:
        """The next line; None at the end."""
        while (line := self._lines.pop()) is None:
            data = self.sock.recv(65536)
            if not data:
                return None
            self._lines.feed(data)
        return line.decode()

    def expect(self, *patterns: str) -> list[str]:
        """The next lines, each of which must match its pattern."""
        lines = []
        for pattern in patterns:
            line = self.line()
            assert line is not None, f"the end came before {pattern}"
            assert re.fullmatch(pattern, line), f"{line!r} is not {pattern}"
            lines.append(line)
        return lines

    def until(self, pattern: str) -> list[str]:
        """The lines before the first one that matches."""
        lines: list[str] = []
        while (line := self.line()) is not None:
            if re.fullmatch(pattern, line):
                return lines
            lines.append(line)
        raise AssertionError(f"the end came before {pattern}, after {lines[-3:]}")

    def at_end(self) -> bool:
        """Whether the server closed its side with nothing more to say."""
        return self.line() is None

    def reset(self) -> None:
        """Close with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


def crowd(server: Server, *nicks: str) -> list[Peer]:
    """Named peers that all know of each other: each has seen the last one's coming."""
    peers = [Peer(server, nick) for nick in nicks]
    for peer in peers[:-1]:
        peer.until(rf"\* (.*, )?{re.escape(nicks[-1])} joined")
    return peers
