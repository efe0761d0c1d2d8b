"""Tab completion: commands at the start of a line, rooms behind the commands that take one and behind a #,
names everywhere else, the most recent speaker first.

A single match is inserted with a space after it. Of several, each further Tab inserts the next one, then the
text as it was typed, then the first again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatd.protocol.names import fold

#: After these only a name can follow: Tab offers every name.
_NAME_PREFIXES: Final = ("/dm ", "/whois ", "/query ", "/q ", "/ignore ", "/unignore ")
#: After these only a room can follow.
_ROOM_PREFIXES: Final = ("/join ", "/leave ", "/say ", "/users ")
#: After these only a window can follow.
_WINDOW_PREFIXES: Final = ("/window ", "/w ")


class Pools(NamedTuple):
    """What there is to complete to. Rooms are without the #; windows are their titles."""

    commands: Sequence[str]
    names: Sequence[str]
    rooms: Sequence[str] = ()
    windows: Sequence[str] = ()


class InputLine(NamedTuple):
    """The text of the input line, and the index of the cursor in it."""

    text: str
    cursor: int


def matches(before: str, pools: Pools) -> tuple[str, list[str]]:
    """The word before the cursor, and what it can be completed to."""
    start = before.rfind(" ") + 1
    word = before[start:]
    if not word and fold(before) not in _NAME_PREFIXES + _ROOM_PREFIXES + _WINDOW_PREFIXES:
        return word, []
    pool = _pool(fold(before[:start]), word, pools)
    return word, [each for each in pool if fold(each).startswith(fold(word))]


def _pool(before: str, word: str, pools: Pools) -> Sequence[str]:
    if before in _WINDOW_PREFIXES:
        bare = [title.removeprefix("#") for title in pools.windows]
        return pools.windows if not word or word.startswith("#") else bare
    if word.startswith("#"):
        return [f"#{room}" for room in pools.rooms]
    if before in _ROOM_PREFIXES:
        return pools.rooms
    return pools.commands if not before and word.startswith("/") else pools.names


class Completion:
    """The state between two presses of Tab."""

    def __init__(self) -> None:
        self._last: InputLine | None = None
        self._cycle: list[InputLine] = []

    def press(self, line: InputLine, pools: Pools) -> InputLine:
        """One press: the line to show instead."""
        if line != self._last or not self._cycle:
            self._cycle = self._candidates(line, pools)
        if not self._cycle:
            return line
        self._last = self._cycle.pop(0)
        self._cycle.append(self._last)
        return self._last

    @staticmethod
    def _candidates(line: InputLine, pools: Pools) -> list[InputLine]:
        before, after = line.text[: line.cursor], line.text[line.cursor :]
        word, found = matches(before, pools)
        start = before[: len(before) - len(word)]
        if len(found) == 1:
            found = [found[0] + " "]
            after = after.removeprefix(" ")
        cycle = [InputLine(start + each + after, len(start + each)) for each in found]
        return [*cycle, line] if len(cycle) > 1 else cycle
