"""From `tcp://HOST:PORT` to a server that has answered, and to its process where that is on this machine.

A run against an address where no server listens, or a server of another kind, must end with one sentence
before the first of ten thousand connections. chatd is checked by logging in with the client's own class,
other servers by connecting. A name may stand for several addresses, as localhost does for ::1 and 127.0.0.1:
the first where the server answers is loaded.
"""

import socket
from collections.abc import Callable
from time import sleep
from typing import Final
from urllib.parse import urlsplit

import psutil

from chatd.protocol.errors import ChatError, ConfigError
from chatd_client import Chat, LinkError
from chatd_client.known_server import KnownServer
from chatd_client.target import PLAIN, Target
from chatd_client.target import TLS as ENCRYPTED
from chatd_client.trust import ServerTrust
from chatd_client.trust_options import TrustOptions
from chatd_client.wire import PlainText, Security
from loadtests.measure.errors import Unusable
from loadtests.servers.programs import OURS
from loadtests.servers.target import ServerUnderTest
from loadtests.servers.transports import JSON, TCP, TLS, WEBSOCKET, transport_of

#: Names to try for the client that checks the server.
_PROBES: Final = ("probe", "probe2", "probe3")
#: Seconds after which the notice of the probe's leaving has been sent: the server merges notices for 250 ms.
_TOLD: Final = 0.3
#: Seconds for a server to take a connection.
_PATIENCE: Final = 10.0
#: A socket that listens at one of these listens at every address of the machine.
_ANY: Final = ("0.0.0.0", "::")


def _any_certificate() -> Security:
    return ServerTrust(KnownServer(None), TrustOptions(insecure=True))


#: How the client that checks the server has to be told of each transport.
_SCHEMES: Final[dict[str, tuple[str, Callable[[], Security]]]] = {
    TCP: (PLAIN, PlainText),
    TLS: (ENCRYPTED, _any_certificate),
    JSON: (PLAIN, PlainText),
    WEBSOCKET: (PLAIN, PlainText),
}


def parse(host: str) -> list[tuple[str, int]]:
    """The numeric addresses that `tcp://HOST:PORT` stands for. Raises Unusable."""
    parts = urlsplit(host if "//" in host else f"//{host}")
    try:
        if parts.scheme not in ("", "tcp") or parts.hostname is None or parts.port is None:
            raise ValueError("it needs a host and a port")
        found = socket.getaddrinfo(parts.hostname, parts.port, 0, socket.SOCK_STREAM)
    except (ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Unusable(
            f"{host or 'an empty --host'} is no server's address ({reason}); please give tcp://HOST:PORT"
        ) from error
    return [(str(address[0]), parts.port) for *_, address in found]


def find(host: str, codec: str = "chatd") -> ServerUnderTest:
    """The server at that address, once it has answered. Raises Unusable."""
    failures: list[str] = []
    for address in parse(host):
        try:
            _ask(address, codec)
        except (OSError, ChatError, ConfigError, LinkError) as error:
            failures.append(str(error))
        else:
            return ServerUnderTest(codec, address, listener(address))
    reasons = "; ".join(dict.fromkeys(failures))
    raise Unusable(f"no {codec} answers at {host} ({reasons}); please start it, or correct the address")


def _ask(address: tuple[str, int], codec: str) -> None:
    """Log in and leave, as any client would."""
    if codec in OURS:
        scheme, security = _SCHEMES[transport_of(codec)]
        with Chat(Target(_PROBES[0], *address, scheme), _PROBES[1:], security=security()):
            pass
        sleep(_TOLD)
    else:
        socket.create_connection(address, _PATIENCE).close()


def listener(address: tuple[str, int]) -> int | None:
    """The pid of the process that listens there; None where that is on another machine, or another user's."""
    here = {one.address for ones in psutil.net_if_addrs().values() for one in ones}
    if address[0] not in here and not address[0].startswith("127."):
        return None
    there = [(host, address[1]) for host in (address[0], *_ANY)]
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and tuple(one.laddr) in there:
            return one.pid
    return None
