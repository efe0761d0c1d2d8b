"""Where clients come from. A transport is a row of the table, keyed by URI scheme.

Options are set on the listener: Linux hands them on to every accepted socket, which saves five system calls
a client in a storm.
"""

import fcntl
import sys
import termios
from collections.abc import Callable
from socket import socket as PlainSocket
from typing import Final, cast

from gevent import socket

from chatd.config import Address
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits


def _tcp(address: Address, limits: Limits) -> socket.socket:
    """A listening TCP socket. Raises OSError."""
    family, kind, proto, _, where = socket.getaddrinfo(
        address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        for level, option, value in _tcp_options(limits):
            sock.setsockopt(level, option, value)
        if family == socket.AF_INET6:  # so that [::] and 0.0.0.0 can be given side by side
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(limits.backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _tcp_options(limits: Limits) -> tuple[tuple[int, int, int], ...]:
    tcp, sol = socket.IPPROTO_TCP, socket.SOL_SOCKET
    return (
        (sol, socket.SO_REUSEADDR, 1),
        (sol, socket.SO_SNDBUF, limits.send_buffer),
        (sol, socket.SO_RCVBUF, limits.receive_buffer),
        (sol, socket.SO_KEEPALIVE, 1),
        (tcp, socket.TCP_KEEPIDLE, limits.keepalive_idle),
        (tcp, socket.TCP_KEEPINTVL, limits.keepalive_interval),
        (tcp, socket.TCP_KEEPCNT, limits.keepalive_probes),
        (tcp, socket.TCP_USER_TIMEOUT, limits.user_timeout * 1000),
        # A round is one send: there is nothing that Nagle could gather.
        (tcp, socket.TCP_NODELAY, 1),
    )


def raw(sock: socket.socket) -> PlainSocket:
    """The operating system's socket inside gevent's: its calls return at once, or raise BlockingIOError."""
    return cast(PlainSocket, sock._sock)  # type: ignore[attr-defined]


def unacknowledged(sock: socket.socket) -> int:
    """How many bytes (the FIN counts as one) the other side's system has not acknowledged yet."""
    return int.from_bytes(fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def wait_readable(sock: socket.socket, patience: float | None) -> bool:
    """Until there is something to read; False when there was nothing in `patience` seconds. Raises OSError
    when the socket is closed meanwhile. gevent's own `recv` does the same, but hides whether it waited."""
    sock.settimeout(None if patience is None else max(0.001, patience))
    nothing = TimeoutError()
    try:
        sock._wait(sock._read_event, nothing)  # type: ignore[attr-defined]
    except TimeoutError as error:
        if error is not nothing:
            raise
        return False
    return True


SCHEMES: Final[dict[str, Callable[[Address, Limits], socket.socket]]] = {"tcp": _tcp}


def listen(address: Address, limits: Limits) -> socket.socket:
    """A listening socket for `address`, or ConfigError with one sentence."""
    transport = SCHEMES.get(address.scheme)
    if transport is None:
        known = ", ".join(f"{scheme}://" for scheme in SCHEMES)
        raise ConfigError(f"cannot listen on {address}: the scheme is not one of {known}")
    try:
        return transport(address, limits)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(
            f"cannot listen on {address}: {reason}; please choose another with --listen"
        ) from error


def bound_address(address: Address, sock: socket.socket) -> Address:
    """`address` with the port that the socket really has."""
    return Address(address.scheme, address.host, sock.getsockname()[1])
