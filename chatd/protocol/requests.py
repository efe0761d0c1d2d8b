"""What a client can ask for.

Each request is one msgspec struct, tagged with its JSON `type`; those that can be typed carry their
command, syntax and help line, from which /help, the text dialect's usage errors and docs/commands.md are
made. Fields hold what the client sent; dialects have checked and cleaned them once, so that nothing further
in does.
"""

from typing import ClassVar

import msgspec

#: The room everyone is in.
LOBBY = "lobby"


class Request(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type"):
    """The base of all; `command` is None for what cannot be typed."""

    command: ClassVar[str | None] = None
    syntax: ClassVar[str] = ""
    help: ClassVar[str] = ""


class Referred(Request, frozen=True, kw_only=True):
    """A request whose answer carries its `ref` (at most 64 bytes)."""

    ref: str | None = None


class Hello(Request, frozen=True, tag="hello"):
    """Give a name. The `token` of an earlier session takes the name over from its dead connection."""

    nick: str
    token: str | None = None


class Say(Referred, frozen=True, tag="say"):
    """A message to everyone in a room."""

    command: ClassVar[str | None] = "/bc"
    syntax: ClassVar[str] = '/bc "MESSAGE"'
    help: ClassVar[str] = "say it to everyone; a line without a / does the same"

    text: str
    room: str = LOBBY


class Direct(Referred, frozen=True, tag="dm"):
    """A message to one person."""

    command: ClassVar[str | None] = "/dm"
    syntax: ClassVar[str] = '/dm NAME "MESSAGE"'
    help: ClassVar[str] = "say it to NAME only"

    to: str
    text: str


class Users(Referred, frozen=True, tag="users"):
    """Who is here."""

    command: ClassVar[str | None] = "/users"
    syntax: ClassVar[str] = "/users"
    help: ClassVar[str] = "list who is here"

    room: str = LOBBY


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


#: In the order in which /help lists the commands.
REQUESTS: tuple[type[Request], ...] = (Say, Direct, Users, Help, Quit, Hello, Ping)
COMMANDS: tuple[type[Request], ...] = tuple(request for request in REQUESTS if request.command)
