"""What the server tells a client.

One struct an event, tagged with its JSON `type`. `Greeting` and `Sent` have no JSON form of their own: the
first is for people at a terminal only, the second is an `ack` there.
"""

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

    line: Number  #: bytes of a line to the server, its newline not counted
    name: Number  #: characters of a name


class Welcome(Event, frozen=True, tag="welcome"):
    """The name is yours. Where you `resumed` and said what you have `seen`, what you missed comes next, then
    each of your rooms (`room`, `users`), then a `mark`."""

    nick: str  #: your name, as it is written
    token: str  #: the secret with which you come back
    server: str  #: name and version of the server
    users: Number  #: how many people are here, you included
    limits: LineLimits  #: what you can check before you send
    resumed: bool = False  #: you are who you were, and in your rooms
    account: bool = False  #: the name is registered, and yours


class Said(Event, frozen=True, tag="said"):
    """A message in a room. Your own come to you where they are told again, or where another device of yours
    said them."""

    room: str  #: where
    id: Number  #: its place among all that is said
    sender: str = msgspec.field(name="from")  #: who said it
    text: str  #: one line or several, with `\n` between them
    at: Number  #: milliseconds since the epoch
    #: `action`: what somebody does, in the third person; `deleted`: the `text` says by whom the message was
    #: deleted, and is all that is left of it; or the word of a newer server
    kind: str | None = None
    key: str | None = None  #: of your own message, where it comes again


class DirectMessage(Event, frozen=True, tag="dm"):
    """A message to you alone. Your own come to you where they are told again, or where another device of
    yours wrote them."""

    id: Number  #: its place among all that is said
    sender: str = msgspec.field(name="from")  #: who wrote it
    to: str  #: whom to
    text: str  #: one line or several, with `\n` between them
    at: Number  #: milliseconds since the epoch
    key: str | None = None  #: of your own message, where it comes again


class Joined(Event, frozen=True, tag="joined"):
    """Who came to the server, in order; or to a `room`, where that is given."""

    names: list[str]  #: who, in order
    count: Number  #: how many
    room: str | None = None  #: to this room; without it: to the server


class Left(Event, frozen=True, tag="left"):
    """Who left the server with /quit, for one reason; or a `room`, where that is given. The one who left the
    room gets it as the answer, with the `ref`; who was put out of a room gets it, too."""

    names: list[str]  #: who, in order
    count: Number  #: how many
    #: what they gave with `quit`, or what was done to them: `kicked` or `banned`, on the server also `killed`
    reason: str | None = None
    room: str | None = None  #: this room; without it: the server
    ref: str | None = None  #: of your own `leave`


class Lost(Event, frozen=True, tag="lost"):
    """Whose connection was lost, for one cause."""

    names: list[str]  #: who, in order
    count: Number  #: how many
    cause: str  #: a word of the list of causes, or of a newer server's


class Back(Event, frozen=True, tag="back"):
    """Who is here again so many seconds after the connection was lost. Everyone is told once; in a `room`
    other than the lobby, lists of its people are told, too, by the same with the room's name."""

    names: list[str]  #: who
    count: Number  #: how many
    after_s: Number  #: seconds since the connection was lost
    room: str | None = None  #: in this room; without it: on the server


class UserList(Event, frozen=True, tag="users"):
    """Who is here, or in a `room` other than the lobby, in order of arrival."""

    names: list[str]  #: who is here, in order of arrival
    count: Number  #: how many
    ref: str | None = None  #: of the request
    room: str | None = None  #: in this room; without it: in the lobby
    away: list[str] | None = None  #: who of them is away
    #: who of them has a role there, by name: `voice`, `operator`, `owner` or `admin`
    roles: dict[str, str] | None = None


class RoomInfo(Event, frozen=True, tag="room"):
    """A room that you are in."""

    room: str  #: its name
    users: Number  #: how many people are in it
    topic: str  #: empty where there is none
    ref: str | None = None  #: of the request
    role: str | None = None  #: yours there: `voice`, `operator`, `owner` or `admin`
    private: bool = False  #: only who is invited comes in
    key: bool = False  #: only who gives its key comes in
    moderated: bool = False  #: only who has a role speaks
    slow: Number = 0  #: each one speaks once in so many seconds
    lockdown: bool = False  #: of the lobby: guests do not speak on the server, and nobody registers


class RoomEntrance(msgspec.Struct, frozen=True):
    """A room in the list of rooms."""

    room: str  #: its name
    users: Number  #: how many people are in it
    topic: str  #: empty where there is none


class RoomList(Event, frozen=True, tag="rooms"):
    """The rooms: the largest ones, where there are many."""

    rooms: list[RoomEntrance]  #: at most 500, those with most people first
    count: Number  #: how many there are
    ref: str | None = None  #: of the request


class TopicSet(Event, frozen=True, tag="topic"):
    """Somebody set the topic of a room, or took it away, where `text` is empty."""

    room: str  #: where
    id: Number  #: its place among all that is said
    sender: str = msgspec.field(name="from")  #: who set it
    text: str  #: the topic; empty: there is none any more
    at: Number  #: milliseconds since the epoch


class CommandHelp(msgspec.Struct, frozen=True):
    """One command: how it is written and what it does."""

    syntax: str  #: how it is typed
    help: str  #: what it does


class HelpList(Event, frozen=True, tag="help"):
    """Every command."""

    commands: list[CommandHelp]  #: what people can type
    ref: str | None = None  #: of the request


class Ack(Event, frozen=True, tag="ack"):
    """The message was said, under this id, and cannot be lost any more."""

    ref: str  #: of the message
    id: Number  #: the one that it got


class Sent(Event, frozen=True):
    """To the writer of a direct message: text shows it, JSON acknowledges it where it gave a `ref`."""

    to: str
    text: str
    id: Number
    ref: str | None


class Error(Event, frozen=True, tag="error"):
    """What went wrong, and what to do."""

    code: str  #: a word of the list of codes, or of a newer server's
    text: str  #: for people: what happened, and what to do
    ref: str | None = None  #: of the request


class Skipped(Event, frozen=True, tag="skipped"):
    """So many messages of the room were not sent to you: you read too slowly, or were away for too long.
    They lie between these ids (neither is theirs). An empty `room` stands for direct messages; of a long gap
    the count is the least that it can be."""

    room: str  #: where; empty for direct messages
    count: Number  #: how many, at least
    after: Number | None = None  #: they have ids above this one
    before: Number | None = None  #: and below this one


class Mark(Event, frozen=True, tag="mark"):
    """Everything of yours up to this id was sent to you: that is what you have `seen`. Who is in the lobby
    only gets none while nothing is missing: there it is the id of the last `said`."""

    id: Number  #: what you have `seen`


class Waiting(Event, frozen=True, tag="waiting"):
    """So many of your lines are not handled yet: they came faster than they may, or others cannot keep up.
    It also finds out whether anyone is still there."""

    lines: Number  #: how many


class Pong(Event, frozen=True, tag="pong"):
    """The answer to `ping`."""

    ref: str | None = None  #: of the request


class Bye(Event, frozen=True, tag="bye"):
    """The last event; the connection closes."""

    reason: str  #: `quit`, or a sentence for people
