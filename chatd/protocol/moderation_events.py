"""What the server tells a client about those who keep it civil, and what they did.

See events.py for what an event is.
"""

from typing import Literal

import msgspec

from chatd.protocol.events import Event, Number

#: What can be done: the words of the requests; `own`, who made a room and has an account; and `erase`, which
#: only `chatd admin` does. An event may have the word of a newer server.
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
    """An act of moderation: what was done, by whom, to whom and why. It stands in the room's history, as
    messages do; of the lobby are also the acts that concern the whole server."""

    act: str  #: a word of the list of acts, or of a newer server's
    room: str  #: where
    id: Number  #: its place among all that is said
    at: Number  #: milliseconds since the epoch
    by: str  #: who did it
    whom: str | None = None  #: to whom: a name, or a range of addresses
    seconds: Number | None = None  #: of `ban` and `mute`: for how long; without it for good
    #: what something was set to: `on` or `off`, of `slow` and `keep` a word like `10s`, of `grant` the role
    #: (without it none); or what was announced
    value: str | None = None
    reason: str | None = None  #: why
    message: Number | None = None  #: of `delete`: the id of the message


class BanInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody who is kept out, or does not speak. Times are milliseconds since the epoch."""

    act: str  #: which of them: `ban`, `mute`, or the word of a newer server
    whom: str  #: a name, or a range of addresses
    by: str  #: who did it
    at: Number  #: when
    until: Number | None = None  #: when it ends; without it: never
    reason: str | None = None  #: why


class BanList(Event, frozen=True, tag="bans"):
    """Who is kept out of a room, or of the server where it is the lobby; and who does not speak there."""

    room: str  #: which
    bans: list[BanInfo]  #: in the order in which they were made, the newest of them
    ref: str | None = None  #: of the request
    more: bool = False  #: whether there are older ones, which only `chatd admin bans` lists


class AuditPage(Event, frozen=True, tag="audit"):
    """What was done by those who moderate a room; where it is the lobby, in all rooms."""

    room: str  #: which
    acts: list[Acted]  #: the newest of them, or those before an id, in order
    more: bool = False  #: whether there are older ones
    ref: str | None = None  #: of the request
