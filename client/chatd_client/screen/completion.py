"""Tab completion: commands at the start of a line, names everywhere else, the most recent speaker first.

A single match is inserted with a space after it. Of several, each further Tab inserts the next one, then the
text as it was typed, then the first again.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from chatd.protocol.names import fold

#: After these only a name can follow: Tab offers every name.
_NAME_PREFIXES: Final = ("/dm ", "/ignore ", "/unignore ")


class InputLine(NamedTuple):
    """The text of the input line, and the index of the cursor in it."""

    text: str
    cursor: int


def matches(before: str, commands: Sequence[str], names: Sequence[str]) -> tuple[str, list[str]]:
    """The word before the cursor, and what it can be completed to."""
    start = before.rfind(" ") + 1
    word = before[start:]
    pool = commands if start == 0 and word.startswith("/") else names
    if not word and fold(before) not in _NAME_PREFIXES:
        return word, []
    return word, [each for each in pool if fold(each).startswith(fold(word))]


class Completion:
    """The state between two presses of Tab."""

    def __init__(self) -> None:
        self._last: InputLine | None = None
        self._cycle: list[InputLine] = []

    def press(self, line: InputLine, commands: Sequence[str], names: Sequence[str]) -> InputLine:
        """One press: the line to show instead."""
        if line != self._last or not self._cycle:
            self._cycle = self._candidates(line, commands, names)
        if not self._cycle:
            return line
        self._last = self._cycle.pop(0)
        self._cycle.append(self._last)
        return self._last

    @staticmethod
    def _candidates(line: InputLine, commands: Sequence[str], names: Sequence[str]) -> list[InputLine]:
        before, after = line.text[: line.cursor], line.text[line.cursor :]
        word, found = matches(before, commands, names)
        start = before[: len(before) - len(word)]
        if len(found) == 1:
            found = [found[0] + " "]
            after = after.removeprefix(" ")
        cycle = [InputLine(start + each + after, len(start + each)) for each in found]
        return [*cycle, line] if len(cycle) > 1 else cycle
