"""Wrapping a line to rows of cells.

A row ends after a space where it can, or beside a wide character, since Chinese and Japanese are written
without spaces. A word that is longer than a row begins where it stands and is broken at the ends of rows.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from prompt_toolkit.utils import get_cwidth

from chatd_client.screen.cells import Cells, cells, filled, has_marks, is_wide

#: (style, text), as prompt_toolkit writes it.
Fragment = tuple[str, str]
TextRow = list[Fragment]
#: A cell, or some ASCII with the spaces behind it: style, text, columns.
WordPart = tuple[str, str, int]

#: Columns. Further rows are indented to the start of the text where at least this many are left for them.
LEAST_TEXT: Final = 30

_PART: Final = re.compile("[^ ]+ *| +")
#: What begins no row, and what ends none, beside a wide character (JIS X 4051, without its finer classes).
_CLOSING: Final = frozenset(
    " ,.!?;:)]}%'\"’”…‥、。，．！？；：）］｝」』】〉》〕〗〙〟・ー～々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎ"
    "ァィゥェォッャュョヮヵヶ"
)
_OPENING: Final = frozenset("([{‘“（［｛「『【〈《〔〖〘〝")


def wrap(fragments: TextRow, columns: int, indent: int = 0) -> list[TextRow]:
    """At least one row, each of at most `columns` columns."""
    if sum([len(text) if text.isascii() else columns + 1 for _, text in fragments]) <= columns:
        return [fragments]
    columns = max(1, columns - has_marks("".join([text for _, text in fragments])))
    rows = _Rows(columns, indent if columns - indent >= LEAST_TEXT else 0)
    for word in _words(fragments):
        rows.add(word)
    return [joined(row) for row in rows.rows]


def joined(row: Iterable[WordPart]) -> TextRow:
    """The parts as fragments, neighbours of one style as one."""
    return [(style, _text(list(run))) for style, run in groupby(row, lambda part: part[0])]


def _text(run: list[WordPart]) -> str:
    text = "".join([part for _, part, _ in run])
    if text.isascii():
        return text
    counted = list(map(get_cwidth, text))
    # As prompt_toolkit counts: but a mark at the end of a row it draws again, in a column of its own.
    if 0 not in counted and sum(counted) == sum([columns for _, _, columns in run]):
        return text
    return Cells(text, (cell for _, part, columns in run for cell in filled(part, columns)))


def _words(fragments: TextRow) -> Iterator[list[WordPart]]:
    """The parts of a line between which it may be broken, each with the spaces behind it."""
    word: list[WordPart] = []
    for fragment in fragments:
        for part in _parts(*fragment):
            if word and _may_break(word[-1][1], part[1]):
                yield word
                word = []
            word.append(part)
    yield word


def _parts(style: str, text: str) -> Iterator[WordPart]:
    for part in _PART.findall(text):
        if part.isascii():
            yield style, part, len(part)
        else:
            yield from cells([(style, part)])


def _may_break(left: str, right: str) -> bool:
    if left[-1] == " ":
        return right[0] != " "
    if not (is_wide(left[0]) or is_wide(right[0])):
        return False
    return left[-1] not in _OPENING and right[0] not in _CLOSING


class _Rows:
    """The rows so far. What is added goes to the end of the last one, or begins the next."""

    def __init__(self, columns: int, indent: int) -> None:
        self._columns, self._indent = columns, indent
        self._room = columns  # in the last row
        self.rows: list[list[WordPart]] = [[]]

    def add(self, word: list[WordPart]) -> None:
        """Add a word, whole where a row can hold it."""
        columns = sum([part[2] for part in word])
        if columns <= self._room:
            self.rows[-1] += word
            self._room -= columns
            return
        if self._room < columns - _spaces(word) <= self._columns - self._indent:
            self._break()
        for part in word:
            self._put(*part)

    def _put(self, style: str, text: str, columns: int) -> None:
        while columns > self._room:
            if not text.isascii():
                if columns > self._columns:  # a wide character in a terminal of one column
                    return
                self._break()
                continue
            if len(text.rstrip(" ")) <= self._room:  # a row ends at these spaces
                text, columns = text[: self._room], self._room
                break
            self.rows[-1].append((style, text[: self._room], self._room))
            text, columns = text[self._room :], columns - self._room
            self._break()
        self.rows[-1].append((style, text, columns))
        self._room -= columns

    def _break(self) -> None:
        self.rows.append([("", " " * self._indent, self._indent)] if self._indent else [])
        self._room = self._columns - self._indent


def _spaces(word: list[WordPart]) -> int:
    """How many spaces are at the end of the word."""
    text = "".join([text for _, text, _ in word])
    return len(text) - len(text.rstrip(" "))
