"""The target `[chats://][NAME@]HOST[:PORT]`: parsed and checked before anything is opened.

A name that was given and is invalid is an error here. A login name that is invalid, or a name that is
reserved, is left to the caller: line mode refuses it (`with_valid_name`), `send` and `tail` vary it
(`candidates`), the full screen asks for another.
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
#: Names that are tried in turn: within the burst of 20 lines that the server's rate limit allows.
TRIES: Final = 16

#: `[::1]:5050`, `host:5050`, `[::1]`, `host`, `:5050` or nothing. In brackets stands an IPv6 address.
_ADDRESS: Final = re.compile(r"(?:\[([^\[\]]+)\]|([^\[\]:@\s]*))(?::([^:]*))?")


#: How it is spoken to, where that is said: in plain text, or by TLS.
PLAIN: Final = "chat"
TLS: Final = "chats"
_SCHEME: Final = re.compile(r"([^:/@\s]*)://(.*?)/?", re.DOTALL)


class Target(NamedTuple):
    """Where to connect, and under which name; "" if none was given and there is no login name. `scheme` is
    PLAIN, TLS or "".
    """

    name: str
    host: str
    port: int
    scheme: str = ""


def parse_target(text: str, name: str | None = None, server: str | None = None) -> Target:
    """What `text` leaves out is taken from `name` and `server`, else the login name and this machine.

    Raises ConfigError with a sentence that says what to write instead.
    """
    scheme, text = _split_scheme(text)
    given, at, address = text.rpartition("@")
    if scheme and "://" in address:
        raise _not_understood(address)
    host, port, usual = parse_address(address or server or "")
    return Target(_checked(given) if at else name or _login(), host, port, scheme or usual)


def _split_scheme(text: str) -> tuple[str, str]:
    """What stands before the `://`, if anything does, and behind it. Raises ConfigError."""
    match = _SCHEME.fullmatch(text)
    if match is None:
        return "", text
    scheme, rest = match[1].lower(), match[2]
    if scheme not in (PLAIN, TLS):
        raise ConfigError(
            f"{clean(match[1])}:// is not understood; please write {TLS}://HOST for TLS, {PLAIN}://HOST for "
            "plain text, or HOST"
        )
    return scheme, rest


def parse_address(text: str) -> tuple[str, int, str]:
    """`HOST`, `HOST:PORT`, `[IPV6]` or `[IPV6]:PORT` with the defaults filled in, and its scheme; raises
    ConfigError.
    """
    scheme, text = _split_scheme(text)
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise _not_understood(text)
    bracketed, host, port = match.groups()
    return bracketed or host or DEFAULT_HOST, _port(port), scheme


def _not_understood(text: str) -> ConfigError:
    return ConfigError(
        f"the address {clean(text)} is not understood; please write HOST, HOST:PORT or [IPV6]:PORT"
    )


def with_valid_name(target: Target) -> Target:
    """Return `target` if a server can accept its name; raises ConfigError (the login name may be `root`)."""
    if not target.name:
        raise ConfigError(f"you have no login name; please give a name, as in NAME@{DEFAULT_HOST}")
    try:
        check_name(target.name)
    except ChatError as error:
        raise _with_example(error) from None
    return target


def candidates(name: str) -> list[str]:
    """Names like `name` to try in turn (alice, alice2, alice3 …), all of them valid and not reserved."""
    base = re.sub(f"[^{LETTERS}]", "", name).lstrip("0123456789-{") or "guest"
    names = [base, *(f"{base[: DEFAULT.name - len(str(n))]}{n}" for n in range(2, TRIES + 1))]
    return [name[: DEFAULT.name] for name in names if fold(name) not in RESERVED]


def check_letters(name: str) -> str:
    """Return `name` if it is valid; raises ChatError. A reserved one passes, since it can be varied."""
    try:
        return check_name(name)
    except ChatError as error:
        if error.code == Code.RESERVED_NICK:
            return name
        raise


def _checked(name: str) -> str:
    try:
        return check_letters(name)
    except ChatError as error:
        raise _with_example(error) from None


def _with_example(error: ChatError) -> ConfigError:
    return ConfigError(f"{error.text}, as in NAME@{DEFAULT_HOST}")


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no such user id; the type depends on Python's version
        return ""


def _port(port: str | None) -> int:
    if port is None:
        return DEFAULT_PORT
    if not port:
        raise ConfigError(f"there is no port behind the colon; please write HOST or HOST:{DEFAULT_PORT}")
    if not re.fullmatch("[0-9]{1,5}", port) or not 1 <= int(port) <= 65535:
        raise ConfigError(f"the port {clean(port)} is not a number from 1 to 65535")
    return int(port)
