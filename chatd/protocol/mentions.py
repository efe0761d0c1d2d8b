"""Whether a line names somebody: as a word of its own, whatever the script of the line, also in brackets.

Names may hold brackets themselves, so `[rob]` is somebody of that name, or rob in brackets. It is read as the
longest name of anybody who is here.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import LETTERS, fold

#: What can stand around a name, and can also be part of one. Bounded, since a line may consist of them.
_BRACKETS: Final = r"[\[\]{}]{0,32}"
#: Scripts that are written without spaces: Thai and Lao, Burmese, Khmer. Those of East Asia are wide.
_WITHOUT_SPACES: Final = (range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800))


class Mention:
    """Finds the name `name` in lines."""

    def __init__(self, name: str) -> None:
        # With ASCII, so that K (the sign for kelvin) is no k.
        self._word = re.compile(
            rf"(?<![{LETTERS}]){_BRACKETS}?({re.escape(name)}){_BRACKETS}(?![{LETTERS}])",
            re.IGNORECASE | re.ASCII,
        )

    def within(self, line: str, present: Callable[[str], bool]) -> bool:
        """Whether the line has the name; `present` tells whether somebody of another name is here."""
        return any(
            not _lengthens(line[word.start() - 1 : word.start()])
            and not _lengthens(line[word.end() : word.end() + 1])
            and not any(present(fold(name)) for name in _longer(word))
            for word in self._word.finditer(line)
        )


def _lengthens(char: str) -> bool:
    """Whether this neighbour of a name makes a longer word of it; "" is the edge of the line.

    A letter, digit or combining mark does, unless its script is written without spaces: `robさん` names rob.
    """
    if not char or char.isascii():
        return False
    kind = unicodedata.category(char)[0]
    joins = unicodedata.east_asian_width(char) not in "WF" and not any(
        ord(char) in letters for letters in _WITHOUT_SPACES
    )
    return kind == "M" or (kind in "LN" and joins)


def _longer(word: re.Match[str]) -> list[str]:
    """The names longer than the one that was found which this word can be read as."""
    line, (start, end) = word.string, word.span(1)
    most = DEFAULT.name - (end - start)
    return [
        line[start - before : end + behind]
        for before in range(min(start - word.start(), most) + 1)
        for behind in range(min(word.end() - end, most - before) + 1)
        if before or behind
    ]
