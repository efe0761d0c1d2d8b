"""What someone writes behind `chat`: `[NAME@]HOST[:PORT]`, pure and checked before anything is opened."""

import getpass
import re
from typing import Final, NamedTuple

from chatd.errors import ChatError, ConfigError
from chatd.names import check_name
from chatd.texts import clean

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 5050

#: `[::1]:5050`, `host:5050`, `[::1]`, `host`, `:5050` or nothing. What stands in brackets is an IPv6 address.
_ADDRESS: Final = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:]*))(?::([^:]*))?")


class Target(NamedTuple):
    """Whom to connect to, under which name."""

    name: str
    host: str
    port: int


def parse_target(text: str) -> Target:
    """Raise ConfigError with the sentence that says what to write instead."""
    name, at, address = text.rpartition("@")
    match = _ADDRESS.fullmatch(address)
    if match is None:
        raise ConfigError(
            f"the address {clean(address)} is not understood; please write HOST, HOST:PORT or [IPV6]:PORT"
        )
    bracketed, host, port = match.groups()
    return Target(_name(name if at else _login()), bracketed or host or DEFAULT_HOST, _port(port))


def _name(name: str) -> str:
    """The shared law, before a server has to say it. Also a login name can break it: `root` does."""
    try:
        return check_name(name)
    except ChatError as error:
        raise ConfigError(f"{error.text}, as in NAME@{DEFAULT_HOST}") from None


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user id without an entry: which of them depends on Python
        raise ConfigError(f"you have no login name; please give a name, as in NAME@{DEFAULT_HOST}") from None


def _port(port: str | None) -> int:
    if port is None:
        return DEFAULT_PORT
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ConfigError(f"the port {clean(port)} is not a number from 1 to 65535")
    return int(port)
