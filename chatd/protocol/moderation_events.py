"""What the server tells a client about those who keep it civil, and what they did.

See events.py for what an event is.
"""

from typing import Literal

import msgspec

from chatd.protocol.events import Event, Number

#: What can be done; the words of the requests, and `registered` for who made a room with an account.
ActName = Literal[
    "op",
    "deop",
    "voice",
    "devoice",
    "own",
    "kick",
    "ban",
    "unban",
    "mute",
    "unmute",
    "private",
    "invite",
    "key",
    "slow",
    "moderated",
    "keep",
    "delete",
    "announce",
    "kill",
    "lockdown",
    "grant",
    "erase",
]


class Acted(Event, frozen=True, kw_only=True, tag="acted"):
    """Somebody moderates: what was done, by whom, to whom and why. It is in the room's history, as messages
    are; what is done in the lobby is done on the whole server."""

    act: ActName  #: the `type` of the request; `own`: made the room; `erase`: deleted an account
    room: str  #: where
    id: Number  #: its place among what was said
    at: Number  #: when, in milliseconds since the epoch
    by: str  #: who did it
    whom: str | None = None  #: to whom: a name, or a range of addresses
    seconds: Number | None = None  #: for how long; without it for good
    value: str | None = None  #: `on` or `off`, what `slow` and `keep` are set to, the role, the announcement
    reason: str | None = None  #: why
    message: Number | None = None  #: the id of the message that was deleted
    ref: str | None = None  #: of the request


class BanInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who is kept out, or does not speak. Times are milliseconds since the epoch."""

    act: Literal["ban", "mute"]  #: which of them
    whom: str  #: a name, or a range of addresses
    by: str  #: who did it
    at: Number  #: when
    until: Number | None = None  #: when it ends; without it never
    reason: str | None = None  #: why


class BanList(Event, frozen=True, tag="bans"):
    """Who is kept out of a room, and who does not speak there; of the lobby: on the whole server."""

    room: str  #: which
    bans: list[BanInfo]  #: in the order in which they were made
    ref: str | None = None  #: of the request


class AuditPage(Event, frozen=True, tag="audit"):
    """What was done, in order. `more`: there was more before."""

    room: str  #: where; of the lobby: everywhere
    acts: list[Acted]  #: the acts
    more: bool = False  #: whether there are older ones
    ref: str | None = None  #: of the request
