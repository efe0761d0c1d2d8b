"""Plain TCP.

Options are set on the listener: Linux hands them on to every accepted socket, which saves five system calls
a client in a storm.
"""

import contextlib
import errno
import fcntl
import os
import select
import sys
import termios
from collections.abc import Callable, Sequence
from socket import getnameinfo
from socket import socket as PlainSocket
from typing import Any, Final
from urllib.parse import urlsplit

from gevent import getcurrent, socket

from chatd.config import DEFAULT_LISTEN
from chatd.net.logs import log
from chatd.net.transports.contract import Listener
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits

_LAST_PORT: Final = 65535
#: How many ports are tried where one is to be free on several addresses.
_TRIES: Final = 20
#: The machine does not have this address, or no addresses of its kind.
_NOT_THERE: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


class TcpTransport:
    """`sock` is gevent's, `peer` as `accept` gives it."""

    __slots__ = ("_plain", "_sock", "peer", "private")

    scheme = "tcp"
    fingerprint = ""

    def __init__(self, sock: socket.socket, peer: tuple[str, int]) -> None:
        private = is_loopback(peer[0]) and is_loopback(sock.getsockname()[0])
        self._take(sock, _shown(*peer[:2]), private)

    def _take(self, sock: socket.socket, peer: str, private: bool) -> None:
        self.peer = peer
        self.private = private
        self._sock = sock
        # The operating system's socket inside: gevent's own calls would wait, and cost a switch.
        self._plain: PlainSocket = sock._sock  # type: ignore[attr-defined]

    @property
    def sock(self) -> socket.socket:
        """For a transport on top of this one."""
        return self._sock

    def comes_from(self, host: str, port: int, encrypted: bool) -> None:
        """A proxy passes it on for this client, which may have come to it by a network."""
        self.peer = _shown(host, port)
        self.private = self.private and (encrypted or is_loopback(host))

    def peek(self, size: int) -> bytes:
        """As `receive`, but what came is still to be received."""
        return self._plain.recv(size, socket.MSG_PEEK)

    def wait_for_more(self, than: int, patience: float) -> bool:
        """Until more bytes than so many wait to be received, or the end of input; False when that took too
        long."""
        self._plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, than + 1)
        try:
            return self.wait_for_input(patience)
        finally:
            self._plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)

    @property
    def receive(self) -> Callable[[int], bytes]:
        return self._plain.recv

    @property
    def send(self) -> Callable[[bytes | memoryview], int]:
        return self._plain.send

    def wait_readable(self, patience: float | None) -> bool:
        return self.wait_for_input(patience)

    def wait_for_input(self, patience: float | None) -> bool:
        """Until the socket is readable. Raises OSError when the socket is closed meanwhile. (gevent's own
        `recv` waits too, but hides whether it did.)"""
        sock = self._sock
        if patience is None:  # nearly always: as gevent's own `wait` does it, without the layers around that
            watcher = sock._read_event  # type: ignore[attr-defined]
            watcher.start(getcurrent().switch)
            try:
                sock.hub.switch()  # type: ignore[attr-defined]
            finally:
                watcher.stop()
            return True
        sock.settimeout(max(0.001, patience))
        nothing = TimeoutError()
        try:
            sock._wait(sock._read_event, nothing)  # type: ignore[attr-defined]
        except TimeoutError as error:
            if error is not nothing:
                raise
            return False
        return True

    def wait_for_room(self) -> None:
        """Until the socket is writable."""
        self._sock._wait(self._sock._write_event)  # type: ignore[attr-defined]

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


def is_loopback(host: str) -> bool:
    """Whether what is sent to this address, as the system writes it, never leaves the machine."""
    return host == "::1" or host.removeprefix("::ffff:").startswith("127.")


def not_understood(uri: str) -> ConfigError:
    """The error for what is no URI of TCP, and for what is no URI at all."""
    return ConfigError(f"cannot listen on {uri!r}: please write it as tcp://HOST:PORT, like {DEFAULT_LISTEN}")


def parse(uri: str) -> tuple[str, int]:
    """Host and port of `tcp://HOST:PORT`; raises ConfigError."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname
        (host or "").encode("idna")  # what the resolver would not take raises a ValueError, too
    except ValueError:
        raise not_understood(uri) from None
    port = parts.netloc.rpartition("]")[2].partition(":")[2]
    extra = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if not host or not port or ":" in port or extra:
        raise not_understood(uri)
    if host == "*":
        raise ConfigError(
            f"cannot listen on {uri!r}: instead of * please write 0.0.0.0, for every IPv4 address of this "
            "machine, or [::], for every IPv6 address"
        )
    if not (port.isascii() and port.isdigit()):
        raise ConfigError(f"cannot listen on {uri!r}: the port {port!r} is not a number")
    if len(port) > len(str(_LAST_PORT)) or int(port) > _LAST_PORT:
        raise ConfigError(f"cannot listen on {uri!r}: the port {port} is above {_LAST_PORT}, the last one")
    return host, int(port)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listen(uri: str, limits: Limits) -> list[Listener]:
    """On every address that the host has, all with the same port; port 0 takes a free one."""
    host, port = parse(uri)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    places = list(dict.fromkeys((family, where) for family, _, _, _, where in found))
    tries = 1 if port else _TRIES
    while True:
        tries -= 1
        try:
            return [Listener(_uri(sock), sock, TcpTransport) for sock in _bound(places, limits)]
        except OSError as error:
            # The port that was free on the first address may be taken on another one.
            if error.errno != errno.EADDRINUSE or not tries:
                raise


def _bound(places: Sequence[tuple[int, Any]], limits: Limits) -> list[socket.socket]:
    """A listening socket for each place, or none. An address that is not there (IPv6 is switched off, for
    example) is left out with a warning, as long as another one is there."""
    socks: list[socket.socket] = []
    missing: list[OSError] = []
    with contextlib.ExitStack() as undo:
        for family, (host, port, *more) in places:
            where = (host, port or (socks[0].getsockname()[1] if socks else 0), *more)
            try:
                sock = _listening(family, where, limits)
            except OSError as error:
                if len(places) > 1:
                    error.strerror = f"{error.strerror} ({_shown(*where[:2])})"
                if error.errno not in _NOT_THERE:
                    raise
                missing.append(error)
            else:
                socks.append(undo.enter_context(sock))
        if not socks:
            raise missing[-1]
        undo.pop_all()
    for absent in missing:
        log.warning("not listening on one of several addresses: %s", absent.strerror)
    return socks


def _listening(family: int, where: tuple[Any, ...], limits: Limits) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
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
    return sock


def _uri(sock: socket.socket) -> str:
    """What it is bound to, in numbers; with the scope of a link-local address."""
    host, port = getnameinfo(sock.getsockname(), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV)
    return f"tcp://{_shown(host, int(port))}"


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
