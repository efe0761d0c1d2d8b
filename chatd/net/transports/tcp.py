"""Plain TCP.

Options are set on the listener: Linux hands them on to every accepted socket, which saves five system calls
a client in a storm.
"""

import fcntl
import os
import select
import sys
import termios
from collections.abc import Callable
from socket import socket as PlainSocket
from urllib.parse import urlsplit

from gevent import socket

from chatd.config import DEFAULT_LISTEN
from chatd.net.transports.contract import Listener
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits


class TcpTransport:
    """`sock` is gevent's, `peer` as `accept` gives it."""

    __slots__ = ("_plain", "_sock", "peer")

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        self.peer = _shown(*peer[:2])
        self._sock = sock
        # The operating system's socket inside: gevent's own calls would wait, and cost a switch.
        self._plain: PlainSocket = sock._sock  # type: ignore[attr-defined]

    @property
    def receive(self) -> Callable[[int], bytes]:
        return self._plain.recv

    @property
    def send(self) -> Callable[[bytes | memoryview], int]:
        return self._plain.send

    def wait_readable(self, patience: float | None) -> bool:
        """Raises OSError when the socket is closed meanwhile. (gevent's own `recv` waits too, but hides
        whether it did.)"""
        sock = self._sock
        sock.settimeout(None if patience is None else max(0.001, patience))
        nothing = TimeoutError()
        try:
            sock._wait(sock._read_event, nothing)  # type: ignore[attr-defined]
        except TimeoutError as error:
            if error is not nothing:
                raise
            return False
        return True

    def fileno(self) -> int:
        return self._sock.fileno()

    @property
    def send_needs_input(self) -> bool:
        return False

    def input_ended(self) -> bool:
        poll = select.poll()
        poll.register(self.fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def raise_error(self) -> None:
        error = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, os.strerror(error))

    def unacknowledged(self) -> int:
        return int.from_bytes(fcntl.ioctl(self.fileno(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)

    def shutdown(self) -> None:
        self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._sock.close()


def not_understood(uri: str) -> ConfigError:
    """The error for what is no URI of TCP, and for what is no URI at all."""
    return ConfigError(f"cannot listen on {uri!r}: please write it as tcp://HOST:PORT, like {DEFAULT_LISTEN}")


def parse(uri: str) -> tuple[str, int]:
    """Host and port of `tcp://HOST:PORT`; raises ConfigError."""
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise not_understood(uri) from None
    extra = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if not host or port is None or extra:
        raise not_understood(uri)
    return host, port


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(uri: str, limits: Limits) -> Listener:
    """Port 0 takes a free one."""
    host, port = parse(uri)
    family, kind, proto, _, where = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    sock = socket.socket(family, kind, proto)
    try:
        for level, option, value in _options(limits):
            sock.setsockopt(level, option, value)
        if family == socket.AF_INET6:  # so that [::] and 0.0.0.0 can be given side by side
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(where)
        sock.listen(limits.backlog)
    except OSError:
        sock.close()
        raise
    return Listener(f"tcp://{_shown(host, sock.getsockname()[1])}", sock, TcpTransport)


def _options(limits: Limits) -> tuple[tuple[int, int, int], ...]:
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
