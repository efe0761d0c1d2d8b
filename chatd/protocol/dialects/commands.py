"""What people type: from a line to a request.

The first line is the name, or says that one leaves. Afterwards a line is a message, or a command when it
starts with `/`; a line that starts with `//` says the rest with one `/`. Text ends at the line's end, or
stands in quotes, straight or typographic, in which `\\"` is a quote. Backspace and Ctrl-U edit the line.
"""

import re
from collections.abc import Callable
from typing import Final

from chatd.protocol.dialects.moderation_commands import ARGUMENTS as MODERATION
from chatd.protocol.dialects.people_commands import ARGUMENTS as PEOPLE
from chatd.protocol.dialects.people_commands import alone
from chatd.protocol.dialects.quotes import unquote, usage
from chatd.protocol.dialects.searching import parse_search
from chatd.protocol.editing import edited
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_requests import SetKey
from chatd.protocol.moderation_rules import same_key
from chatd.protocol.passwords import check_password
from chatd.protocol.people_requests import ChangePassword, Password, Register
from chatd.protocol.requests import (
    HERE,
    Direct,
    Hello,
    Help,
    History,
    Join,
    Leave,
    Me,
    Quit,
    Request,
    Rooms,
    Say,
    SayIn,
    Search,
    Topic,
    Users,
)
from chatd.protocol.sanitize import bad_utf8, clean, clean_message, clean_reason, clean_topic
from chatd.protocol.vocabulary import COMMANDS

#: What is typed, in place of a name, by who wants to leave.
_LEAVING: Final = ("quit", "exit", "bye", "logout")

#: How many messages.
_COUNT: Final = re.compile(r"[1-9][0-9]{0,8}")

#: A command with a password or a key, behind a space: it would be said to everyone.
_NEARLY_SAID: Final = re.compile(
    rf"\s+((?:{Register.command}|{ChangePassword.command}|{SetKey.command})(?!\S)"
    rf"|{Join.command}\s+\S+\s+\S+\s*$)",
    re.IGNORECASE,
)


def _say(rest: str) -> Request:
    if not rest:
        raise usage(Say)
    return Say(text=clean_message(unquote(Say, rest)))


def _to(request: type[Request], rest: str) -> tuple[str, str]:
    """Where a message goes, which is a person or a room, and its text."""
    match rest.split(maxsplit=1):
        case [to, text]:
            return to, clean_message(unquote(request, text))
        case _:
            raise usage(request)


def _direct(rest: str) -> Request:
    to, text = _to(Direct, rest)
    return Direct(to=to, text=text)


def _say_in(rest: str) -> Request:
    room, text = _to(SayIn, rest)
    return Say(room=room, text=text)


def _act(rest: str) -> Request:
    if not rest:
        raise usage(Me)
    return Say(text=clean_message(unquote(Me, rest)), room=HERE, kind="action")


def _room(request: Callable[..., Request], rest: str) -> Request:
    """A command with a room, which may be left out where it is the one that the client is in."""
    match rest.split():
        case [room]:
            return request(room=room)
        case []:
            return request(room=HERE)
        case _:
            raise usage(request)  # type: ignore[arg-type]  # a class of Request


def _join(rest: str) -> Request:
    match rest.split():
        case [room]:
            return Join(room=room)
        case [room, key]:
            return Join(room=room, key=same_key(key))
        case _:
            raise usage(Join)


def _history(rest: str) -> Request:
    match rest.lower().split(), rest.split():
        case [], _:
            return History(room=HERE)
        case [count], _ if _COUNT.fullmatch(count):
            return History(room=HERE, limit=int(count))
        case ["with", _], [_, whom]:
            return History(whom=whom)
        case ["with", _, count], [_, whom, _] if _COUNT.fullmatch(count):
            return History(whom=whom, limit=int(count))
        case _:
            raise usage(History)


def _topic(rest: str) -> Request:
    return Topic(room=HERE, text=clean_topic(unquote(Topic, rest)) if rest else None)


def _quit(rest: str) -> Request:
    return Quit(reason=clean_reason(unquote(Quit, rest)))


_ARGUMENTS: Final[dict[type[Request], Callable[[str], Request]]] = {
    Say: _say,
    Direct: _direct,
    Users: lambda rest: _room(Users, rest),
    Join: _join,
    Leave: lambda rest: _room(Leave, rest),
    Rooms: alone(Rooms),
    Topic: _topic,
    SayIn: _say_in,
    Me: _act,
    History: _history,
    Search: parse_search,
    **PEOPLE,
    **MODERATION,
    Help: alone(Help),
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


def parse_first(line: bytes) -> Request | None:
    """The line that gives the name. Raises ChatError."""
    text = _decode(line)
    word, *rest = text.lower().split(maxsplit=1) or [""]
    if word == Quit.command or (word in _LEAVING and not rest):
        return Quit()
    return Hello(nick=text)


def parse_password(line: bytes) -> Request | None:
    """The line behind the question for a password; None for an empty one, which asks for a name again. Words
    that leave are shorter than any password. Raises ChatError."""
    text = _decode(line).strip()
    if text.lower() in (Quit.command, *_LEAVING):
        return Quit()
    return Password(check_password(text)) if text else None


def parse(line: bytes) -> Request | None:
    """Any further line; None for an empty one. Raises ChatError."""
    text = _decode(line)
    if not text:
        return None
    if not text.startswith("/"):
        if text[0].isspace() and _NEARLY_SAID.match(text):
            raise ChatError(
                Code.USAGE,
                "there is a space before the command, so all would read your password or key; "
                "please write it without the space",
            )
        return Say(text=clean_message(text), room=HERE)
    if text.startswith("//"):
        return Say(text=clean_message(text[1:]), room=HERE)
    command, *rest = text.split(maxsplit=1)
    parser = _PARSERS.get(command) or _PARSERS.get(clean(command).lower())
    if parser is None:
        shown = clean(command)[: DEFAULT.name]
        raise ChatError(Code.UNKNOWN_COMMAND, f"there is no command {shown}; /help lists the commands")
    return parser(rest[0].strip() if rest else "")
