"""Text to rows of cells, so that what others write stays in the cells that it was given.

How wide a terminal draws a cluster of code points is the terminal's secret. So nothing is left to it: what
joins, hides or reorders (all of Unicode's format characters, the variation selectors) is taken out, an emoji
sequence is shown as its parts, without skin tones and a flag by its letters, and a cell carries only a few
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
Row = list[Fragment]
Cell = tuple[str, str, int]

#: Vietnamese needs two, pointed Hebrew three; a pile of two hundred reaches into other people's lines.
MARKS: Final = 4
#: Text shown of one line: twice what a server of ours lets anyone say.
LONGEST: Final = 8192
#: Rows go on under the text instead of under the time stamp where at least so much room is left for them.
LEAST_TEXT: Final = 30

#: Cells of an emoji.
EMOJI: Final = 2

_REPLACED: Final = {"Cn": "\ufffd", "Cs": "\ufffd", "Cf": "", "Cc": ""}
_SELECTORS: Final = (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)
#: Two of them are a flag to some terminals, and two letters in boxes, wide or narrow, to others.
_REGIONAL_A: Final = 0x1F1E6
_PARTS: Final = {
    **dict.fromkeys(map(chr, (*_SELECTORS, *_SKIN_TONES)), ""),
    **{chr(at): letter for at, letter in enumerate(ascii_uppercase, _REGIONAL_A)},
}


def shown(text: str) -> str:
    """`text` as it may be drawn: clean, one line, each code point of a width that terminals agree on."""
    text = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    if text.isascii():
        return clean(text)
    return "".join(map(_drawable, clean(text)))


def _drawable(char: str) -> str:
    if char in _PARTS:
        return _PARTS[char]
    category = unicodedata.category(char)
    # Newer than Python's tables: a new emoji is as wide as any, of anything else nobody knows.
    if category == "Cn" and wcwidth(char) == EMOJI:
        return char
    return _REPLACED.get(category, char)


def width(text: str) -> int:
    """Cells that `shown` text takes."""
    return len(text) if text.isascii() else sum(cell[2] for cell in _cells([("", text)]))


def _cells(fragments: Row) -> Iterator[Cell]:
    """One for each base character with its marks."""
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


def wrap(fragments: Row, columns: int, indent: int = 0) -> list[Row]:
    """Rows of at most `columns` cells, broken behind a space where there is one; at least one row."""
    indent = indent if columns - indent >= LEAST_TEXT else 0
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    used = space = 0  # cells in the row; how many of its members end with its last space
    for cell in _cells(fragments):
        if cell[2] > columns:  # a wide character in a terminal of one column
            continue
        if used + cell[2] > columns:
            at = space or len(row)
            if indent + sum(each[2] for each in row[at:]) + cell[2] > columns:
                at = len(row)  # a word as long as a row goes on where it is
            rows.append(row[:at])
            row = [("", " ", 1)] * indent + row[at:]
            used, space = sum(each[2] for each in row), 0
        row.append(cell)
        used += cell[2]
        if cell[1] == " " and (not rows or len(row) > indent):
            space = len(row)
    return [_joined(each) for each in (*rows, row)]


def _joined(cells: list[Cell]) -> Row:
    """Neighbours of one style as one fragment."""
    row: Row = []
    for style, text, _ in cells:
        if row and row[-1][0] == style:
            row[-1] = (style, row[-1][1] + text)
        else:
            row.append((style, text))
    return row
