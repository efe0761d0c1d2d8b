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
    Said,
    Sent,
    Skipped,
    UserList,
    Waiting,
    Welcome,
)
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import COMMANDS, Direct, Hello, Help, Quit, Request, Say, Users
from chatd.protocol.sanitize import bad_utf8, clean, clean_message, clean_reason

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


def _direct(rest: str) -> Request:
    match rest.split(maxsplit=1):
        case [to, text]:
            return Direct(to=to, text=clean_message(_unquote(Direct, text)))
        case _:
            raise _usage(Direct)


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
    Users: _alone(Users),
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


def _left(event: Left) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return f"* {_names(event.names, event.count)} left{why}"


_RENDER: Final[dict[type[Event], Callable[[Any], str]]] = {
    Greeting: lambda e: f"* {e.server} - what is your name?",
    Welcome: lambda e: f"* you are {e.nick} - {e.users} here - /help lists the commands",
    Said: lambda e: f"<{e.sender}> {e.text}",
    DirectMessage: lambda e: f"[dm from {e.sender}] {e.text}",
    Sent: lambda e: f"[dm to {e.to}] {e.text}",
    Joined: lambda e: f"* {_names(e.names, e.count)} joined",
    Left: _left,
    Lost: lambda e: f"* {_names(e.names, e.count)} lost connection ({e.cause})",
    UserList: lambda e: _wrapped(f"* {e.count} here:", e.names),
    HelpList: lambda e: "\n".join(f"* {command.syntax} - {command.help}" for command in e.commands),
    Error: lambda e: f"! {e.text}",
    Skipped: lambda e: f"* {e.count} message{'s' if e.count > 1 else ''} skipped",
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
            return Say(text=clean_message(text))
        if text.startswith("//"):
            return Say(text=clean_message(text[1:]))
        command, *rest = text.split(maxsplit=1)
        parser = _PARSERS.get(command) or _PARSERS.get(clean(command).lower())
        if parser is None:
            shown = clean(command)[: DEFAULT.name]
            raise ChatError(Code.UNKNOWN_COMMAND, f"there is no command {shown}; /help lists the commands")
        return parser(rest[0].strip() if rest else "")

    def encode(self, event: Event) -> bytes:
        render = _RENDER.get(type(event))
        return b"" if render is None else (render(event) + "\n").encode()
