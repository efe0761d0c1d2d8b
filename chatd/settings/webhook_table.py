"""`[[webhooks]]` of the configuration file: where events are sent."""

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from chatd.behaviour.watching import WATCHED
from chatd.config import ALL_ROOMS, Webhook
from chatd.net.addresses import is_public
from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import check_room
from chatd.settings.options import suggestion

#: What the tables are called.
WEBHOOKS: Final = "webhooks"
#: Before the secret, so that one sees what it is: https://www.standardwebhooks.com.
_PREFIX: Final = "whsec_"
#: Bytes of a key: what Standard Webhooks asks for.
_KEY_SIZES: Final = range(24, 65)
_MAKE_ONE: Final = "please make one with: echo whsec_$(head -c 32 /dev/urandom | base64)"
#: What is asked for where nothing is.
_USUAL: Final = ("said", "topic", "acted")
#: A part of a name of DNS, which has at most so many characters (RFC 1035; an underscore is usual). What is
#: not ASCII has a form that is: `xn--…`.
_LABEL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,62}")
_LONGEST_HOST: Final = 253


def says_secret(tables: Any) -> bool:
    """Whether there is a secret in any of them, well written or not."""
    return isinstance(tables, list) and any(isinstance(one, dict) and "secret" in one for one in tables)


def read_webhooks(tables: Any, folder: Path) -> tuple[Webhook, ...]:
    """A `secret-file` lies in this folder, where no other is named. Raises ConfigError."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{WEBHOOKS} is no list of tables; please write [[{WEBHOOKS}]] above each")
    if len(tables) > DEFAULT.webhooks:
        raise ConfigError(f"there are more than {DEFAULT.webhooks} [[{WEBHOOKS}]]; please write fewer")
    found = []
    for number, table in enumerate(tables, 1):
        try:
            found.append(_webhook(table, folder))
        except ConfigError as error:
            raise ConfigError(f"[[{WEBHOOKS}]] number {number}: {error}") from error
    return tuple(found)


def _webhook(table: dict[str, Any], folder: Path) -> Webhook:
    for name in table:
        if name not in _KEYS:
            raise ConfigError(f"there is no setting {name!r}; {suggestion(name, list(_KEYS))}")
    for name, (kind, example) in _KEYS.items():
        value = table.get(name)
        if value is not None and not kind(value):
            raise ConfigError(f"{name} is not as it has to be; please write it like {name} = {example}")
    for name in ("url", "rooms"):
        if name not in table:
            raise ConfigError(f"{name} is missing; please write it like {name} = {_KEYS[name][1]}")
    allow_private = bool(table.get("allow-private"))
    parts = _url(table["url"], allow_private)
    return Webhook(
        table["url"],
        f"{parts.scheme}://{parts.netloc}",
        frozenset(map(_room, table["rooms"])),
        frozenset(map(_event, table.get("events", _USUAL))),
        _key(table, folder),
        allow_private,
    )


def _is_words(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) for word in value)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


#: Key → what its value has to be, and how it is written.
_KEYS: Final[dict[str, tuple[Callable[[Any], bool], str]]] = {
    "url": (_is(str), '"https://example.org/chat"'),
    "rooms": (_is_words, '["lobby", "dev"]'),
    "events": (_is_words, '["said", "acted"]'),
    "secret": (_is(str), '"whsec_…"'),
    "secret-file": (_is(str), '"webhook.secret"'),
    "allow-private": (_is(bool), "true"),
}


def _url(url: str, allow_private: bool) -> SplitResult:
    """Taken apart. Raises ConfigError."""
    instead = "please write it like https://example.org/chat"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"url is none ({error}); {instead}") from error
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ConfigError(f"url is no address of the web; {instead}")
    if not re.fullmatch(r"[!-~]+", url) or not (_is_number(host) or _is_name(host)):
        raise ConfigError(f"url has what no address has; {instead}, with other letters as %… and xn--…")
    if parts.username is not None or parts.fragment:
        raise ConfigError(f"url has a name or password before its @, or a #; {instead}")
    if not allow_private and _is_number(host) and not is_public(host):
        raise ConfigError(
            "url is an address of this machine or of a private network; please write another, "
            "or allow-private = true"
        )
    return parts


def _is_name(host: str) -> bool:
    return len(host) <= _LONGEST_HOST and all(map(_LABEL.fullmatch, host.split(".")))


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _room(word: str) -> str:
    if word == ALL_ROOMS:
        return word
    try:
        return check_room(word)
    except ChatError as error:
        raise ConfigError(f"rooms has {word!r}: {error}") from error


def _event(word: str) -> str:
    if word not in WATCHED:
        raise ConfigError(f"events has {word!r}; {suggestion(word, list(WATCHED))}")
    return word


def _key(table: dict[str, Any], folder: Path) -> bytes:
    """What signs the deliveries. Its text is never shown."""
    if ("secret" in table) is ("secret-file" in table):
        raise ConfigError(f"it needs a secret or a secret-file, and not both; {_MAKE_ONE}")
    word = table["secret"] if "secret" in table else _read_secret(folder / table["secret-file"])
    try:
        key = base64.b64decode(word.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in _KEY_SIZES:
        sizes = f"{_KEY_SIZES.start} to {_KEY_SIZES.stop - 1}"
        raise ConfigError(f"its secret is not {sizes} bytes in base64; {_MAKE_ONE}")
    return key


def _read_secret(path: Path) -> str:
    """The text of a file that not everybody can read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if os.fstat(file.fileno()).st_mode & stat.S_IROTH:
                raise ConfigError(f"everybody can read {path}; please run: chmod o= {path}")
            return file.read(1024).decode(errors="replace").strip()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; please name another file") from error
