"""Wrapping text to rows of cells, so that no text from others can draw outside of its area.

Terminals disagree on the width of a sequence of code points. So no such sequence is left: characters that
join, hide or reorder others (Unicode's format characters, the variation selectors) are removed, an emoji
sequence is shown as its parts without skin tones, a flag as its letters, and a cell holds only a few
combining marks.
"""

import unicodedata
from collections.abc import Iterator
from string import ascii_uppercase
from typing import Final

from wcwidth import wcwidth

from chatd.protocol.sanitize import clean

#: (style, text), as prompt_toolkit writes it.
Fragment = tuple[str, str]
TextRow = list[Fragment]
Cell = tuple[str, str, int]

#: Combining marks of a cell. Vietnamese needs two, pointed Hebrew three; two hundred would be drawn over the
#: lines above.
MARKS: Final = 4
#: Characters shown of one message: twice what chatd's default limit allows.
LONGEST: Final = 8192
#: Cells. Further rows are indented to the start of the text where at least this width is left for them.
LEAST_TEXT: Final = 30

#: The width of an emoji in cells.
EMOJI: Final = 2

_REPLACED: Final = {"Cn": "\ufffd", "Cs": "\ufffd", "Cf": "", "Cc": ""}
_SELECTORS: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
#: Some terminals draw two of these as a flag, others as two letters in boxes, wide or narrow.
_REGIONAL_A: Final = 0x1F1E6
_PARTS: Final = {
    **dict.fromkeys(map(chr, (*_SELECTORS, *_SKIN_TONES)), ""),
    **{chr(at): letter for at, letter in enumerate(ascii_uppercase, _REGIONAL_A)},
}


def shown(text: str) -> str:
    """`text` as it is safe to draw: clean, one line, only code points on whose width terminals agree."""
    text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    if text.isascii():
        return clean(text)
    return "".join(map(_drawable, clean(text)))


def _drawable(char: str) -> str:
    if char in _PARTS:
        return _PARTS[char]
    category = unicodedata.category(char)
    # Unassigned in Python's tables: a new emoji has the width of any, the width of others is unknown.
    if category == "Cn" and wcwidth(char) == EMOJI:
        return char
    return _REPLACED.get(category, char)


def width(text: str) -> int:
    """The width in cells of text that `shown` has made safe."""
    return len(text) if text.isascii() else sum(cell[2] for cell in _cells([("", text)]))


def _cells(fragments: TextRow) -> Iterator[Cell]:
    """A cell for each base character with its combining marks."""
    style, base, wide, marks = "", "", 0, 0
    for new_style, text in fragments:
        for char in text:
            columns = 1 if " " <= char <= "~" else max(0, wcwidth(char))
            if columns:
                if base:
                    yield style, base, wide
                style, base, wide, marks = new_style, char, columns, 0
            elif base and marks < MARKS:
                base, marks = base + char, marks + 1
                wide += unicodedata.category(char) == "Mc"  # some terminals give it a cell, others do not
    if base:
        yield style, base, wide


def wrap(fragments: TextRow, columns: int, indent: int = 0) -> list[TextRow]:
    """At least one row, each of at most `columns` cells, broken after a space where there is one."""
    indent = indent if columns - indent >= LEAST_TEXT else 0
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    used = space = 0  # cells in the row; the index after its last space
    for cell in _cells(fragments):
        if cell[2] > columns:  # a wide character in a terminal of one column
            continue
        if used + cell[2] > columns:
            at = space or len(row)
            if indent + sum(each[2] for each in row[at:]) + cell[2] > columns:
                at = len(row)  # a word longer than a row is broken at the end of the row
            rows.append(row[:at])
            row = [("", " ", 1)] * indent + row[at:]
            used, space = sum(each[2] for each in row), 0
        row.append(cell)
        used += cell[2]
        if cell[1] == " " and (not rows or len(row) > indent):
            space = len(row)
    return [_joined(each) for each in (*rows, row)]


def _joined(cells: list[Cell]) -> TextRow:
    """The cells as fragments; neighbours of one style are merged."""
    row: TextRow = []
    for style, text, _ in cells:
        if row and row[-1][0] == style:
            row[-1] = (style, row[-1][1] + text)
        else:
            row.append((style, text))
    return row
