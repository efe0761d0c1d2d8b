"""Who is here, as far as the server told, and who spoke when."""

import re
from collections.abc import Iterable
from itertools import islice
from typing import Final

from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import LETTERS, fold

_NAME: Final = re.compile(f"[{LETTERS}]{{1,{DEFAULT.name}}}")

#: A server may announce any number; sums of them have to stay numbers that can be printed.
MOST: Final = 10**9
#: Names that are kept for Tab: more than any server of ours holds. A name that is none is not kept at all.
NAMES: Final = 65_536


class NickList:
    """`count` may exceed the names: a server may name only some."""

    def __init__(self) -> None:
        self.count = 0
        self._here: dict[str, str] = {}
        self._spoke: dict[str, None] = {}  # the latest at the end

    def all_are(self, names: Iterable[str], count: int) -> None:
        """The whole list, anew."""
        self._here = _usable(names, NAMES)
        self._spoke = {name: None for name in self._spoke if name in self._here}
        self.count = count

    def came(self, names: Iterable[str], count: int) -> None:
        """They joined."""
        new = _usable(names, NAMES - len(self._here))
        self._counts(count - len(new.keys() & self._here.keys()))
        self._here |= new

    def went(self, names: Iterable[str], count: int) -> None:
        """They are here no longer."""
        for name in names:
            self._here.pop(fold(name), None)
            self._spoke.pop(fold(name), None)
        self._counts(-count)

    def spoke(self, name: str) -> None:
        """They said something just now."""
        if fold(name) not in self._here:
            self._here |= _usable([name], NAMES - len(self._here))
        if fold(name) in self._here:
            self._spoke.pop(fold(name), None)
            self._spoke[fold(name)] = None

    def names(self) -> list[str]:
        """Whoever spoke last first, then the others in order of arrival."""
        recent = [self._here[name] for name in reversed(self._spoke)]
        return [*recent, *(name for key, name in self._here.items() if key not in self._spoke)]

    def _counts(self, change: int) -> None:
        self.count = min(max(0, self.count + change), MOST)


def _usable(names: Iterable[str], room: int) -> dict[str, str]:
    """By their folded form, at most `room`; nobody is called by a name that is none."""
    found = ((fold(name), name) for name in names if _NAME.fullmatch(name))
    return dict(islice(found, max(0, room)))
