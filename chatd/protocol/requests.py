"""What a client can ask for.

Each request is one msgspec struct, tagged with its JSON `type`; those that can be typed carry their
command, syntax and help line, from which /help, the text dialect's usage errors and docs/commands.md are
made. Fields hold what the client sent; dialects have checked and cleaned them once, so that nothing further
in does.
"""

from typing import Annotated, ClassVar, Literal

import msgspec

#: The room everyone is in.
LOBBY = "lobby"
#: In place of a room: the one that the client is in, in which it says what it types.
HERE = ""


#: Of a message; any that a client gives may be wrong, and none is of four thousand digits.
Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
#: "action": what somebody does, in the third person.
Kind = Literal["action"]


class Request(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The base of all; `command` is None for what cannot be typed."""

    command: ClassVar[str | None] = None
    syntax: ClassVar[str] = ""
    help: ClassVar[str] = ""


class Referred(Request, frozen=True, kw_only=True):
    """A request whose answer carries its `ref` (at most 64 bytes)."""

    ref: str | None = None


class Hello(Request, frozen=True, tag="hello"):
    """Give a name. With the `token` of an earlier session you are the same person: the name is taken over
    from its dead connection, and some minutes after a drop you are in your rooms again. `seen` asks for what
    you missed: all above this id (see events.Mark)."""

    nick: str
    token: str | None = None
    seen: Id | None = None


class Say(Referred, frozen=True, tag="say"):
    """A message to everyone in a room; its `kind` is None for what is said. A `key` (at most 64 bytes) makes
    it safe to send again: it is said once."""

    command: ClassVar[str | None] = "/bc"
    syntax: ClassVar[str] = '/bc "MESSAGE"'
    help: ClassVar[str] = "say it to everyone here, in the lobby; a line without a / goes to your room"

    text: str
    room: str = LOBBY
    kind: Kind | None = None
    key: str | None = None


class Direct(Referred, frozen=True, tag="dm"):
    """A message to one person."""

    command: ClassVar[str | None] = "/dm"
    syntax: ClassVar[str] = '/dm NAME "MESSAGE"'
    help: ClassVar[str] = "say it to NAME only"

    to: str
    text: str
    key: str | None = None


class Me(Request, frozen=True):
    """`/me`, which makes a Say."""

    command: ClassVar[str | None] = "/me"
    syntax: ClassVar[str] = "/me ACTION"
    help: ClassVar[str] = "tell your room what you do"


class SayIn(Request, frozen=True):
    """`/say`, which makes a Say."""

    command: ClassVar[str | None] = "/say"
    syntax: ClassVar[str] = '/say ROOM "MESSAGE"'
    help: ClassVar[str] = "say it in ROOM"


class Users(Referred, frozen=True, tag="users"):
    """Who is in a room."""

    command: ClassVar[str | None] = "/users"
    syntax: ClassVar[str] = "/users [ROOM]"
    help: ClassVar[str] = "list who is in your room, or in ROOM"

    room: str = LOBBY


class Join(Referred, frozen=True, tag="join"):
    """Go to a room; who is the first there makes it."""

    command: ClassVar[str | None] = "/join"
    syntax: ClassVar[str] = "/join ROOM"
    help: ClassVar[str] = "go to ROOM, and say there what you type; it is made where there is none"

    room: str


class Leave(Referred, frozen=True, tag="leave"):
    """Leave a room, but not the server."""

    command: ClassVar[str | None] = "/leave"
    syntax: ClassVar[str] = "/leave [ROOM]"
    help: ClassVar[str] = "leave your room, or ROOM"

    room: str


class Rooms(Referred, frozen=True, tag="rooms"):
    """Which rooms there are."""

    command: ClassVar[str | None] = "/rooms"
    syntax: ClassVar[str] = "/rooms"
    help: ClassVar[str] = "list the rooms"


class Topic(Referred, frozen=True, tag="topic"):
    """Ask for a room's topic; with a `text`, set it: an empty one takes it away."""

    command: ClassVar[str | None] = "/topic"
    syntax: ClassVar[str] = "/topic [TEXT]"
    help: ClassVar[str] = "show the topic of your room, or set it"

    room: str
    text: str | None = None


class History(Referred, frozen=True, kw_only=True, tag="history"):
    """What was said in a `room`, or between you and somebody (`with`): at most `limit` messages, the newest
    of those `before` an id, or the oldest of those `after` one."""

    command: ClassVar[str | None] = "/history"
    syntax: ClassVar[str] = "/history [with NAME] [N]"
    help: ClassVar[str] = "show the last N messages of your room, or of what you and NAME wrote to each other"

    room: str | None = None
    whom: str | None = msgspec.field(name="with", default=None)
    before: Id | None = None
    after: Id | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50


class Help(Referred, frozen=True, tag="help"):
    """The list of commands."""

    command: ClassVar[str | None] = "/help"
    syntax: ClassVar[str] = "/help"
    help: ClassVar[str] = "list the commands"


class Ping(Referred, frozen=True, tag="ping"):
    """Answered with `pong`, in its place among the replies."""


class Quit(Request, frozen=True, tag="quit"):
    """Leave; everyone is told, with the reason."""

    command: ClassVar[str | None] = "/quit"
    syntax: ClassVar[str] = "/quit [REASON]"
    help: ClassVar[str] = "leave; the others see the reason"

    reason: str = ""


class Ignored(Request, frozen=True):
    """An empty line: nothing is asked for, but it is a line like any other to the line rate."""


class Negotiate(Request, frozen=True):
    """Commands of Telnet came: no line, but they cost as much as one. What is asked for is declined with
    `answer`, in Telnet's own bytes."""

    answer: bytes


#: What can be typed, in the order in which /help lists it.
COMMANDS: tuple[type[Request], ...] = (
    *(Say, Direct, Me, Users),
    *(Join, Leave, Rooms, Topic, SayIn, History),
    *(Help, Quit),
)
#: Those that have a JSON form.
REQUESTS: tuple[type[Request], ...] = (
    *(one for one in COMMANDS if one not in (SayIn, Me)),
    *(Hello, Ping),
)
