"""What is typed and is nobody's business: a password that is asked for, and commands with one, or with the
key of a room. It is masked in the input line, and not kept (see `input_line`).
"""

import difflib
import re
from typing import Final

from chatd.protocol.moderation_requests import SetKey
from chatd.protocol.people_requests import ChangePassword, Register
from chatd.protocol.requests import Join
from chatd_client.screen import commands

#: Commands with a secret, and how many words stand before it.
_WORDS_BEFORE: Final = {
    str(Register.command): 0,
    str(ChangePassword.command): 0,
    str(SetKey.command): 0,
    str(Join.command): 1,
}
#: How much a mistyped command has to be like one of these.
_LIKE: Final = 0.75
_COMMAND: Final = re.compile(r"[^\w/]*(/\w+)\s*")
_WORD: Final = re.compile(r"\S+\s+(?=\S)")
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
    before = None if found is None else _words_before(found[1].lower())
    if found is None or before is None:
        return None
    start = found.end()
    for _ in range(before):
        word = _WORD.match(text, start)
        if word is None:  # nothing secret is there yet
            return None
        start = word.end()
    return start


def _words_before(command: str) -> int | None:
    """How many words stand between a command and its secret, also where it is mistyped; None: it has none."""
    if command in commands.NAMES and command not in _WORDS_BEFORE:
        return None
    meant = difflib.get_close_matches(command, _WORDS_BEFORE, 1, _LIKE)
    return _WORDS_BEFORE[meant[0]] if meant else None
