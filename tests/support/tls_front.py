"""TLS in front of a server that knows nothing of it: a thread for each connection, one for the listener."""

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Thread

from tests.support.certificates import self_signed


def server_context() -> ssl.SSLContext:
    """With a certificate of the tests' own."""
    files = self_signed()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    return context


@contextmanager
def fronted(address: tuple[str, int]) -> Iterator[tuple[str, int]]:
    """Where that server is reached by TLS, in this block."""
    context = server_context()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=_accept, args=(listener, context, address), name="TLS front", daemon=True)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        assert not thread.is_alive(), "the TLS front does not end"


def _accept(listener: socket.socket, context: ssl.SSLContext, address: tuple[str, int]) -> None:
    with suppress(OSError):  # the end
        while True:
            client, _ = listener.accept()
            Thread(target=_carry, args=(client, context, address), daemon=True).start()


def _carry(client: socket.socket, context: ssl.SSLContext, address: tuple[str, int]) -> None:
    with suppress(OSError), closing(context.wrap_socket(client, server_side=True)) as outer:
        outer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with socket.create_connection(address) as inner:
            while True:
                for one in [outer] if outer.pending() else select.select([outer, inner], [], [])[0]:
                    data = one.recv(65536)
                    if not data:
                        return
                    (inner if one is outer else outer).sendall(data)
