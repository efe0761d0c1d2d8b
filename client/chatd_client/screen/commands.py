"""The local commands, which the screen handles itself. Every other command goes to the server."""

from typing import Final, NamedTuple

from chatd.protocol import moderation_requests
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import Search
from chatd.protocol.vocabulary import COMMANDS


class Local(NamedTuple):
    """`argument`: whether the command takes one, which it then requires; `short`: another word for it."""

    command: str
    syntax: str
    help: str
    argument: bool = False
    short: str = ""


LOCAL: Final = (
    Local("/query", "/query NAME", "open a window for what you and NAME write; or /q", True, "/q"),
    Local("/close", "/close", "close this window; that of a room: leave the room"),
    Local("/window", "/window N", "go to the window of this number or name; or /w", True, "/w"),
    Local(
        "/search",
        Search.syntax,
        "look for messages, in all windows; a DATE is 2026-11-25, 2026-11-25T13:05, yesterday or 3d, here",
        True,
    ),
    Local("/find", "/find TEXT", "look for TEXT here, upwards, then from the end; again for the next", True),
    Local("/clear", "/clear", "empty this window"),
    Local("/ignore", "/ignore NAME", "show nothing more of what NAME says", True),
    Local("/unignore", "/unignore NAME", "show it again", True),
    Local("/reconnect", "/reconnect", "connect anew, now"),
    Local("/name", "/name NAME", "come in under another name, where yours is taken", True),
    Local("/help", "/help", "list the commands"),
)
_BY_NAME: Final = {word: local for local in LOCAL for word in (local.command, local.short) if word}

#: Those that need a role.
_MODERATION: Final = tuple(one for one in COMMANDS if one.__module__ == moderation_requests.__name__)

#: All commands, for completion; /help is both local and the server's.
NAMES: Final = tuple(
    sorted({*(local.command for local in LOCAL), *(str(request.command) for request in COMMANDS)})
)


def bare(text: str) -> str:
    """A command without the spaces, or what is not to be seen, before it; other text as it is. So nothing is
    said to everyone that was meant for one.
    """
    start = next((place for place, each in enumerate(text) if each.isprintable() and not each.isspace()), 0)
    return text[start:] if text[start:].startswith("/") else text


def parse(text: str) -> tuple[str, str] | None:
    """(command, argument) of a local command, None for other text; raises ChatError for wrong usage."""
    command, _, argument = text.strip().partition(" ")
    local = _BY_NAME.get(command.lower())
    if local is None:
        return None
    argument = argument.strip()
    if bool(argument) != local.argument:
        raise ChatError(Code.USAGE, f"please write {local.syntax}")
    return local.command, argument


def help_lines() -> list[str]:
    """The server's and the local commands, and where the keys are."""
    theirs = [request for request in COMMANDS if request is not Search and request not in _MODERATION]
    server, moderation = (
        [f"  {request.syntax} - {request.help}" for request in requests] for requests in (theirs, _MODERATION)
    )
    local = [f"  {each.syntax} - {each.help}" for each in LOCAL if each.command != "/help"]
    return [
        *("commands of the server:", *server),
        *("of those who keep a room or the server civil:", *moderation),
        *("commands of this screen:", *local),
        "F1 shows the keys",
    ]
