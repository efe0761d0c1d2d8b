"""From `tcp://HOST:PORT` to a server that has answered, and to its process where that is on this machine.

A run against an address where no server listens, or a server of another kind, must end with one sentence
before the first of ten thousand connections. chatd is checked by logging in with the client's own class,
other servers by connecting.
"""

import os
import socket
from contextlib import suppress
from pathlib import Path
from time import sleep
from typing import Final
from urllib.parse import urlsplit

from chatd.protocol.errors import ChatError, ConfigError
from chatd_client import Chat, LinkError
from chatd_client.target import Target
from loadtests.measure.errors import Unusable
from loadtests.servers.programs import OURS
from loadtests.servers.target import ServerUnderTest

#: The state of a listening socket in /proc/net/tcp.
_LISTEN: Final = "0A"
#: Names to try for the client that checks the server.
_PROBES: Final = ("probe", "probe2", "probe3")
#: Seconds after which the notice of the probe's leaving has been sent: the server merges notices for 250 ms.
_TOLD: Final = 0.3
#: Seconds for a server to take a connection.
_PATIENCE: Final = 10.0


def parse(host: str) -> tuple[str, int]:
    """The numeric address in `tcp://HOST:PORT`. Raises Unusable."""
    parts = urlsplit(host if "//" in host else f"//{host}")
    try:
        if parts.scheme not in ("", "tcp") or parts.hostname is None or parts.port is None:
            raise ValueError("it needs a host and a port")
        found = socket.getaddrinfo(parts.hostname, parts.port, 0, socket.SOCK_STREAM)
    except (ValueError, OSError) as error:
        raise Unusable(f"{host} is no server's address ({error}); please give tcp://HOST:PORT") from error
    return str(found[0][4][0]), parts.port


def find(host: str, codec: str = "chatd") -> ServerUnderTest:
    """The server at that address, once it has answered. Raises Unusable."""
    address = parse(host)
    try:
        if codec in OURS:
            _ask(address)
        else:
            socket.create_connection(address, _PATIENCE).close()
    except (OSError, ChatError, ConfigError, LinkError) as error:
        raise Unusable(
            f"no {codec} answers at {host} ({error}); please start it, or correct the address"
        ) from error
    return ServerUnderTest(codec, address, listener(address) if _is_here(address[0]) else None)


def _ask(address: tuple[str, int]) -> None:
    """Log in and leave, as any client would."""
    with Chat(Target(_PROBES[0], *address), _PROBES[1:]):
        pass
    sleep(_TOLD)


def _is_here(host: str) -> bool:
    """Whether the address is one of this machine's."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
            sock.bind((host, 0))
    except OSError:
        return False
    return True


def listener(address: tuple[str, int]) -> int | None:
    """The pid of the process that listens there; None where /proc does not show it to us."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(address[1])}
    for fd in Path("/proc").glob("[0-9]*/fd/*"):
        with suppress(OSError):  # a process that ended meanwhile, or another user's
            if os.readlink(fd) in wanted:
                return int(fd.parts[2])
    return None


def _inodes(port: int) -> list[str]:
    """Inodes of the sockets that listen on that port, at any address."""
    found = []
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                    found.append(fields[9])
    return found
