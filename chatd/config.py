"""What can be set from outside, checked as far as that is possible without asking the machine."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT

DEFAULT_LISTEN = "tcp://127.0.0.1:5050"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen: `scheme` picks the row of the listeners' table; port 0 takes a free one."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def parse_address(uri: str) -> Address:
    """`tcp://HOST:PORT` as an Address, or ConfigError."""
    wanted = ConfigError(
        f"cannot listen on {uri!r}: please write it as tcp://HOST:PORT, like {DEFAULT_LISTEN}"
    )
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wanted from None
    extra = parts.path or parts.query or parts.fragment or parts.username or parts.password
    if not parts.scheme or not host or port is None or extra:
        raise wanted
    return Address(parts.scheme, host, port)


@dataclass(frozen=True, slots=True)
class Config:
    """`line_rate` is lines a second from one client, 0 for no bound; `max_clients` None for what the file
    limit allows."""

    listen: tuple[Address, ...] = (parse_address(DEFAULT_LISTEN),)
    line_rate: float = DEFAULT.line_rate
    max_clients: int | None = None
