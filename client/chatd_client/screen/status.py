"""The status line, between the messages and the input line."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from chatd_client.screen.cells import width

_GLUE: Final = " · "


class Part(NamedTuple):
    """A part of the line; where it is too long, the parts with the lowest weight are left out first."""

    weight: int
    text: str


def fit(parts: Iterable[Part], columns: int) -> str:
    """The parts that fit, in their order, padded to `columns` cells; a single part too long is cut."""
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and width(_GLUE.join(part.text for part in kept)) > columns:
        kept.remove(min(kept))
    text = _GLUE.join(part.text for part in kept)
    while width(text) > columns:
        text = text[:-1]
    return text + " " * (columns - width(text))
