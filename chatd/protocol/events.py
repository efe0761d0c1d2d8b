"""What the server tells a client.

One struct an event, tagged with its JSON `type`. `Greeting` and `Sent` have no JSON form of their own: the
first is for people at a terminal only, the second is an `ack` there.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec


class Cause(StrEnum):
    """Why a connection was lost."""

    CLOSED = "closed"
    RESET = "reset"
    TIMED_OUT = "timed out"
    TOO_SLOW = "too slow"
    ERROR = "error"


#: The reasons of `bye`. Text shows `* bye` for the first, and the others as they are.
QUIT = "quit"
GOING_DOWN = "the server is going down"
TAKEN_OVER = "your name was taken over by a new connection"


#: Counts, ids and times: numbers that any reader can calculate with, so none of four thousand digits.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Event(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The base of all."""


class Greeting(Event, frozen=True):
    """To someone at a terminal who waits to be asked."""

    server: str


class LineLimits(msgspec.Struct, frozen=True):
    """What a client can check before it sends: bytes of a line, characters of a name."""

    line: Number
    name: Number


class Welcome(Event, frozen=True, tag="welcome"):
    """The name is yours. `users` counts who is here, you included. `resumed`: you are the person of the
    token; what you missed comes next, then each of your rooms (`room`, `users`), then a `mark`."""

    nick: str
    token: str
    server: str
    users: Number
    limits: LineLimits
    resumed: bool = False


class Said(Event, frozen=True, tag="said"):
    """A message in a room, of one line or several; its `kind` is None for what is said. `at` is milliseconds
    since the epoch. One of your own has its `key`, where it comes again."""

    room: str
    id: Number
    sender: str = msgspec.field(name="from")
    text: str
    at: Number
    kind: str | None = None
    key: str | None = None


class DirectMessage(Event, frozen=True, tag="dm"):
    """A message to you alone. One of your own has its `key`, where it comes again."""

    id: Number
    sender: str = msgspec.field(name="from")
    to: str
    text: str
    at: Number
    key: str | None = None


class Joined(Event, frozen=True, tag="joined"):
    """Who came to the server, in order; or to a `room`, where that is given."""

    names: list[str]
    count: Number
    room: str | None = None


class Left(Event, frozen=True, tag="left"):
    """Who left the server with /quit, for one reason; or a `room`, where that is given. The one who left the
    room gets it as the answer, with the `ref`."""

    names: list[str]
    count: Number
    reason: str | None = None
    room: str | None = None
    ref: str | None = None


class Lost(Event, frozen=True, tag="lost"):
    """Whose connection was lost, for one `cause`: a word of Cause, or of a newer server's."""

    names: list[str]
    count: Number
    cause: str


class Back(Event, frozen=True, tag="back"):
    """Who is here again so many seconds after the connection was lost. Everyone is told once; in a `room`
    other than the lobby, lists of its people are told, too, by the same with the room's name."""

    names: list[str]
    count: Number
    after_s: Number
    room: str | None = None


class UserList(Event, frozen=True, tag="users"):
    """Who is here, or in a `room` other than the lobby, in order of arrival."""

    names: list[str]
    count: Number
    ref: str | None = None
    room: str | None = None


class RoomInfo(Event, frozen=True, tag="room"):
    """A room that you are in: how many people are there, and its topic, which is empty where it has none."""

    room: str
    users: Number
    topic: str
    ref: str | None = None


class RoomEntrance(msgspec.Struct, frozen=True):
    """A room in the list of rooms."""

    room: str
    users: Number
    topic: str


class RoomList(Event, frozen=True, tag="rooms"):
    """The rooms, those with most people first. `count` is how many there are, which may be more."""

    rooms: list[RoomEntrance]
    count: Number
    ref: str | None = None


class TopicSet(Event, frozen=True, tag="topic"):
    """Somebody set the topic of a room, or took it away, where `text` is empty."""

    room: str
    id: Number
    sender: str = msgspec.field(name="from")
    text: str
    at: Number


class CommandHelp(msgspec.Struct, frozen=True):
    """One command: how it is written and what it does."""

    syntax: str
    help: str


class HistoryPage(Event, frozen=True, kw_only=True, tag="page"):
    """What was said in a `room`, or between you and somebody (`with`), in order. `more`: there was more
    before the first message, or behind the last one where it was asked what came `after` an id."""

    room: str | None = None
    whom: str | None = msgspec.field(name="with", default=None)
    messages: Sequence[Said | DirectMessage | TopicSet]
    more: bool
    ref: str | None = None


class HelpList(Event, frozen=True, tag="help"):
    """Every command."""

    commands: list[CommandHelp]
    ref: str | None = None


class Ack(Event, frozen=True, tag="ack"):
    """The message has its place in the order and is queued for all who are here."""

    ref: str
    id: Number


class Sent(Event, frozen=True):
    """To the writer of a direct message: text shows it, JSON acknowledges it where it gave a `ref`."""

    to: str
    text: str
    id: Number
    ref: str | None


class Error(Event, frozen=True, tag="error"):
    """What went wrong, and what to do. `code` is a word of errors.Code, or of a newer server's."""

    code: str
    text: str
    ref: str | None = None


class Skipped(Event, frozen=True, tag="skipped"):
    """So many messages of the room were not sent to you: you read too slowly, or were away for too long.
    They lie between these ids (neither is theirs). An empty `room` stands for direct messages; of a long gap
    the count is the least that it can be."""

    room: str
    count: Number
    after: Number | None = None
    before: Number | None = None


class Mark(Event, frozen=True, tag="mark"):
    """Everything of yours up to this id was sent to you: that is what you have `seen`. Who is in the lobby
    only gets none while nothing is missing: there it is the last message's id."""

    id: Number


class Waiting(Event, frozen=True, tag="waiting"):
    """So many of your lines are not handled yet: they came faster than they may, or others cannot keep up.
    It also finds out whether anyone is still there."""

    lines: Number


class Pong(Event, frozen=True, tag="pong"):
    """The answer to `ping`."""

    ref: str | None = None


class Bye(Event, frozen=True, tag="bye"):
    """The last event; the connection closes."""

    reason: str


#: Everything that has a JSON form.
WIRE_EVENTS = (
    Welcome
    | Said
    | DirectMessage
    | Joined
    | Left
    | Lost
    | Back
    | UserList
    | RoomInfo
    | RoomList
    | TopicSet
    | HistoryPage
    | HelpList
    | Ack
    | Error
    | Skipped
    | Mark
    | Waiting
    | Pong
    | Bye
)
