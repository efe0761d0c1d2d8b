"""The answers as people read them; and as they are, where programs do."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from chatd.commands.contract import FAILED, WRONG, CommandFailed, say
from chatd.protocol.admin_events import RoomRow, SessionRow, UserRow
from chatd.protocol.admin_lines import encode
from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, Error, Event
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.times import utc

#: Errors that say that it was asked for wrongly.
_WRONG: Final = frozenset(
    (
        *(Code.USAGE, Code.BAD_JSON, Code.BAD_NICK, Code.BAD_ROOM, Code.BAD_TIME, Code.BAD_ADDRESS),
        *(Code.BAD_UTF8, Code.RESERVED_NICK, Code.EMPTY, Code.TOO_LONG),
    )
)

#: What has the same name in the chat.
_IN_CHAT: Final = re.compile(r"(?<=; )/(users|rooms|bans)\b")

#: A column: its head, its least width, and what stands there.
_Column = tuple[str, int, Callable[[Any], str]]


def _when(at: int | None) -> str:
    return utc(at) if at else "-"


def _switches(row: RoomRow) -> str:
    words = [name for name in ("private", "key", "moderated") if getattr(row, name)]
    words += [f"slow {row.slow} s"] * bool(row.slow) + [f"keep {row.keep}"] * bool(row.keep)
    return ", ".join(words) or "-"


_USERS: Final[tuple[_Column, ...]] = (
    ("NAME", 20, lambda row: row.name),
    ("IS", 7, lambda row: row.role or ("account" if row.account else "guest")),
    ("SINCE (UTC)", 16, lambda row: _when(row.since)),
    ("LAST HERE (UTC)", 16, lambda row: "here" if row.here else _when(row.left)),
    ("DEVICES", 7, lambda row: str(row.devices)),
    ("FROM", 15, lambda row: ", ".join(row.addresses) or "-"),
    ("ROOMS", 0, lambda row: ", ".join(row.rooms) or "-"),
)
_ROOMS: Final[tuple[_Column, ...]] = (
    ("NAME", 20, lambda row: row.name),
    ("PEOPLE", 6, lambda row: str(row.people)),
    ("OWNER", 16, lambda row: row.owner or "-"),
    ("IS", 20, _switches),
    ("TOPIC", 0, lambda row: row.topic or "-"),
)
_SESSIONS: Final[tuple[_Column, ...]] = (
    ("NAME", 20, lambda row: row.name),
    ("IS", 7, lambda row: "account" if row.account else "guest"),
    ("FROM", 15, lambda row: row.address),
    ("PORT", 5, lambda row: str(row.port)),
    ("SINCE (UTC)", 16, lambda row: _when(row.since)),
    ("BY", 4, lambda row: row.transport),
    ("SPEAKS", 6, lambda row: row.speaks),
    ("WAITING", 0, lambda row: f"{row.waiting} bytes"),
)
#: What is shown as a table, by its type.
_TABLES: Final[dict[type[Event], tuple[_Column, ...]]] = {
    UserRow: _USERS,
    RoomRow: _ROOMS,
    SessionRow: _SESSIONS,
}
#: What reads as in the chat.
_AS_TEXT: Final = (Acted, BanList, AuditPage)


def show(answer: Iterable[Event], json: bool, row: type[Event] | None = None) -> None:
    """All of it, as it comes; `row` is what a list is made of. Raises CommandFailed for an error in it."""
    heads = [] if row is None else [_line(_TABLES[row], lambda column: column[0])]
    texts = 0
    for event in answer:
        if json:
            say(encode(event).decode().rstrip("\n"))
        check(event)
        if not json and (text := _text(event)):
            say("\n".join([*heads, text]))
            heads = []
            texts += 1
    if not (json or texts):
        say("".join(heads) or "done")


def check(event: Event) -> None:
    """Raises CommandFailed for an error."""
    if isinstance(event, Error):
        text = _IN_CHAT.sub(r"chatd admin \1", event.text)
        raise CommandFailed(text, WRONG if event.code in _WRONG else FAILED)


def _text(event: Event) -> str:
    columns = _TABLES.get(type(event))
    if columns is not None:
        return _line(columns, lambda column: column[2](event))
    if isinstance(event, _AS_TEXT):
        return TEXT.encode(event).decode().rstrip("\n")
    assert isinstance(event, Ack), event
    return ""


def _line(columns: tuple[_Column, ...], cell: Callable[[_Column], str]) -> str:
    return "  ".join(f"{cell(column):<{column[1]}}" for column in columns).rstrip()


def user_in_words(row: UserRow) -> str:
    """For who is to be sure that it is the right one."""
    if not row.account:
        return f"{row.name}, a guest since {_when(row.since)} UTC"
    devices = f"{row.devices} device{'s' * (row.devices != 1)}"
    last = "is here" if row.here else f"was here last at {_when(row.left)} UTC"
    return f"{row.name}, registered at {_when(row.since)} UTC, with {devices}, {last}"
