"""Commands, names, codes, settings and targets: lists that the code holds as words."""

import re
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec

from chatd.behaviour.dispatch import TABLE
from chatd.protocol.errors import Code
from chatd.protocol.events import Cause
from chatd.protocol.moderation_events import ActName
from chatd.protocol.names import RESERVED
from chatd.protocol.requests import Request, Say
from chatd.protocol.roles import Role
from chatd.protocol.vocabulary import COMMANDS
from chatd_client.screen.commands import LOCAL
from chatd_client.screen.key_table import KEYS
from chatd_client.settings import Settings
from tools.docs.marks import table

MAKEFILE: Final = Path(__file__).parent.parent.parent / "Makefile"


def commands() -> str:
    """What everyone can type at the server."""
    told = [each for each in COMMANDS if not _needed(each)]
    return table(("you type", "what it does"), [(f"`{each.syntax}`", each.help) for each in told])


def moderation() -> str:
    """What only those can type who have a role."""
    told = [each for each in COMMANDS if _needed(each)]
    rows = [(f"`{each.syntax}`", _needed(each), each.help) for each in told]
    return table(("you type", "who may", "what it does"), rows)


def _needed(request: type[Request]) -> str:
    """Who may ask for it, as the dispatcher has it; nothing for everyone. (`/say` and `/me` are a Say.)"""
    command = TABLE.get(request, TABLE[Say])
    if command.role is Role.OPERATOR and command.in_lobby:
        return "operators; in the lobby admins"
    return _WHO[command.role]


_WHO: Final = {
    Role.EVERYONE: "",
    Role.OPERATOR: "operators",
    Role.ROOM_OWNER: "the room's owner",
    Role.ADMIN: "admins",
    Role.OWNER: "the server's owner",
}


def screen_commands() -> str:
    """What the client's screen answers itself."""
    return table(("you type", "what it does"), [(f"`{each.syntax}`", each.help) for each in LOCAL])


def screen_keys() -> str:
    """The keys of the client's screen."""
    return table(("key", "what it does"), [(key.keys, key.what) for key in KEYS])


def reserved() -> str:
    """The names that nobody gets."""
    return _listed(sorted(RESERVED))


def codes() -> str:
    """The `code` of an `error`."""
    return _listed([code.value for code in Code])


def causes() -> str:
    """The `cause` of a `lost`."""
    return _listed([cause.value for cause in Cause])


def acts() -> str:
    """The `act` of an `acted`."""
    return _listed(list(get_args(ActName)))


def _listed(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) + "\n"


def settings() -> str:
    """The client's settings file."""
    rows = [
        (f"`{field.name}`", _kind(field.type), _default(field.default))
        for field in msgspec.structs.fields(Settings)
    ]
    return table(("setting", "value", "default"), rows)


def _kind(kind: Any) -> str:
    words = get_args(kind)
    if words and all(isinstance(word, str) for word in words):
        return ", ".join(f"`{_toml(word)}`" for word in words)
    if kind is bool:
        return "`true`, `false`"
    if get_origin(kind) is tuple:
        return "list of texts"
    plain = [each for each in words if each is not type(None)] if get_origin(kind) else [kind]
    assert plain == [str], f"what a reader has to write for {kind} is not known here"
    return "text"


def _default(value: object) -> str:
    return "none" if value in (None, ()) else f"`{_toml(value)}`"


def _toml(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"'


def targets(makefile: str | None = None) -> list[tuple[str, str]]:
    """(target, what it does) of every target that says so behind `##`."""
    text = MAKEFILE.read_text() if makefile is None else makefile
    return re.findall(r"^([a-z-]+):.*?## (.+)$", text, re.MULTILINE)


def make_targets() -> str:
    """What `make help` lists, as a table."""
    return table(("command", "what it does"), [(f"`make {name}`", what) for name, what in targets()])
