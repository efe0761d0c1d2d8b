"""What a name may be.

A bad name is refused, never cleaned: what someone typed is what everyone reads. The alphabet is IRC's, so
that an IRC client can carry every name; a leading `{` is out, so that no name looks like JSON.
"""

import re
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.sanitize import clean

#: What a name is made of, for the inside of a regular expression's brackets.
LETTERS: Final = r"A-Za-z0-9_\-\[\]{}^|"
_NAME: Final = re.compile(rf"(?![0-9\-{{])[{LETTERS}]+")

#: Names that would read as someone with powers, as everyone, or as a line of another protocol.
RESERVED: Final = frozenset(
    ("server", "chatd", "admin", "root", "everyone", "all", "here", "nick", "user", "cap", "pass")
)


def fold(name: str) -> str:
    """The form in which names are compared: names are ASCII, so case is all there is to fold."""
    return name.lower()


def printable(name: str) -> str:
    """A name that nobody has, as it may be shown to the one who gave it."""
    return clean(name)[: DEFAULT.name]


def check_name(name: str) -> str:
    """Return `name` as it is, or raise ChatError with what to give instead."""
    if len(name) > DEFAULT.name or not _NAME.fullmatch(name):
        raise ChatError(
            Code.BAD_NICK,
            f"a name has 1 to {DEFAULT.name} characters from A-Z a-z 0-9 _ - [ ] {{ }} ^ | "
            "and does not start with a digit, - or {; please give another",
        )
    if fold(name) in RESERVED:
        raise ChatError(Code.RESERVED_NICK, f"the name {name} is reserved; please give another")
    return name
