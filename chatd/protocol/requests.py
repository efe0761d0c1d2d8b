"""What a client can ask for.

Each request is one msgspec struct, tagged with its JSON `type`; those that can be typed carry their
command, syntax and help line, from which /help, the text dialect's usage errors and docs/commands.md are
made. Fields hold what the client sent; dialects have checked and cleaned them once, so that nothing further
in does.
"""

from typing import Annotated, ClassVar, Final, Literal

import msgspec

#: The room everyone is in.
LOBBY = "lobby"
#: In place of a room: the one that the client is in, in which it says what it types.
HERE = ""


#: Of a message; any that a client gives may be wrong, and none is of four thousand digits.
Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
#: Milliseconds since the epoch; below 0: so long ago.
Time = Id
#: "action": what somebody does, in the third person.
Kind = Literal["action"]
#: Fields of requests that nobody but the server may read.
_SECRETS: Final = ("password", "secret", "token", "invite", "word", "key")


class Request(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The base of all; `command` is None for what cannot be typed."""

    command: ClassVar[str | None] = None
    syntax: ClassVar[str] = ""
    help: ClassVar[str] = ""

    def __repr__(self) -> str:
        """Nothing secret is in it: it may get into a log, or into an error."""
        told = ((name, getattr(self, name)) for name in self.__struct_fields__)
        shown = (f"{name}={'...' if value and name in _SECRETS else repr(value)}" for name, value in told)
        return f"{type(self).__name__}({', '.join(shown)})"


class Referred(Request, frozen=True, kw_only=True):
    """A request whose answer carries its `ref`."""

    ref: str | None = None  #: yours: the answer carries it; at most 64 bytes


class Hello(Request, frozen=True, tag="hello"):
    """Give a name. With the `token` of an earlier session you are the same person: the name is taken over
    from its dead connection, and some minutes after a drop you are in your rooms again. A name that is
    registered needs its `password`, or the token of a device; who has an account is in its rooms whenever it
    comes. `seen` asks for what you missed: all above this id."""

    nick: str  #: the name that you want
    token: str | None = None  #: of your session before, or of your device: you are the same person
    seen: Id | None = None  #: the last `mark`, or in the lobby only the last `said`; what is above it is told
    password: str | None = None  #: of the account; the answer has a token for the next time
    device: str = ""  #: what your device is called in the list of devices, at most 64 characters


class Say(Referred, frozen=True, tag="say"):
    """A message to everyone in a room. A `key` makes it safe to send again: it is said once."""

    command: ClassVar[str | None] = "/bc"
    syntax: ClassVar[str] = '/bc "MESSAGE"'
    help: ClassVar[str] = "say it to everyone here, in the lobby; a line without a / goes to your room"

    text: str  #: the message: at most 100 lines, with `\n` between them
    room: str = LOBBY  #: where; you have to be in it
    kind: Kind | None = None  #: what you do, in the third person
    key: str | None = None  #: 1 to 64 bytes: the same key again is the same message


class Direct(Referred, frozen=True, tag="dm"):
    """A message to one person, who is here or has an account: then it gets the message when it comes back."""

    command: ClassVar[str | None] = "/dm"
    syntax: ClassVar[str] = '/dm NAME "MESSAGE"'
    help: ClassVar[str] = "say it to NAME only"

    to: str  #: the name of who gets it
    text: str  #: as in `say`
    key: str | None = None  #: as in `say`


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
    """Ask who is in a room."""

    command: ClassVar[str | None] = "/users"
    syntax: ClassVar[str] = "/users [ROOM]"
    help: ClassVar[str] = "list who is in your room, or in ROOM"

    room: str = LOBBY  #: which; you have to be in it


class Join(Referred, frozen=True, tag="join"):
    """Go to a room; who is the first there makes it, and owns it, with an account. It may have a `key`."""

    command: ClassVar[str | None] = "/join"
    syntax: ClassVar[str] = "/join ROOM [KEY]"
    help: ClassVar[str] = "go to ROOM, and say there what you type; it is made where there is none"

    room: str  #: which; 1 to 32 characters from `a-z 0-9 _ -`
    key: str | None = None  #: of a room that has one


class Leave(Referred, frozen=True, tag="leave"):
    """Leave a room, but not the server."""

    command: ClassVar[str | None] = "/leave"
    syntax: ClassVar[str] = "/leave [ROOM]"
    help: ClassVar[str] = "leave your room, or ROOM"

    room: str  #: which; nobody leaves the lobby


class Rooms(Referred, frozen=True, tag="rooms"):
    """Ask which rooms there are."""

    command: ClassVar[str | None] = "/rooms"
    syntax: ClassVar[str] = "/rooms"
    help: ClassVar[str] = "list the rooms"


class Topic(Referred, frozen=True, tag="topic"):
    """Ask for a room's topic; with a `text`, set it: an empty one takes it away."""

    command: ClassVar[str | None] = "/topic"
    syntax: ClassVar[str] = "/topic [TEXT]"
    help: ClassVar[str] = "show the topic of your room, or set it"

    room: str  #: which; you have to be in it
    text: str | None = None  #: the new one, at most 300 characters; empty: none any more


class History(Referred, frozen=True, kw_only=True, tag="history"):
    """Ask what was said in a `room`, or between you and somebody (`with`): the newest messages, the newest of
    those `before` an id, the oldest of those `after` one or `since` a time, or those `around` a message."""

    command: ClassVar[str | None] = "/history"
    syntax: ClassVar[str] = "/history [with NAME] [N]"
    help: ClassVar[str] = "show the last N messages of your room, or of what you and NAME wrote to each other"

    room: str | None = None  #: of this room, in which you have to be
    #: or of what you and this person wrote to each other
    whom: str | None = msgspec.field(name="with", default=None)
    before: Id | None = None  #: the newest messages with ids below this one
    after: Id | None = None  #: the oldest messages with ids above this one
    since: Time | None = None  #: the oldest messages that were said then or later
    around: Id | None = None  #: the message with this id, and those before and after it
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50  #: how many; more than 500 are 500


class Search(Referred, frozen=True, kw_only=True, tag="search"):
    """Look for messages in which all the words are, in your rooms and in what was written to you or by you.
    They come newest first."""

    command: ClassVar[str | None] = "/search"
    syntax: ClassVar[str] = (
        "/search WORDS [in:ROOM] [with:NAME] [from:NAME] [since:DATE] [until:DATE] [context:on]"
    )
    help: ClassVar[str] = "look for messages; a DATE is 2026-11-25 or 2026-11-25T13:05, in UTC, or 3d ago"

    #: all of these; what stands in quotes as it stands there; may be empty where there is a `from`
    words: str = ""
    room: str | None = None  #: only in this room, in which you have to be
    #: or only in what you and this person wrote to each other
    whom: str | None = msgspec.field(name="with", default=None)
    sender: str | None = msgspec.field(name="from", default=None)  #: only what this person said
    since: Time | None = None  #: only what was said then or later
    until: Time | None = None  #: only what was said before that
    before: Id | None = None  #: only messages with ids below this one
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50  #: how many; more than 500 are 500
    context: bool = False  #: with the message before and the one after each


class Help(Referred, frozen=True, tag="help"):
    """Ask for the list of commands, as people type them."""

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

    reason: str = ""  #: for the others, at most 200 characters


class Ignored(Request, frozen=True):
    """An empty line: nothing is asked for, but it is a line like any other to the line rate."""


class Negotiate(Request, frozen=True):
    """Commands of Telnet came: no line, but they cost as much as one. What is asked for is declined with
    `answer`, in Telnet's own bytes."""

    answer: bytes
