"""The sockets of the load generator: raw ones, spread over source addresses."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from loadtests.engine.system import original
from loadtests.measure.errors import Fault

#: Linux's option by its number; Python has the name from 3.12 on.
_IP_BIND_ADDRESS_NO_PORT: Final = 24
#: Connections of one source address: it has 28,000 ephemeral ports to one target.
_PER_ADDRESS: Final = 10_000


def is_local(address: tuple[str, int]) -> bool:
    """Whether any address of 127.0.0.0/8 can connect to it."""
    return address[0].startswith("127.")


def elsewhere(number: int) -> str:
    """One of 8 million addresses of this machine, none of which has any other connection of the suite."""
    return f"127.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"


@contextmanager
def _connecting(sock: socket.socket, index: int) -> Iterator[None]:
    """Where this block fails, the socket is closed, and that is a Fault."""
    try:
        yield
    except OSError as error:
        sock.close()
        raise Fault(f"connection {index} failed: {error}") from error


def prepared(
    address: tuple[str, int], index: int, receive: int | None = None, source: str = ""
) -> socket.socket:
    """The socket for connection number `index`, not yet connected; `receive` is the size of its receive
    buffer, bytes, if not the system's default. It comes from the address `source`, where one is given."""
    sock: socket.socket = original("socket", "socket")(
        socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    )
    with _connecting(sock, index):
        if receive is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source or is_local(address):
            sock.bind((source or f"127.0.0.{2 + index // _PER_ADDRESS}", 0))
    return sock


def connect(
    address: tuple[str, int], index: int, receive: int | None = None, source: str = ""
) -> socket.socket:
    """Connection number `index`, non-blocking."""
    sock = prepared(address, index, receive, source)
    with _connecting(sock, index):
        sock.settimeout(10)
        sock.connect(address)
        sock.setblocking(False)
    return sock
