"""The local commands, which the screen handles itself. Every other command goes to the server."""

from typing import Final, NamedTuple

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import COMMANDS


class Local(NamedTuple):
    """`argument`: whether the command takes one, which it then requires."""

    command: str
    syntax: str
    help: str
    argument: bool = False


LOCAL: Final = (
    Local("/clear", "/clear", "empty the screen"),
    Local("/ignore", "/ignore NAME", "show nothing more of what NAME says", argument=True),
    Local("/unignore", "/unignore NAME", "show it again", argument=True),
    Local(
        "/search",
        "/search TEXT",
        "look for TEXT from here upwards, then from the end; again for the next",
        argument=True,
    ),
    Local("/reconnect", "/reconnect", "connect anew, now"),
    Local("/name", "/name NAME", "come in under another name, where yours is taken", argument=True),
    Local("/help", "/help", "list the commands"),
)
_BY_NAME: Final = {local.command: local for local in LOCAL}

#: All commands, for completion; /help is both local and the server's.
NAMES: Final = tuple(sorted({*_BY_NAME, *(str(request.command) for request in COMMANDS)}))


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
    """The server's and the local commands, and the keys."""
    keys = (
        "Tab completes; Up, Down and Ctrl-R bring lines back; PageUp, PageDown and the wheel scroll; "
        "Ctrl-C leaves"
    )
    server = [f"  {request.syntax} - {request.help}" for request in COMMANDS]
    local = [f"  {each.syntax} - {each.help}" for each in LOCAL if each.command != "/help"]
    return ["commands of the server:", *server, "commands of this screen:", *local, keys]
