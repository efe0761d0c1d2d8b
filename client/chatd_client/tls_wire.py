"""TLS over a socket of gevent's.

OpenSSL works on memory here (`ssl.MemoryBIO`) and never sees the socket, so nothing of it can block, and no
write of its can be left half done: what it has encrypted waits in `_out` until the socket has taken it, also
where a time-out or the end of a greenlet comes in between. The rules:

1. Whoever writes does so alone. What OpenSSL itself has to say while somebody reads (an answer to a new key)
   is written as far as there is room, and the rest with what is written next: reading never waits for
   writing.
2. The end of the connection is its end, with a goodbye of TLS (`close_notify`) or without one.
"""

import hashlib
import re
import ssl
from typing import Final

import gevent
from gevent import socket
from gevent.lock import Semaphore

from chatd_client.wire import is_readable

#: Seconds.
HANDSHAKE_TIME: Final = 10.0
_READ_SIZE: Final = 64 * 1024
#: A server that has no room for somebody says so before the handshake, in plain text. (Where it speaks no TLS
#: it says that, too; but we have a better sentence, as we know what was typed.)
_REFUSAL: Final = re.compile(rb"! ((?!this port )[^\r\n]{1,500})\r?\n")


class PlainRefusal(ssl.SSLError):
    """In place of TLS the server said `why`, in plain text: nobody can tell that it was really the server."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TlsWire:
    """The constructor does the handshake, as a client's; raises OSError, whose kinds in `ssl` tell what the
    matter is. `der` is the certificate of the server.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self.sock = sock
        self._in, self._bio = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._out = bytearray()
        self._writing = Semaphore()
        # No certificate has the zone behind a link-local address, or the dot behind a whole name.
        name = host.partition("%")[0].removesuffix(".")
        self._tls = context.wrap_bio(self._in, self._bio, server_hostname=name)
        try:
            with gevent.Timeout(HANDSHAKE_TIME, TimeoutError()):
                self._shake_hands()
        except BaseException:
            self.sock.close()
            raise
        self.der: bytes = self._tls.getpeercert(binary_form=True) or b""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the server's certificate, in hex."""
        return hashlib.sha256(self.der).hexdigest()

    def _shake_hands(self) -> None:
        came = b""  # last
        while True:
            try:
                self._tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self._push()
                came = self._feed()
            except ssl.SSLError:
                self._push_some()  # so that the server knows why
                if (line := _REFUSAL.match(came)) is not None:
                    raise PlainRefusal(line[1].decode(errors="replace")) from None
                raise
        self._push()

    def _feed(self) -> bytes:
        data = self.sock.recv(_READ_SIZE)
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()
        return data

    # -- writing ---------------------------------------------------------------------------------------

    def send(self, data: bytes) -> bool:
        with self._writing:
            left = memoryview(data)
            try:
                while left:
                    left = left[self._tls.write(left) :]  # a record at a time
            except OSError:
                return False
            self._out += self._bio.read()
            waiting = len(self._out)
            try:
                self._push()
            except OSError:
                return len(self._out) < waiting
            return True

    def _push(self) -> None:
        """All that waits."""
        self._out += self._bio.read()
        while self._out:
            del self._out[: self.sock.send(self._out)]
            self._out += self._bio.read()

    def _push_some(self) -> None:
        """As much as there is room for (rule 1)."""
        if not self._bio.pending or self._writing.locked():
            return
        self._out += self._bio.read()
        self.sock.settimeout(0)
        try:
            del self._out[: self.sock.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self._out.clear()  # reading tells it
        finally:
            self.sock.settimeout(None)

    # -- reading ---------------------------------------------------------------------------------------

    def recv(self, size: int) -> bytes:
        while (data := self._decrypted(size)) is None:
            self._feed()
        return data

    def recv_now(self, size: int) -> bytes | None:
        while (data := self._decrypted(size)) is None and is_readable(self.sock):
            self._feed()
        return data

    def _decrypted(self, size: int) -> bytes | None:
        """None where more has to come first."""
        try:
            return self._tls.read(size)
        except ssl.SSLWantReadError:
            return None
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        finally:
            self._push_some()

    def close(self) -> None:
        self.sock.close()
