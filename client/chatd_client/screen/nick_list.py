"""Who is online, as far as the server has announced it, and who spoke most recently."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import LETTERS, fold

_NAME: Final = re.compile(f"[{LETTERS}]{{1,{DEFAULT.name}}}")

#: A server may announce any number, and Python refuses to print an integer of more than 4,300 digits.
MAX_COUNT: Final = 10**9
#: Names that are kept for completion: more than a chatd server holds. Invalid names are not kept at all.
MAX_NAMES: Final = 65_536


class NickList:
    """`count` may be larger than the number of names: a server may list only some."""

    def __init__(self) -> None:
        self.count = 0
        self._online: dict[str, str] = {}
        self._spoke: dict[str, None] = {}  # the most recent last

    def replace_all(self, names: Iterable[str], count: int) -> None:
        """The server sent the whole list."""
        self._online = _usable(names, MAX_NAMES)
        self._spoke = {name: None for name in self._spoke if name in self._online}
        self.count = count

    def joined(self, names: Iterable[str], count: int) -> None:
        """Add those who joined."""
        new = _usable(names, MAX_NAMES - len(self._online))
        self._add_to_count(count - len(new.keys() & self._online.keys()))
        self._online |= new

    def left(self, names: Iterable[str], count: int) -> None:
        """Remove those who left."""
        for name in names:
            self._online.pop(fold(name), None)
            self._spoke.pop(fold(name), None)
        self._add_to_count(-count)

    def spoke(self, name: str) -> None:
        """Make this the most recent speaker."""
        if fold(name) not in self._online:
            self._online |= _usable([name], MAX_NAMES - len(self._online))
        if fold(name) in self._online:
            self._spoke.pop(fold(name), None)
            self._spoke[fold(name)] = None

    def names(self) -> list[str]:
        """The most recent speaker first, then the others in order of arrival."""
        recent = [self._online[name] for name in reversed(self._spoke)]
        return [*recent, *(name for key, name in self._online.items() if key not in self._spoke)]

    def _add_to_count(self, change: int) -> None:
        self.count = min(max(0, self.count + change), MAX_COUNT)


def _usable(names: Iterable[str], limit: int) -> dict[str, str]:
    """The valid names by their folded form, at most `limit` of them."""
    found = ((fold(name), name) for name in names if _NAME.fullmatch(name))
    return dict(islice(found, max(0, limit)))
