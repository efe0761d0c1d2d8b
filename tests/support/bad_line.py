"""A line that breaks again and again, in front of a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gevent
from gevent import socket
from gevent.server import StreamServer


class BadLine:
    """In front of a server: each connection breaks after so many bytes from it."""

    def __init__(self, address: tuple[str, int], most: int) -> None:
        self._address, self._most = address, most
        self.opened = 0

    def carry(self, client: socket.socket, _: Any) -> None:
        self.opened += 1
        with client, socket.create_connection(self._address) as server:
            up = gevent.spawn(self._copy, client, server, 10**9)
            self._copy(server, client, self._most)
            up.kill()

    @staticmethod
    def _copy(here: socket.socket, there: socket.socket, most: int) -> None:
        while most > 0 and (data := here.recv(min(most, 65536))):
            there.sendall(data)
            most -= len(data)


@contextmanager
def bad_line(address: tuple[str, int], most: int) -> Iterator[tuple[BadLine, str]]:
    line = BadLine(address, most)
    listener = StreamServer(("127.0.0.1", 0), line.carry)
    listener.start()
    try:
        yield line, f"alice@127.0.0.1:{listener.server_port}"
    finally:
        listener.stop()
