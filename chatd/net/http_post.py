"""One POST over HTTP, to an address that was looked at before.

Python's own `http.client` speaks HTTP here, over a socket of gevent's: it takes any socket that is connected,
follows no redirect, heeds no proxy, and brings no dependency. (geventhttpclient and urllib3 look the name up
themselves, when they connect: then an address that was looked at need not be the one that is connected to.)

The name is looked up once, every address that may not be is left out, and the connection goes to one of
those that are left, by its number. A certificate is checked against the name. Of the answer only its status
and headers are read, up to a bound; all of it takes a bounded time.
"""

import io
import ssl
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import gevent
from gevent import socket
from gevent.ssl import SSLContext

from chatd.net.addresses import is_public

#: Numbers of addresses that one delivery tries in turn.
_TRIED: Final = 4

#: A host and a port → its addresses, in numbers.
Resolver = Callable[[str, int], Sequence[str]]


class DeliveryError(Exception):
    """It could not be sent, or there is no answer: a part of a sentence."""


class PostAnswer(NamedTuple):
    """`retry_after` is the header of that name, where there is one."""

    status: int
    retry_after: str | None


class PostTarget(NamedTuple):
    """Where to, taken apart: `host` may be a number, `netloc` has the port where one is written."""

    secure: bool
    host: str
    port: int
    netloc: str
    path: str


def target_of(url: str) -> PostTarget:
    """Of a URL that is good."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return PostTarget(secure, parts.hostname or "", parts.port or (443 if secure else 80), parts.netloc, path)


def resolve(host: str, port: int) -> list[str]:
    """By the system's resolver, in a thread of gevent's."""
    found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def trusting() -> SSLContext:
    """Checks names, and certificates by what the system trusts. (`gevent.ssl.create_default_context` makes
    one of Python's own, whose sockets have all of the server wait.)"""
    context = SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


class _Reply(io.RawIOBase):
    """What is received, up to a bound: also a receiver that sends without end keeps nobody busy."""

    def __init__(self, sock: Any, most: int) -> None:
        self._sock = sock
        self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            raise DeliveryError("its answer does not end")
        size = int(self._sock.recv_into(memoryview(buffer)[: self._left]))
        self._left -= size
        return size


class _Wire:
    """A socket as `http.client` uses it."""

    def __init__(self, sock: Any, most: int) -> None:
        self.sendall: Final = sock.sendall
        self._sock = sock
        self._most = most

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reply(self._sock, self._most))

    def close(self) -> None:
        """Whoever opened it closes it."""


class Poster:
    """`tls` checks certificates; `seconds` is how long a POST may take, and
    `most` how many bytes of an answer are read."""

    def __init__(self, seconds: float, most: int, resolver: Resolver, tls: SSLContext) -> None:
        self._seconds = seconds
        self._most = most
        self._resolve = resolver
        self._tls = tls

    def post(
        self, target: PostTarget, headers: dict[str, str], body: bytes, allow_private: bool
    ) -> PostAnswer:
        """Raises DeliveryError."""
        late = DeliveryError(f"no answer within {self._seconds:g} s")
        try:
            with gevent.Timeout(self._seconds, late):
                return self._post(target, headers, body, self._addresses(target, allow_private))
        except ssl.SSLCertVerificationError as error:
            raise DeliveryError(f"its certificate is not good: {error.verify_message}") from error
        except (OSError, HTTPException, UnicodeError) as error:
            raise DeliveryError(_why(error)) from error

    def _addresses(self, target: PostTarget, allow_private: bool) -> list[str]:
        found = self._resolve(target.host, target.port)
        allowed = [address for address in found if allow_private or is_public(address)]
        if not allowed:
            raise DeliveryError(
                "its address is of this machine or a private network, which needs allow-private"
                if found
                else "its name has no address"
            )
        return allowed[:_TRIED]

    def _post(
        self, target: PostTarget, headers: dict[str, str], body: bytes, addresses: list[str]
    ) -> PostAnswer:
        sock: Any = _connect(addresses, target.port)
        try:
            if target.secure:
                sock = self._tls.wrap_socket(sock, server_hostname=target.host)
            connection = HTTPConnection(target.host, target.port)
            connection.auto_open = 0
            connection.sock = _Wire(sock, self._most)
            connection.request("POST", target.path, body, {"Host": target.netloc, **headers})
            with connection.getresponse() as response:
                return PostAnswer(response.status, response.getheader("Retry-After"))
        finally:
            sock.close()


def _connect(addresses: list[str], port: int) -> Any:
    """To the first that takes it."""
    for number, address in enumerate(addresses, 1):
        sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            sock.connect((address, port))
        except BaseException as error:
            sock.close()
            if number < len(addresses) and isinstance(error, OSError):
                continue
            raise
        return sock
    raise AssertionError("there is an address")


def _why(error: Exception) -> str:
    """For people."""
    if isinstance(error, HTTPException) and not isinstance(error, OSError):
        return f"its answer is no HTTP ({type(error).__name__})"
    text = error.strerror if isinstance(error, OSError) else None
    return str(text or error or type(error).__name__)


def seconds_of(retry_after: str | None, today: float) -> float:
    """How long `Retry-After` asks for: a number of seconds or a date; 0 where it says nothing that can be
    understood. `today` is the time of day, in seconds since the epoch."""
    word = (retry_after or "").strip()
    if word.isascii() and word.isdigit() and len(word) < 10:
        return float(word)
    try:
        return max(0.0, parsedate_to_datetime(word).timestamp() - today)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
