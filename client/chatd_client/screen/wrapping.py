"""Wrapping a line to rows of cells.

A row ends after a space where it can, or beside a wide character, since Chinese and Japanese are written
without spaces. A word that is longer than a row begins where it stands and is broken at the ends of rows. Not
so an address: one that does not fit behind the indent begins a row of its own, and goes on without an indent.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from prompt_toolkit.utils import get_cwidth

from chatd_client.screen.cells import Cells, cells, filled, has_marks, is_wide
from chatd_client.screen.links import LINK, LinkCells

#: (style, text), as prompt_toolkit writes it.
Fragment = tuple[str, str]
TextRow = list[Fragment]
#: A style, and the whole address of which a text is a part, or "".
LinkedStyle = tuple[str, str]
#: A cell, or some ASCII with the spaces behind it: its style, the text, its columns.
WordPart = tuple[LinkedStyle, str, int]

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
    if sum([_ascii_columns(*fragment, columns) for fragment in fragments]) <= columns:
        return [fragments]
    columns = max(1, columns - has_marks("".join([text for _, text in fragments])))
    rows = _Rows(columns, indent if columns - indent >= LEAST_TEXT else 0)
    for word in _words(fragments):
        rows.add(word)
    return [joined(row) for row in rows.rows]


def joined(row: Iterable[WordPart]) -> TextRow:
    """The parts as fragments, neighbours of one style as one."""
    return [(linked[0], _text(list(run), linked[1])) for linked, run in groupby(row, itemgetter(0))]


def _ascii_columns(style: str, text: str, columns: int) -> int:
    """The columns of ASCII; of anything else too many."""
    return len(text) if text.isascii() and LINK not in style else columns + 1


def _text(run: list[WordPart], url: str) -> str:
    text = "".join([text for _, text, _ in run])
    if url:
        return LinkCells.of(text, _drawn(run), url)
    if text.isascii():
        return text
    counted = list(map(get_cwidth, text))
    # As prompt_toolkit counts: but a mark at the end of a row it draws again, in a column of its own.
    if 0 not in counted and sum(counted) == sum([columns for _, _, columns in run]):
        return text
    return Cells(text, _drawn(run))


def _drawn(run: list[WordPart]) -> Iterator[str]:
    return (cell for _, text, columns in run for cell in filled(text, columns))


def _words(fragments: TextRow) -> Iterator[list[WordPart]]:
    """The parts of a line between which it may be broken, each with the spaces behind it."""
    word: list[WordPart] = []
    for fragment in fragments:
        for part in _parts(*fragment):
            if word and _may_break(word[-1], part):
                yield word
                word = []
            word.append(part)
    yield word


def _parts(style: str, text: str) -> Iterator[WordPart]:
    linked = style, text if LINK in style else ""
    for part in _PART.findall(text):
        if part.isascii():
            yield linked, part, len(part)
        else:
            yield from cells([(linked, part)])


def _may_break(left: WordPart, right: WordPart) -> bool:
    (before, text, _), behind = left, right[1][0]
    if text[-1] == " ":
        return behind != " "
    if not (is_wide(text[0]) or is_wide(behind)) or (before[1] and right[0][1]):
        return False
    return text[-1] not in _OPENING and behind not in _CLOSING


class _Rows:
    """The rows so far. What is added goes to the end of the last one, or begins the next."""

    def __init__(self, columns: int, indent: int) -> None:
        self._columns, self._indent = columns, indent
        self._room = columns  # in the last row
        self._begun = True  # nothing but an indent is in it
        self.rows: list[list[WordPart]] = [[]]

    def add(self, word: list[WordPart]) -> None:
        """Add a word, whole where a row can hold it."""
        columns = sum([columns for _, _, columns in word])
        if columns <= self._room:
            self.rows[-1] += word
            self._room -= columns
            self._begun = False
            return
        bare = columns - _spaces(word)
        link = False
        if bare > self._columns - self._indent:
            link = self._room < bare
        elif bare > self._room:
            self._break(self._indent)
        for part in word:
            if link and part[0][1]:
                self._break(0)
                link = False
            self._put(part)

    def _put(self, part: WordPart) -> None:
        style, text, columns = part
        while columns > self._room:
            if not text.isascii():
                if columns > self._columns:  # a wide character in a terminal of one column
                    return
            elif len(text.rstrip(" ")) <= self._room:  # a row ends at these spaces
                text, columns = text[: self._room], self._room
                break
            elif self._room:
                self.rows[-1].append((style, text[: self._room], self._room))
                text, columns = text[self._room :], columns - self._room
                self._begun = False
            self._break(0 if style[1] else self._indent)
        self.rows[-1].append((style, text, columns))
        self._room -= columns
        self._begun = False

    def _break(self, indent: int) -> None:
        """Begin a row, or the last one again if nothing is in it."""
        if self._begun:
            self.rows.pop()
        self.rows.append([(("", ""), " " * indent, indent)] if indent else [])
        self._room = self._columns - indent
        self._begun = True


def _spaces(word: list[WordPart]) -> int:
    """How many spaces are at the end of the word."""
    text = "".join([text for _, text, _ in word])
    return len(text) - len(text.rstrip(" "))
