"""What Tab puts in: commands at the start of a line, names everywhere else, whoever spoke last first.

A sole match is put in with a space behind. Of several, each further Tab puts in the next, and the last one
is followed by what had been typed.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatd.protocol.names import fold

#: Where only a name can follow, Tab offers all of them.
_BEFORE_A_NAME: Final = ("/dm ", "/ignore ", "/unignore ")


class InputLine(NamedTuple):
    """A line, and where in it the cursor is."""

    text: str
    cursor: int


def matches(before: str, commands: Sequence[str], names: Sequence[str]) -> tuple[str, list[str]]:
    """The word before the cursor, and what it may be the beginning of."""
    start = before.rfind(" ") + 1
    word = before[start:]
    pool = commands if start == 0 and word.startswith("/") else names
    if not word and fold(before) not in _BEFORE_A_NAME:
        return word, []
    return word, [each for each in pool if fold(each).startswith(fold(word))]


class Completion:
    """The Tab key: `press` again and again."""

    def __init__(self) -> None:
        self._last: InputLine | None = None
        self._ring: list[InputLine] = []

    def press(self, line: InputLine, commands: Sequence[str], names: Sequence[str]) -> InputLine:
        """The line to show instead."""
        if line != self._last or not self._ring:
            self._ring = self._candidates(line, commands, names)
        if not self._ring:
            return line
        self._last = self._ring.pop(0)
        self._ring.append(self._last)
        return self._last

    @staticmethod
    def _candidates(line: InputLine, commands: Sequence[str], names: Sequence[str]) -> list[InputLine]:
        before, after = line.text[: line.cursor], line.text[line.cursor :]
        word, found = matches(before, commands, names)
        kept = before[: len(before) - len(word)]
        if len(found) == 1:
            found = [found[0] + " "]
            after = after.removeprefix(" ")
        ring = [InputLine(kept + each + after, len(kept + each)) for each in found]
        return [*ring, line] if len(ring) > 1 else ring
