"""Plain text, for people with nothing but `nc`.

The first line is the name, or says that one leaves. Afterwards a line is a message, or a command when it
starts with `/`; a line that starts with `//` says the rest with one `/`. Text ends at the line's end, or
stands in quotes, straight or typographic, in which `\\"` is a quote. Backspace and Ctrl-U edit the line.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from chatd.protocol.dialects.contract import OneVariant
from chatd.protocol.editing import edited
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import (
    QUIT,
    Bye,
    DirectMessage,
    Error,
    Event,
    Greeting,
    HelpList,
    Joined,
    Left,
    Lost,
    RoomEntrance,
    RoomInfo,
    RoomList,
    Said,
    Sent,
    Skipped,
    TopicSet,
    UserList,
    Waiting,
    Welcome,
)
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import (
    COMMANDS,
    HERE,
    LOBBY,
    Direct,
    Hello,
    Help,
    Join,
    Leave,
    Quit,
    Request,
    Rooms,
    Say,
    SayIn,
    Topic,
    Users,
)
from chatd.protocol.sanitize import bad_utf8, clean, clean_message, clean_reason, clean_topic

#: Where a list of names goes on in a further line: it fits a terminal of three or four rows.
LIST_WIDTH: Final = 400

#: What is typed, in place of a name, by who wants to leave.
_LEAVING: Final = ("quit", "exit", "bye", "logout")

# One alternative for each kind of quotes; possessive, so that `\"` is never taken for the closing one.
_QUOTED: Final = re.compile(r'"((?:\\"|[^"])*+)"|[“”]((?:\\[“”"]|[^“”])*+)[“”]')
_ESCAPED: Final = re.compile(r'\\([“”"])')


# -- from lines to requests ----------------------------------------------------------------------------


def _usage(request: type[Request]) -> ChatError:
    return ChatError(Code.USAGE, f"please write {request.syntax}")


def _unquote(request: type[Request], text: str) -> str:
    """The text of `request`, out of its quotes where it has some."""
    text = text.strip()
    if not text.startswith(('"', "“", "”")):
        return text
    quoted = _QUOTED.match(text)
    if quoted is None or quoted.end() < len(text):
        wrong = "the quotes do not match" if quoted is None else "there is text behind the closing quote"
        raise ChatError(Code.USAGE, f'{wrong}; please write {request.syntax}, with \\" for a quote inside')
    return _ESCAPED.sub(r"\1", quoted[quoted.lastindex or 1])


def _say(rest: str) -> Request:
    if not rest:
        raise _usage(Say)
    return Say(text=clean_message(_unquote(Say, rest)))


def _to(request: type[Request], rest: str) -> tuple[str, str]:
    """Where a message goes, which is a person or a room, and its text."""
    match rest.split(maxsplit=1):
        case [to, text]:
            return to, clean_message(_unquote(request, text))
        case _:
            raise _usage(request)


def _direct(rest: str) -> Request:
    to, text = _to(Direct, rest)
    return Direct(to=to, text=text)


def _say_in(rest: str) -> Request:
    room, text = _to(SayIn, rest)
    return Say(room=room, text=text)


def _room(request: Callable[..., Request], rest: str) -> Request:
    """A command with a room, which may be left out where it is the one that the client is in."""
    match rest.split():
        case [room]:
            return request(room=room)
        case [] if request is not Join:
            return request(room=HERE)
        case _:
            raise _usage(request)  # type: ignore[arg-type]  # a class of Request


def _topic(rest: str) -> Request:
    return Topic(room=HERE, text=clean_topic(_unquote(Topic, rest)) if rest else None)


def _quit(rest: str) -> Request:
    return Quit(reason=clean_reason(_unquote(Quit, rest)))


def _alone(request: type[Request]) -> Callable[[str], Request]:
    """A command that takes nothing."""

    def parse(rest: str) -> Request:
        if rest:
            raise _usage(request)
        return request()

    return parse


_ARGUMENTS: Final[dict[type[Request], Callable[[str], Request]]] = {
    Say: _say,
    Direct: _direct,
    Users: lambda rest: _room(Users, rest),
    Join: lambda rest: _room(Join, rest),
    Leave: lambda rest: _room(Leave, rest),
    Rooms: _alone(Rooms),
    Topic: _topic,
    SayIn: _say_in,
    Help: _alone(Help),
    Quit: _quit,
}
_PARSERS: Final = {request.command: _ARGUMENTS[request] for request in COMMANDS}


def _decode(line: bytes) -> str:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise bad_utf8() from None
    # Nearly every line was edited before it was sent, and keys are not printable.
    return text if text.isprintable() else edited(text)


# -- from events to lines ------------------------------------------------------------------------------


def _names(names: list[str], count: int) -> str:
    """The first names, and how many others; `count` may exceed the names given."""
    shown = names[: DEFAULT.notice_names]
    others = count - len(shown)
    listed = ", ".join(shown)
    if not others:
        return listed
    return f"{listed} and {others} other{'s' if others > 1 else ''}"


def _wrapped(head: str, words: Iterable[str]) -> str:
    """`head` and the words, with commas, in as many lines as they need."""
    lines, line, glue = [], head, " "
    for word in words:
        if len(line) + len(word) > LIST_WIDTH:
            lines.append(line)
            line, glue = "*", " "
        line += glue + word
        glue = ", "
    return "\n".join([*lines, line])


def _in(room: str | None) -> str:
    """The room, where it is not the lobby."""
    return f" #{room}" if room else ""


def _of(room: str) -> str:
    return "" if room == LOBBY else f" of #{room}"


def _left(event: Left) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return f"* {_names(event.names, event.count)} left{_in(event.room)}{why}"


def _said(event: Said) -> str:
    where = "" if event.room == LOBBY else f"#{event.room} "
    return f"{where}<{event.sender}> {event.text}"


def _room_info(event: RoomInfo) -> str:
    return f"* #{event.room} - {event.users} here - {event.topic or 'no topic'}"


def _rooms(event: RoomList) -> str:
    lines = [f"* {event.count} room{'s' * (event.count != 1)}:", *map(_entrance, event.rooms)]
    if event.count > len(event.rooms):
        lines.append(f"* and {event.count - len(event.rooms)} more")
    return "\n".join(lines)


def _entrance(room: RoomEntrance) -> str:
    return f"* #{room.room} - {room.users} here{' - ' * bool(room.topic)}{room.topic}"


def _topic_set(event: TopicSet) -> str:
    if not event.text:
        return f"* {event.sender} took the topic of #{event.room} away"
    return f"* {event.sender} set the topic of #{event.room}: {event.text}"


_RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    Greeting: lambda e: f"* {e.server} - what is your name?",
    Welcome: lambda e: f"* you are {e.nick} - {e.users} here - /help lists the commands",
    Said: _said,
    DirectMessage: lambda e: f"[dm from {e.sender}] {e.text}",
    Sent: lambda e: f"[dm to {e.to}] {e.text}",
    Joined: lambda e: f"* {_names(e.names, e.count)} joined{_in(e.room)}",
    Left: _left,
    Lost: lambda e: f"* {_names(e.names, e.count)} lost connection ({e.cause})",
    UserList: lambda e: _wrapped(f"* {e.count} {f'in #{e.room}' if e.room else 'here'}:", e.names),
    RoomInfo: _room_info,
    RoomList: _rooms,
    TopicSet: _topic_set,
    HelpList: lambda e: "\n".join(f"* {command.syntax} - {command.help}" for command in e.commands),
    Error: lambda e: f"! {e.text}",
    Skipped: lambda e: f"* {e.count} message{'s' * (e.count > 1)}{_of(e.room)} skipped",
    Waiting: lambda e: f"* {e.lines} of your lines wait{'s' * (e.lines == 1)} to be handled",
    Bye: lambda e: "* bye" if e.reason == QUIT else f"* {e.reason}",
}


class TextLines(OneVariant):
    """The dialect. `ack` and `pong` have no form here: nothing that is typed asks for them."""

    typed = True

    def parse_first(self, line: bytes) -> Request | None:
        text = _decode(line)
        word, *rest = text.lower().split(maxsplit=1) or [""]
        if word == Quit.command or (word in _LEAVING and not rest):
            return Quit()
        return Hello(nick=text)

    def parse(self, line: bytes) -> Request | None:
        text = _decode(line)
        if not text:
            return None
        if not text.startswith("/"):
            return Say(text=clean_message(text), room=HERE)
        if text.startswith("//"):
            return Say(text=clean_message(text[1:]), room=HERE)
        command, *rest = text.split(maxsplit=1)
        parser = _PARSERS.get(command) or _PARSERS.get(clean(command).lower())
        if parser is None:
            shown = clean(command)[: DEFAULT.name]
            raise ChatError(Code.UNKNOWN_COMMAND, f"there is no command {shown}; /help lists the commands")
        return parser(rest[0].strip() if rest else "")

    def encode(self, event: Event) -> bytes:
        render = _RENDER.get(type(event))
        return b"" if render is None else (render(event) + "\n").encode()
