"""What a client of the load generator does with its socket before it says anything: nothing, or a
handshake. Another transport is one more row; what it returns reads and writes like a socket.

TLS is Python's own `ssl`, which needs one call for each record. The certificate is not looked at: the server
is the suite's own, or one that its user has named.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from time import process_time
from typing import Any, Final

from loadtests.engine.sockets import connect
from loadtests.engine.web_socket import upgrade
from loadtests.measure.errors import Fault
from loadtests.servers.transports import JSON, TCP, TLS, WEBSOCKET

#: Seconds for a handshake: as long as the server gives.
_PATIENCE: Final = 10.0
#: Seconds of CPU for finding out what encrypting costs.
_TRIED: Final = 0.2
#: Bytes of a record, at most (RFC 8446, 5.1).
RECORD: Final = 16 * 1024


class TlsSocket(ssl.SSLSocket):
    """Counts the `records` that all of them have read. One read takes one record and leaves nothing behind,
    where its buffer has room for a whole one; so the socket alone says whether there is more."""

    records = 0

    def recv_into(self, buffer: Any, nbytes: int | None = None, flags: int = 0) -> int:
        got: Any = self.read(nbytes or len(buffer), buffer)
        TlsSocket.records += 1
        return int(got)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.sslsocket_class = TlsSocket
    return context


_CLIENT: Final = _context()


def shake_hands(sock: socket.socket) -> socket.socket:
    """The same connection, encrypted from now on, and non-blocking. Raises Fault."""
    sock.settimeout(_PATIENCE)
    try:
        secured = _CLIENT.wrap_socket(sock)
    except OSError as error:
        sock.close()
        raise Fault(f"the TLS handshake failed: {error}") from error
    secured.setblocking(False)
    return secured


#: From a connected socket to one of that transport.
OPENINGS: Final[dict[str, Callable[[socket.socket], socket.socket]]] = {
    TCP: lambda sock: sock,
    TLS: shake_hands,
    JSON: lambda sock: sock,
    WEBSOCKET: upgrade,
}


def encryption_cost(address: tuple[str, int], size: int) -> float:
    """Seconds of CPU that OpenSSL alone needs to encrypt a record of so many bytes, by the cipher that this
    server agrees to: as a client's, in a loop in which nothing is sent."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = _CLIENT.wrap_bio(incoming, outgoing)
    with closing(connect(address, 0)) as sock:
        sock.settimeout(_PATIENCE)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                received = sock.recv(RECORD)
                if not received:
                    raise Fault("the server closed the connection in the TLS handshake") from None
                incoming.write(received)
    record, count, began = b"x" * size, 0, process_time()
    while (spent := process_time() - began) < _TRIED:
        for _ in range(100):
            tls.write(record)
            outgoing.read()
        count += 100
    return spent / count
