"""What carries a link's bytes: a connection over TCP in plain text, and what any other kind has to do.

How a server is reached (its *security*: `PlainText` here, or `ServerTrust` in `trust`) is decided once,
before the first attempt, and holds for all attempts. What is kept of a server depends on it, too.
"""

import errno
import select
import socket as options
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final, Protocol

import gevent
from gevent import socket

from chatd.protocol.limits import DEFAULT
from chatd.protocol.sanitize import clean
from chatd_client.link_errors import LinkError, UnknownHost

#: Seconds to resolve the host and connect to one of its addresses, and to connect to each: where the first
#: does not answer, the next may. TCP alone would try for minutes.
CONNECT_TIME: Final = 10.0
ADDRESS_TIME: Final = 4.0

#: The same time-outs as the server's: each side notices a dead peer equally fast.
_KEEPALIVE: Final = tuple(
    (getattr(options, name), value)
    for name, value in (
        ("TCP_KEEPIDLE", DEFAULT.keepalive_idle),
        ("TCP_KEEPINTVL", DEFAULT.keepalive_interval),
        ("TCP_KEEPCNT", DEFAULT.keepalive_probes),
        ("TCP_USER_TIMEOUT", DEFAULT.user_timeout * 1000),
    )
    if hasattr(options, name)  # not every system has them all
)

#: In our words, with what to do; other errors are told in the system's words.
_REASONS: Final = {
    errno.ECONNREFUSED: "connection refused; is a server running there, on this port?",
    errno.ENETUNREACH: "there is no way to it; is this machine online?",
    errno.EHOSTUNREACH: "there is no way to it; is that machine online?",
}


#: Is shown a question about the server; whether the user trusts it, None where nobody can be asked.
AskTrust = Callable[[str], bool | None]


class Wire(Protocol):
    """An open connection. One greenlet reads and one writes at a time."""

    @property
    def sock(self) -> socket.socket: ...

    def send(self, data: bytes) -> bool:
        """Write all of it; blocks while there is no room. False if no byte was written. What fails later is
        not told: reading tells it.
        """
        ...

    def recv(self, size: int) -> bytes:
        """What has come, once something has; b"" at the end. Raises OSError."""
        ...

    def recv_now(self, size: int) -> bytes | None:
        """The same, or None where nothing has come."""
        ...

    def close(self) -> None: ...


class Security(Protocol):
    """How a server is reached. `open` may be called again and again, once what has to be asked was asked."""

    #: The kind of the state files with tokens that were got in this way; "" where none are kept.
    tokens: str

    def open(self, host: str, port: int) -> Wire:
        """Connect. Raises OSError and UnicodeError where nobody answers, else LinkError."""
        ...

    def settle(self, host: str, port: int, ask: AskTrust, tell: Callable[[str], None]) -> None:
        """Ask the user what has to be asked before the first `open`. `tell` is told what goes wrong with a
        file, also later. Raises as `open` does.
        """
        ...


class PlainWire:
    """As it is."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, data: bytes) -> bool:
        try:
            written = self.sock.send(data)
        except OSError:
            return False
        with suppress(OSError):
            self.sock.sendall(data[written:])
        return True

    def recv(self, size: int) -> bytes:
        return self.sock.recv(size)

    def recv_now(self, size: int) -> bytes | None:
        return self.sock.recv(size) if is_readable(self.sock) else None

    def close(self) -> None:
        self.sock.close()


class PlainText:
    """Not encrypted. `anywhere`: the user has asked for that; else it is for this machine only."""

    tokens = "devices"

    def __init__(self, *, anywhere: bool = True) -> None:
        self._anywhere = anywhere

    def open(self, host: str, port: int) -> Wire:
        sock = connect_tcp(host, port)
        if not self._anywhere and not is_loopback(sock.getpeername()[0]):
            sock.close()
            raise LinkError(f"{clean(host)} is not this machine any more; please start again")
        return PlainWire(sock)

    def settle(self, host: str, port: int, ask: AskTrust, tell: Callable[[str], None]) -> None:
        """There is nothing to ask."""


PLAIN_TEXT: Final = PlainText()


def connect_tcp(host: str, port: int) -> socket.socket:
    """Raises OSError and UnicodeError."""
    host.encode("idna")  # else it fails in gevent's thread pool, which prints a traceback
    with gevent.Timeout(CONNECT_TIME, TimeoutError()):
        sock = socket.create_connection((host, port), ADDRESS_TIME)
    sock.settimeout(None)
    sock.setsockopt(options.SOL_SOCKET, options.SO_KEEPALIVE, 1)
    # Without this, a line waits until TCP has acknowledged the one before it (Nagle's algorithm).
    sock.setsockopt(options.IPPROTO_TCP, options.TCP_NODELAY, 1)
    for option, value in _KEEPALIVE:
        sock.setsockopt(options.IPPROTO_TCP, option, value)
    return sock


def is_readable(sock: socket.socket) -> bool:
    """Whether something has come, by now."""
    watched = select.poll()
    watched.register(sock.fileno(), select.POLLIN)
    return bool(watched.poll(0))


def unreachable(host: str, port: int, error: Exception) -> LinkError:
    """There is no connection."""
    failed = f"cannot connect to {clean(host)} port {port}: {failure_reason(error)}"
    return (UnknownHost if _is_unknown(error) else LinkError)(failed)


def _is_unknown(error: Exception) -> bool:
    return isinstance(error, UnicodeError) or (
        isinstance(error, options.gaierror) and error.errno != options.EAI_AGAIN
    )


def failure_reason(error: Exception) -> str:
    """Why there is no connection, for people."""
    match error:
        case UnicodeError() | options.gaierror() if _is_unknown(error):
            return "unknown host; is its name spelled right?"
        case options.gaierror():
            return "its name cannot be looked up now; is this machine online?"
        case TimeoutError():
            return "timed out; is the address right, and that machine online?"
        case OSError(errno=int(number), strerror=str(text)):
            return _REASONS.get(number, text.lower())
    return clean(str(error))


# -- this machine ------------------------------------------------------------------------------------------


def is_here(host: str) -> bool:
    """Whether a host is this machine: all its addresses are loopback."""
    if (number := _number(host)) is not None:
        return _is_own(number)
    try:
        host.encode("idna")
        with gevent.Timeout(CONNECT_TIME, TimeoutError()):
            found = socket.getaddrinfo(host, None, 0, options.SOCK_STREAM)
    except (OSError, UnicodeError):  # connecting tells it
        return False
    return bool(found) and all(is_loopback(str(address[0])) for *_, address in found)


def is_loopback(address: str) -> bool:
    """Of an address in numbers."""
    number = _number(address)
    return number is not None and _is_own(number)


def _number(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _is_own(number: IPv4Address | IPv6Address) -> bool:
    """0.0.0.0 and :: lead to this machine, too."""
    mapped = number.ipv4_mapped if isinstance(number, IPv6Address) else None
    number = mapped or number
    return number.is_loopback or number.is_unspecified
