"""The status line, between the messages and the input line."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from chatd_client.screen.cells import width
from chatd_client.screen.wrapping import TextRow

_GLUE: Final = " · "


class Part(NamedTuple):
    """A part of the line. Where it is too long, the parts with the lowest weight are left out first.

    A part with `shorter`, which makes a form for so many columns, is shortened instead: to the columns of the
    first of its `steps`, from when on it has the weight of that step, and so on. What room is left is for it.
    """

    weight: int
    text: TextRow
    shorter: Callable[[int], TextRow] | None = None
    steps: tuple[tuple[int, int], ...] = ()

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
    while _columns(kept) > columns:
        lightest = min(kept, key=lambda part: part.weight)
        at = kept.index(lightest)
        if lightest.shorter is not None and lightest.steps:
            (to, weight), *steps = lightest.steps
            kept[at] = lightest._replace(weight=weight, text=lightest.shorter(to), steps=tuple(steps))
        elif len(kept) > 1:
            del kept[at]
        else:
            break
    for at, part in enumerate(kept):
        if part.shorter is not None:
            kept[at] = part._replace(text=part.shorter(max(0, columns - _columns(kept) + part.columns)))
    row = [piece for part in kept for piece in [("", _GLUE), *part.text]][1:]
    return _padded(_cut(row, columns), columns)


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
