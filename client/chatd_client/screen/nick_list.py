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
    """`count` may differ from the number of names: a server may list only some, and a notice may count people
    that it does not name. A notice may tell what the list told already, since notices come later than lists;
    therefore a name is counted only when that changes who is here.
    """

    def __init__(self) -> None:
        self.count = 0
        self._online: dict[str, str] = {}
        self._spoke: dict[str, None] = {}  # the most recent last

    def __contains__(self, name: str) -> bool:
        return fold(name) in self._online

    def arrive(self, count: int) -> None:
        """A new connection, into a room of so many. Who they are is not known before the list."""
        self._online = {}
        self._set_count(count)

    def replace_all(self, names: Iterable[str], count: int) -> None:
        """The server sent the whole list."""
        self._online = _usable(names, MAX_NAMES)
        self._spoke = {name: None for name in self._spoke if name in self._online}
        self._set_count(count)

    def joined(self, names: Iterable[str], count: int) -> None:
        """Add those who joined; who is in the list was counted when it came."""
        told = _usable(names)
        new = {key: name for key, name in told.items() if key not in self._online}
        self._set_count(self.count + _others(told, count) + len(new))
        room = max(0, MAX_NAMES - len(self._online))
        self._online |= {key: name for key, name in told.items() if key not in new}
        self._online |= dict(islice(new.items(), room))

    def left(self, names: Iterable[str], count: int) -> None:
        """Remove those who left. Who is not in the list is one of those whom it does not name, where there
        are any; else the list came after the departure.
        """
        told = _usable(names)
        known = told.keys() & self._online.keys()
        unnamed = max(0, self.count - len(self._online))
        gone = len(known) + min(len(told) - len(known), unnamed)
        for key in told:
            self._online.pop(key, None)
            self._spoke.pop(key, None)
        self._set_count(self.count - _others(told, count) - gone)

    def renamed(self, old: str, new: str) -> None:
        """Somebody has another name, in the same place."""
        if fold(old) in self._online and _NAME.fullmatch(new):
            names = [(new if key == fold(old) else name) for key, name in self._online.items()]
            spoke = [fold(new) if key == fold(old) else key for key in self._spoke]
            self._online, self._spoke = {fold(name): name for name in names}, dict.fromkeys(spoke)

    def spoke(self, name: str) -> None:
        """Make this the most recent speaker."""
        if fold(name) not in self._online:
            self._online |= _usable([name], MAX_NAMES - len(self._online))
            self._set_count(max(self.count, len(self._online)))
        if fold(name) in self._online:
            self._spoke.pop(fold(name), None)
            self._spoke[fold(name)] = None

    def names(self) -> list[str]:
        """The most recent speaker first, then the others in order of arrival."""
        recent = [self._online[key] for key in reversed(self._spoke) if key in self._online]
        return [*recent, *(name for key, name in self._online.items() if key not in self._spoke)]

    def _set_count(self, count: int) -> None:
        self.count = min(max(0, count), MAX_COUNT)


def _usable(names: Iterable[str], limit: int = MAX_NAMES) -> dict[str, str]:
    """The valid names by their folded form, at most `limit` of them."""
    found = ((fold(name), name) for name in names if _NAME.fullmatch(name))
    return dict(islice(found, max(0, limit)))


def _others(told: dict[str, str], count: int) -> int:
    """How many of the `count` in a notice are not told by name."""
    return max(0, count - len(told))
