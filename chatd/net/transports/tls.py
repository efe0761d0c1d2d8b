"""TLS over TCP. The handshake has a deadline, and is done by the connection's own greenlet.

OpenSSL encrypts a record (up to 16 KiB) as a whole, and once it has begun to write one, exactly that one has
to be written. But whoever sends may send something else next time, as long as no byte was taken: what a slow
reader has not begun may be skipped. So of a record that the socket does not take, all but the last byte count
as taken. The sender has to come back with that one, and by then the record goes first. (A record of one byte
is the end of a message whose beginning was taken, so it cannot change.)

pyOpenSSL, and not Python's own `ssl`: that takes no client certificate that it cannot verify by an authority,
and people make their own.
"""

import contextlib
from collections.abc import Callable
from typing import Final, TypeVar

from gevent import Timeout
from gevent.socket import wait_write
from OpenSSL import SSL

from chatd.net.transports.tcp import TcpTransport

_T = TypeVar("_T")

#: Bytes of a record (RFC 8446, 5.1).
_RECORD: Final = 16 * 1024
#: HTTP/1.1, as it is called in the handshake (RFC 7301).
ALPN_HTTP: Final = b"http/1.1"
#: OpenSSL's SSL_MODE_AUTO_RETRY: a read goes on as long as records come that hold nothing to be read. So
#: 100,000 updates of the keys, which are 3 MB, would hold up everyone for seconds; without it each ends one.
_AUTO_RETRY: Final = 4
#: In place of an error's text, where OpenSSL has none.
_UNKNOWN: Final = "no reason is given"


class HandshakeFailed(OSError):
    """The other side speaks no TLS that we do, or took too long."""


class TlsTransport(TcpTransport):
    """`fingerprint` is the SHA-256 of the other side's certificate, in hex; empty where it gave none."""

    __slots__ = ("_held", "_needs_input", "_needs_room", "_peeked", "_tls", "fingerprint")

    scheme = "tls"

    def __init__(self, plain: TcpTransport, context: SSL.Context, seconds: float) -> None:
        """The handshake, which may take so long; the socket of `plain` is this one's then. Raises
        HandshakeFailed."""
        self.peer = plain.peer
        self.private = True
        self.fingerprint = ""
        self._sock, self._plain = plain.sock, plain.sock._sock  # type: ignore[attr-defined]
        self._held = self._peeked = b""
        self._needs_input = self._needs_room = False
        self._tls = SSL.Connection(context, self._plain)
        self._tls.set_accept_state()
        # pyOpenSSL switches it on for each connection, and has no call of its own to switch it off.
        SSL._lib.SSL_clear_mode(self._tls._ssl, _AUTO_RETRY)  # type: ignore[attr-defined]
        try:
            with Timeout(seconds, HandshakeFailed("it took too long")):
                self._shake_hands()
        except SSL.Error as error:
            raise HandshakeFailed(_reason(error)) from error
        # Nothing of it is looked into: strangers write what they like there.
        certificate = self._tls.get_peer_certificate()
        if certificate is not None:
            self.fingerprint = certificate.digest("sha256").decode().replace(":", "").lower()

    def _shake_hands(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
                return
            except SSL.WantReadError:
                self.wait_for_input(None)
            except SSL.WantWriteError:
                self.wait_for_room()

    @property
    def speaks_http(self) -> bool:
        """Whether that was agreed on in the handshake (ALPN), as browsers do."""
        return self._tls.get_alpn_proto_negotiated() == ALPN_HTTP

    def peek(self, size: int) -> bytes:
        if len(self._peeked) < size:
            with contextlib.suppress(BlockingIOError) if self._peeked else contextlib.nullcontext():
                self._peeked += self._read(size - len(self._peeked))
        return self._peeked

    @property
    def receive(self) -> Callable[[int], bytes]:
        return self._receive

    def _receive(self, size: int) -> bytes:
        if self._peeked:
            data, self._peeked = self._peeked[:size], self._peeked[size:]
            return data
        return self._read(size)

    def _read(self, size: int) -> bytes:
        try:
            return _said(lambda: self._tls.recv(size))
        except (SSL.WantReadError, SSL.WantWriteError) as error:
            self._needs_room = isinstance(error, SSL.WantWriteError)
            raise BlockingIOError from None
        except SSL.ZeroReturnError:
            return b""

    @property
    def send(self) -> Callable[[bytes | memoryview], int]:
        return self._send

    def _send(self, data: bytes | memoryview) -> int:
        taken = 0
        if self._held:
            self._write(self._held)
            self._held, taken = b"", 1
        view = memoryview(data)
        while taken < len(view):
            record = view[taken : taken + _RECORD]
            try:
                self._write(record)
            except BlockingIOError:
                self._held = bytes(record)
                taken += len(record) - 1
                break
            taken += len(record)
        if not taken:
            raise BlockingIOError
        return taken

    def _write(self, record: bytes | memoryview) -> None:
        try:
            _said(lambda: self._tls.send(record))
        except SSL.WantWriteError:
            self._needs_input = False
            raise BlockingIOError from None
        except SSL.WantReadError:
            self._needs_input = True
            raise BlockingIOError from None
        self._needs_input = False

    @property
    def send_needs_input(self) -> bool:
        return self._needs_input

    def wait_readable(self, patience: float | None) -> bool:
        """What is decrypted already waits here, not in the socket. Before anything more is read it may have
        to answer (updates of keys): of who does not take that there may be input all the time."""
        if self._peeked or self._tls.pending():
            return True
        if not self._needs_room:
            return self.wait_for_input(patience)
        self._needs_room = False
        late = TimeoutError()
        try:
            wait_write(self.fileno(), patience, late)
        except TimeoutError as error:
            if error is not late:
                raise
            return False
        return True

    def wait_for_more(self, than: int, patience: float) -> bool:
        """What was peeked at is here already: whatever comes is more. (It may be a part of a record only.)"""
        return bool(self._tls.pending()) or self.wait_for_input(patience)

    def shutdown(self) -> None:
        """The other side is told that this is the end, where its system takes that at once."""
        with contextlib.suppress(SSL.Error):
            self._tls.shutdown()
        super().shutdown()


def _said(call: Callable[[], _T]) -> _T:
    """What OpenSSL says, with its errors as those of a connection."""
    try:
        return call()
    except (SSL.WantReadError, SSL.WantWriteError, SSL.ZeroReturnError):
        raise
    except SSL.SysCallError as error:
        if error.args[0] == -1:  # the end of the connection without one of TLS
            raise SSL.ZeroReturnError from None
        raise OSError(*error.args) from None
    except SSL.Error as error:
        raise ConnectionResetError(f"TLS: {_reason(error)}") from None


def _reason(error: SSL.Error) -> str:
    """In OpenSSL's own words, without the place in its sources."""
    match error.args:
        case [[(_, _, reason), *_]] if reason:
            return str(reason)
        case [int(), str(reason)]:
            return reason
        case _:
            return _UNKNOWN
