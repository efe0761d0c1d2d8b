"""Who is here, as far as the server told, and who spoke when."""

from collections.abc import Iterable
from typing import Final

from chatd.names import fold

#: A server may announce any number; sums of them have to stay numbers that can be printed.
MOST: Final = 10**9


class Roster:
    """`count` may exceed the names: a server may name only some."""

    def __init__(self) -> None:
        self.count = 0
        self._here: dict[str, str] = {}
        self._spoke: dict[str, None] = {}  # the latest at the end

    def all_are(self, names: Iterable[str], count: int) -> None:
        """The whole list, anew."""
        self._here = {fold(name): name for name in names}
        self.count = count

    def came(self, names: Iterable[str], count: int) -> None:
        """They joined."""
        new = {fold(name): name for name in names}
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
        self._spoke.pop(fold(name), None)
        self._spoke[fold(name)] = None
        self._here.setdefault(fold(name), name)

    def names(self) -> list[str]:
        """Whoever spoke last first, then the others in order of arrival."""
        recent = [self._here[name] for name in reversed(self._spoke) if name in self._here]
        return [*recent, *(name for key, name in self._here.items() if key not in self._spoke)]

    def _counts(self, change: int) -> None:
        self.count = min(max(0, self.count + change), MOST)
