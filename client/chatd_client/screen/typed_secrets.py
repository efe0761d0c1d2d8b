"""What is typed and is nobody's business: a password that is asked for, and commands with one. It is masked
in the input line, and not kept (see `input_line`).
"""

import difflib
import re
from typing import Final

from chatd.protocol.people_requests import ChangePassword, Register
from chatd_client.screen import commands

_COMMANDS: Final = (str(Register.command), str(ChangePassword.command))
#: How much a mistyped command has to be like one of these.
_LIKE: Final = 0.75
_COMMAND: Final = re.compile(r"[^\w/]*(/\w+)\s*")
#: What is a command also where a password is asked for.
_WAYS_OUT: Final = ("/name", "/quit", "/reconnect")


def is_way_out(text: str) -> bool:
    """Whether this is no password, but a command."""
    return text.strip().lower().split(" ")[0] in _WAYS_OUT


def secret_from(text: str, asked: bool, naming: bool = False) -> int | None:
    """The first character that is to be masked; None where there is none. `asked`: for a password; `naming`:
    for a name, which may be a password that is given once too often: it is seen, and not kept.
    """
    if asked:
        return None if is_way_out(text) else 0
    if naming and not commands.bare(text).startswith("/"):
        return len(text)
    found = _COMMAND.match(text)
    if found is None or not _takes_secret(found[1].lower()):
        return None
    return found.end()


def _takes_secret(command: str) -> bool:
    """Also where it is mistyped."""
    known = command in commands.NAMES and command not in _COMMANDS
    return not known and bool(difflib.get_close_matches(command, _COMMANDS, 1, _LIKE))
