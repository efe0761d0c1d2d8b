"""The line between what is said and what is typed."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from chatd_client.screen.wrapping import width

_GLUE: Final = " · "


class Part(NamedTuple):
    """A piece of the line; where room is short, those with the lowest weight go first."""

    weight: int
    text: str


def fit(parts: Iterable[Part], columns: int) -> str:
    """As many parts as there is room for, in their order; cut where even one is too long."""
    kept = [part for part in parts if part.text]
    while len(kept) > 1 and width(_GLUE.join(part.text for part in kept)) > columns:
        kept.remove(min(kept))
    text = _GLUE.join(part.text for part in kept)
    while width(text) > columns:
        text = text[:-1]
    return text + " " * (columns - width(text))
