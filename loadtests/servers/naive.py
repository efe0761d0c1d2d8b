"""The simplest chat server in gevent, a baseline for chatd's design.

`python -m loadtests.servers.naive`: one greenlet a client, which sends each line that it reads to all clients
in turn, its sender too. It has the floor's protocol. The lock keeps lines of two greenlets from being mixed,
and gives all clients the same order of messages; so one client that does not read blocks everyone.
"""

import sys
from typing import Final

from gevent.lock import BoundedSemaphore
from gevent.server import StreamServer
from gevent.socket import IPPROTO_TCP, TCP_NODELAY, socket

_clients: Final[set[socket]] = set()
_one_at_a_time: Final = BoundedSemaphore()


def _broadcast(line: bytes) -> None:
    with _one_at_a_time:
        for client in list(_clients):
            try:
                client.sendall(line)
            except OSError:
                _clients.discard(client)


def _serve(client: socket, _: object) -> None:
    client.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    client.sendall(b"* welcome\n")
    _clients.add(client)
    rest = b""
    try:
        while chunk := client.recv(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                _broadcast(line + b"\n")
    except OSError:
        pass
    finally:
        _clients.discard(client)


if __name__ == "__main__":
    server = StreamServer(("127.0.0.1", 0), _serve, backlog=4096)
    server.start()
    print(f"naive listens on tcp://127.0.0.1:{server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()
