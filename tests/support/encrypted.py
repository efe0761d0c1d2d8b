"""What a client meets that speaks TLS: the real server, and one that a test scripts."""

import ssl
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from gevent import socket
from gevent.ssl import SSLContext, SSLSocket

from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT
from tests.support.certificates import CertificateFiles, self_signed
from tests.support.live import address_of, serving


def encrypted_server(
    files: CertificateFiles | None = None, port: int = 0, host: str = "127.0.0.1", **limits: Any
) -> AbstractContextManager[Server]:
    """The real one, with this certificate; `limits` are fields of Limits."""
    files = files or self_signed()
    return serving(
        replace(DEFAULT, **limits),
        listen=(f"tcp://{host}:{port}",),
        tls_certificate=str(files.certificate),
        tls_key=str(files.key),
    )


def port_of(server: Server) -> int:
    return address_of(server.addresses[0])[1]


class TlsPeer:
    """A server that shakes hands and leaves the rest to the test."""

    def __init__(self, files: CertificateFiles) -> None:
        self._context = SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(files.certificate, files.key)
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port: int = self._listener.getsockname()[1]

    def accept_plain(self, buffer: int = 0) -> socket.socket:
        """Whoever connects, before anything was said."""
        accepted: socket.socket = self._listener.accept()[0]
        if buffer:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        return accepted

    def accept(self, buffer: int = 0) -> SSLSocket:
        wrapped: SSLSocket = self._context.wrap_socket(self.accept_plain(buffer), server_side=True)
        return wrapped

    def close(self) -> None:
        self._listener.close()
