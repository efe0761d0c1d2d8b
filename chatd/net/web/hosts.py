"""By which names the server is known, and which pages may connect to it.

A page of another site can have a browser connect to wherever it likes, with a name of its own that stands for
our address (DNS rebinding), or straight away: WebSocket knows no same-origin policy. So the Host has to be a
name of this server, and the Origin, which browsers always send, has to be that Host.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

#: A name or an address of IPv4, or one of IPv6 in brackets; and a port.
_HOST: Final = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{1,5}))?")
_PORTS: Final = {"http": "80", "https": "443"}


class KnownHosts:
    """`names` are those of this machine, and what the server was told (`--web-host`). An address is always
    one of ours: nobody else's page has that for a name."""

    __slots__ = ("_names",)

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Final = frozenset(("localhost", *(name.lower().rstrip(".") for name in names)))

    def knows(self, host: str) -> bool:
        """Whether this, as a Host has it, is a name of the server, with any port: there may be a proxy."""
        found = _HOST.fullmatch(host.lower())
        if found is None:
            return False
        name = found["name"].rstrip(".")
        return name in self._names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def is_same(origin: str, host: str) -> bool:
    """Whether a page of this Origin was served by this Host. `null`, which stands for files and for whatever
    hides where it is from, is nobody's."""
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    port = _PORTS.get(parts.scheme)
    if port is None or parts.path or parts.query or parts.fragment:
        return False
    asked = _with_port(host.lower(), port)
    return asked is not None and asked == _with_port(parts.netloc, port)


def _with_port(host: str, default: str) -> str | None:
    found = _HOST.fullmatch(host)
    return f"{found['name']}:{found['port'] or default}" if found else None
