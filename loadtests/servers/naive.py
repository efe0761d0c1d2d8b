"""The plainest gevent chat server there is, at which chatd's design is measured.

`python -m loadtests.servers.naive`: a greenlet a client, which sends each line that it reads to everyone, its
sender too, one after the other. It speaks like the floor. The lock keeps two greenlets from writing into the
middle of each other's line, and everyone's messages in one order; so a client that does not read stops all.
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
