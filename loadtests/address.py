"""From `tcp://HOST:PORT` to a connection.

gevent asks its resolver pool for every name it connects to; with thousands of users that is what would be
measured. So a name is looked up once a process, and users connect to the number.
"""

import socket as options
from functools import cache
from urllib.parse import urlsplit

from gevent import socket


@cache
def _resolve(host: str) -> tuple[str, int]:
    """The numeric address in `tcp://HOST:PORT`, looked up once a process. Raises OSError or ValueError."""
    parts = urlsplit(host)
    if parts.scheme != "tcp" or parts.hostname is None or parts.port is None:
        raise ValueError(f"{host} is no address of a server; please give --host tcp://HOST:PORT")
    found = socket.getaddrinfo(parts.hostname, parts.port, 0, socket.SOCK_STREAM)
    return str(found[0][4][0]), parts.port


def connect(host: str, seconds: float) -> socket.socket:
    """A connection, or OSError or ValueError."""
    address = _resolve(host)
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.settimeout(seconds)
        sock.connect(address)
        sock.settimeout(None)
        sock.setsockopt(options.IPPROTO_TCP, options.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock
