"""The commands that the screen answers itself; every other one is the server's."""

from typing import Final, NamedTuple

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import COMMANDS


class Local(NamedTuple):
    """`argument` says whether it needs one."""

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
    Local("/resend", "/resend", "send the lines marked ? again"),
    Local("/name", "/name NAME", "come in under another name, where yours is taken", argument=True),
    Local("/help", "/help", "list the commands"),
)
_BY_NAME: Final = {local.command: local for local in LOCAL}

#: All that Tab knows; /help is both.
NAMES: Final = tuple(sorted({*_BY_NAME, *(str(request.command) for request in COMMANDS)}))


def parse(text: str) -> tuple[str, str] | None:
    """(command, argument) where `text` is one of them; raises ChatError where it is used wrongly."""
    command, _, argument = text.strip().partition(" ")
    local = _BY_NAME.get(command.lower())
    if local is None:
        return None
    argument = argument.strip()
    if bool(argument) != local.argument:
        raise ChatError(Code.USAGE, f"please write {local.syntax}")
    return local.command, argument


def help_lines() -> list[str]:
    """Both kinds, in one list."""
    keys = (
        "Tab completes; Up, Down and Ctrl-R bring lines back; PageUp, PageDown and the wheel scroll; "
        "Ctrl-C leaves"
    )
    server = [f"  {request.syntax} - {request.help}" for request in COMMANDS]
    local = [f"  {each.syntax} - {each.help}" for each in LOCAL if each.command != "/help"]
    return ["commands of the server:", *server, "commands of this screen:", *local, keys]
