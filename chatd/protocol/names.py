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
#: The same, for people.
_SHOWN: Final = "A-Z a-z 0-9 _ - [ ] { } ^ |"
_NAME: Final = re.compile(rf"(?![0-9\-{{])[{LETTERS}]+")

#: Words that nobody gets as a name, each for a reason of its own.
RESERVED: Final = frozenset(
    word
    for words in (
        # They would read as someone with powers, as everyone, as the reader, or as nobody.
        "server chatd admin root everyone all here me you null none nil undefined",
        # What lost people type: they ask for something, or want to leave.
        "help info list names stats status users version who whois join part logout quit exit bye",
        # First lines of other protocols: IRC; HTTP; SMTP, POP and FTP; memcached, Redis and ZooKeeper;
        # brokers.
        "nick user cap pass",
        "connect delete get head options patch post pri put trace",
        "auth capa capabilities data ehlo helo mail noop rset starttls",
        "mntr ping ruok srvr stat",
        "query stomp subscribe",
    )
    for word in words.split()
)


#: What a room's name is, once it is folded.
_ROOM: Final = re.compile(rf"(?!-)[a-z0-9_-]{{1,{DEFAULT.name}}}")


def fold_room(name: str) -> str:
    """The form in which rooms' names are kept: case does not matter, and there may be a # before it."""
    return name.removeprefix("#").lower()


def check_room(name: str) -> str:
    """Return `name` folded, or raise ChatError with what to give instead."""
    room = fold_room(name)
    if not _ROOM.fullmatch(room):
        raise ChatError(
            Code.BAD_ROOM,
            f"a room's name has 1 to {DEFAULT.name} characters from a-z 0-9 _ - and does not start with -; "
            "please give another",
        )
    return room


def fold(name: str) -> str:
    """The form in which names are compared: names are ASCII, so case is all there is to fold."""
    return name.lower()


def printable(name: str) -> str:
    """A name that nobody has, as it may be shown to the one who gave it."""
    return clean(name)[: DEFAULT.name]


def check_name(name: str) -> str:
    """Return `name` as it is, or raise ChatError with what to give instead."""
    if not name.isascii():
        raise ChatError(
            Code.BAD_NICK,
            f"names are ASCII: 1 to {DEFAULT.name} characters from {_SHOWN}, "
            "the first no digit, - or {; please give another",
        )
    if len(name) > DEFAULT.name or not _NAME.fullmatch(name):
        raise ChatError(
            Code.BAD_NICK,
            f"a name has 1 to {DEFAULT.name} characters from {_SHOWN} "
            "and does not start with a digit, - or {; please give another",
        )
    if fold(name) in RESERVED:
        raise ChatError(Code.RESERVED_NICK, f"the name {name} is reserved; please give another")
    return name
