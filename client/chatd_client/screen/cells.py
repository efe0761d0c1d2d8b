"""What may be drawn, and in how many cells, so that no text from others can draw outside of its area.

Terminals disagree on the width of sequences of code points. Two rules keep every screen in order:

1. No sequence is left that terminals may draw as one picture: `shown` takes out the characters that join,
   hide or reorder others (Unicode's format characters, the variation selectors, the fillers) and skin tones;
   a flag becomes its letters, and a letter keeps only a few combining marks.
2. A cell takes as many columns as any terminal gives it. Where they may give it fewer or combine it with its
   neighbour, as in Hindi, Thai or with an emoji, the cursor is put behind it explicitly (`output`).
"""

import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from string import ascii_uppercase
from typing import Final, Self, TypeVar

from prompt_toolkit.utils import get_cwidth
from wcwidth import wcwidth

from chatd.protocol.sanitize import clean

Tag = TypeVar("Tag")

#: Combining marks of a cell. Vietnamese needs two, pointed Hebrew three; two hundred would be drawn over the
#: lines above.
MARKS: Final = 4
#: Characters shown of one message: twice what chatd's default limit allows.
LONGEST: Final = 8192

#: The width of an emoji, or of another wide character.
WIDE: Final = 2
#: Variation selectors that no text shown has, so they can mark cells in prompt_toolkit's hands.
FREE_MARKS: Final = tuple(map(chr, range(0xE0100, 0xE01F0)))

_REPLACED: Final = {"Cn": "\ufffd", "Cs": "\ufffd", "Cf": "", "Cc": ""}
_SELECTORS: Final = (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *map(ord, FREE_MARKS))
#: Letters and marks that are drawn as nothing, in no cell, one or two.
_FILLERS: Final = (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0)
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
#: Some terminals draw two of these as a flag, others as two letters in boxes, wide or narrow.
_REGIONAL_A: Final = 0x1F1E6
_PARTS: Final = {
    **dict.fromkeys(map(chr, (*_SELECTORS, *_FILLERS, *_SKIN_TONES)), ""),
    **{chr(at): letter for at, letter in enumerate(ascii_uppercase, _REGIONAL_A)},
}
#: The vowel AM of Thai and Lao: a letter by its category, but drawn over the letter before it, too.
_AM: Final = (0x0E33, 0x0EB3)
#: Numbers in circles, which the C library gives two columns and other tables one.
_CIRCLED: Final = range(0x3248, 0x3250)

#: Where a character stands for itself and every terminal gives it as many columns: Latin, Greek, Cyrillic,
#: Hebrew and Arabic letters, punctuation, currencies; Kana, Hangul, Chinese; forms of double width.
_SURE: Final = (
    *(range(0x20, 0x7F), range(0xA0, 0x300), range(0x370, 0x590), range(0x5D0, 0x5F5), range(0x620, 0x64B)),
    *(range(0x1E00, 0x2000), range(0x2010, 0x2028), range(0x2030, 0x205F), range(0x20A0, 0x20C0)),
    *(range(0x3000, 0x3030), range(0x3041, 0x3100), range(0x3400, 0x4DC0), range(0x4E00, 0xA000)),
    *(range(0xAC00, 0xD7A4), range(0xFF01, 0xFF61)),
)


class Cells(str):
    """A text that prompt_toolkit's window draws cell by cell, not character by character.

    A window iterates over the text; an item may have several characters, and prompt_toolkit gives it the sum
    of their widths. So each item is a cell, filled with spaces up to the columns that are reserved for it.
    """

    cells: tuple[str, ...]

    def __new__(cls, text: str, cells: Iterable[str]) -> Self:
        made = super().__new__(cls, text)
        made.cells = tuple(cells)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self.cells)


def shown(text: str) -> str:
    """`text` as it is safe to draw: clean, one line, and nothing that joins, hides or reorders."""
    text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    if text.isascii():
        return clean(text)
    return "".join(map(_drawable, clean(text)))


@lru_cache(4096)
def _drawable(char: str) -> str:
    if char in _PARTS:
        return _PARTS[char]
    category = unicodedata.category(char)
    # Unassigned in Python's tables: a new emoji has the width of any, the width of others is unknown.
    if category == "Cn" and wcwidth(char) == WIDE:
        return char
    return _REPLACED.get(category, char)


def width(text: str) -> int:
    """The columns of text that `shown` has made safe."""
    return len(text) if text.isascii() else sum(columns for _, _, columns in cells([("", text)]))


def cells(fragments: Iterable[tuple[Tag, str]]) -> Iterator[tuple[Tag, str, int]]:
    """A cell for each base character with its combining marks: the tag of the base, the text, the columns.

    The text is what `shown` has made safe. A mark without a base, and marks past MARKS, are left out.
    """
    cell: tuple[Tag, str, int] | None = None
    marks = 0
    for tag, text in fragments:
        for char in text:
            is_mark, columns = _columns(char)
            if not is_mark:
                if cell is not None:
                    yield cell
                cell, marks = (tag, char, columns), 0
            elif cell is not None and marks < MARKS:
                cell, marks = (cell[0], cell[1] + char, cell[2] + columns), marks + 1
    if cell is not None:
        yield cell


@lru_cache(4096)
def _columns(char: str) -> tuple[bool, int]:
    """Whether this is a combining mark, and how many columns to reserve for it.

    To spacing marks, like most vowel signs of Hindi, terminals give none, one, or if they are wide two.
    """
    columns = max(0, wcwidth(char))
    if unicodedata.category(char) == "Mc" or ord(char) in _AM:
        return True, 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return columns == 0, WIDE if ord(char) in _CIRCLED else columns


def has_marks(text: str) -> bool:
    """Whether to keep the last column of the terminal free: there tmux puts a mark on the letter before."""
    return not text.isascii() and any(_columns(char)[0] for char in text)


@lru_cache(4096)
def is_wide(char: str) -> bool:
    """Whether this character takes two columns by itself."""
    return _columns(char)[1] == WIDE


def filled(piece: str, columns: int) -> Iterable[str]:
    """The items of `Cells`: the characters of ASCII, or one cell filled with spaces."""
    return piece if piece.isascii() else (piece + " " * (columns - get_cwidth(piece)),)


def is_sure(cell: str) -> bool:
    """Whether each terminal gives this cell the same columns, whatever stands beside it."""
    return len(cell) == 1 and any(ord(cell) in each for each in _SURE)
