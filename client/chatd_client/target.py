"""What someone writes behind `chat`: `[NAME@]HOST[:PORT]`, pure and checked before anything is opened.

A name that was given and cannot be one is a mistake, and is said at once. One that stems from the login, or
is reserved, is left to who uses the target: line mode refuses it (`strict`), `send` and `tail` make another
of it (`candidates`), the screen asks.
"""

import getpass
import re
from typing import Final, NamedTuple

from chatd.protocol.errors import ChatError, Code, ConfigError
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import LETTERS, RESERVED, check_name, fold
from chatd.protocol.sanitize import clean

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 5050
#: Names that are tried in turn. The server's burst of 20 lines answers them at once.
TRIES: Final = 16

#: `[::1]:5050`, `host:5050`, `[::1]`, `host`, `:5050` or nothing. What stands in brackets is an IPv6 address.
_ADDRESS: Final = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:@\s]*))(?::([^:]*))?")


class Target(NamedTuple):
    """Whom to connect to, under which name: "" where there is none to be had."""

    name: str
    host: str
    port: int


def parse_target(text: str, name: str | None = None, server: str | None = None) -> Target:
    """`name` and `server` stand in for what `text` leaves out, then the login name and this machine.

    Raises ConfigError with the sentence that says what to write instead.
    """
    given, at, address = text.rpartition("@")
    host, port = parse_address(address or server or "")
    return Target(_given(given) if at else name or _login(), host, port)


def parse_address(text: str) -> tuple[str, int]:
    """`HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT` with the defaults filled in; raises ConfigError."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ConfigError(
            f"the address {clean(text)} is not understood; please write HOST, HOST:PORT or [IPV6]:PORT"
        )
    bracketed, host, port = match.groups()
    return bracketed or host or DEFAULT_HOST, _port(port)


def strict(target: Target) -> Target:
    """The target with a name that a server can take; raises ConfigError. A login can break it: `root`."""
    if not target.name:
        raise ConfigError(f"you have no login name; please give a name, as in NAME@{DEFAULT_HOST}")
    try:
        check_name(target.name)
    except ChatError as error:
        raise _bad(error) from None
    return target


def candidates(name: str) -> list[str]:
    """Names like `name` to try in turn: alice, alice2, alice3 …; always ones that a server can take."""
    base = re.sub(f"[^{LETTERS}]", "", name).lstrip("0123456789-{") or "guest"
    names = [base, *(f"{base[: DEFAULT.name - len(str(n))]}{n}" for n in range(2, TRIES + 1))]
    return [name[: DEFAULT.name] for name in names if fold(name) not in RESERVED]


def check_letters(name: str) -> str:
    """Return `name` unless no server could take it; raises ChatError. A reserved one may still be varied."""
    try:
        return check_name(name)
    except ChatError as error:
        if error.code == Code.RESERVED_NICK:
            return name
        raise


def _given(name: str) -> str:
    try:
        return check_letters(name)
    except ChatError as error:
        raise _bad(error) from None


def _bad(error: ChatError) -> ConfigError:
    return ConfigError(f"{error.text}, as in NAME@{DEFAULT_HOST}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a user id without an entry: which of them depends on Python
        return ""


def _port(port: str | None) -> int:
    if port is None:
        return DEFAULT_PORT
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ConfigError(f"the port {clean(port)} is not a number from 1 to 65535")
    return int(port)
