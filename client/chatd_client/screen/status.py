"""The status line, between the messages and the input line."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from chatd_client.screen.cells import width
from chatd_client.screen.wrapping import TextRow

_GLUE: Final = " · "


class Part(NamedTuple):
    """A part of the line. Where it is too long, the parts with the lowest weight are left out first; one that
    has a `shorter` form, given the columns that there are for it, is shortened before those of more weight
    than its own are left out.
    """

    weight: int
    text: TextRow
    shorter: Callable[[int], TextRow] | None = None

    @property
    def columns(self) -> int:
        """What it takes."""
        return columns_of(self.text)


def plain(weight: int, text: str) -> Part:
    """A part without styles."""
    return Part(weight, [("", text)] if text else [])


def columns_of(row: TextRow) -> int:
    """How wide it is drawn."""
    return sum(width(text) for _, text in row)


def fit(parts: Iterable[Part], columns: int) -> TextRow:
    """The parts that fit, in their order, padded to `columns` cells; a single part too long is cut."""
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and _columns(kept) > columns:
        lightest = min(kept, key=lambda part: part.weight)
        at = kept.index(lightest)
        if lightest.shorter is None:
            del kept[at]
        else:
            kept[at] = lightest._replace(weight=_LAST, text=lightest.shorter(0))
    for at, part in enumerate(kept):
        if part.shorter is not None and (part.weight == _LAST or _columns(kept) > columns):
            kept[at] = part._replace(text=part.shorter(columns - _columns(kept) + part.columns))
    row = [piece for part in kept for piece in [("", _GLUE), *part.text]][1:]
    return _padded(_cut(row, columns), columns)


#: The weight of a part that was shortened: the others go before it. What they leave is for it.
_LAST: Final = 1000


def _columns(parts: Sequence[Part]) -> int:
    return sum(part.columns for part in parts) + width(_GLUE) * (len(parts) - 1)


def _cut(row: TextRow, columns: int) -> TextRow:
    kept: TextRow = []
    for style, text in row:
        end = len(text)
        while end and columns_of(kept) + width(text[:end]) > columns:
            end -= 1
        kept.append((style, text[:end]))
    return kept


def _padded(row: TextRow, columns: int) -> TextRow:
    return [*row, ("", " " * (columns - columns_of(row)))]
