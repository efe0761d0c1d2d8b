"""What the log keeps of an entry, and how it is read again: without sessions and rooms, which come and go."""

from enum import IntEnum
from typing import Final

import msgspec

#: A room's number and 0; or the numbers of two persons, the lower one first.
Conversation = tuple[int, int]


class EntryKind(IntEnum):
    """What an entry is. The numbers are stored."""

    MESSAGE = 0
    TOPIC = 1
    ACTION = 2


class StoredEntry(msgspec.Struct, frozen=True, array_like=True):
    """An entry as it is kept: `first` and `second` are its conversation, `person` is who said it, under the
    name `sender`."""

    first: int
    second: int
    id: int
    at: int
    sender: str
    person: int
    kind: EntryKind
    key: str | None
    text: str


class StoredRoom(msgspec.Struct, frozen=True, array_like=True):
    """A room as it is kept. One without a name is gone; its number is not used again."""

    number: int
    name: str | None
    topic: str = ""


class Span(msgspec.Struct, frozen=True):
    """Which entries of a conversation to read: at most `limit`, the newest of those `before` an id, or the
    oldest of those `after` one (and before the other, where both are given)."""

    limit: int
    before: int | None = None
    after: int | None = None


class Page(msgspec.Struct, frozen=True):
    """What was read, in order; `more` says whether the span held more than its limit."""

    entries: list[StoredEntry]
    more: bool


#: Entries that a page has at most.
PAGE_LIMIT: Final = 500


def pair_of(one: int, other: int) -> Conversation:
    """The conversation of two persons."""
    return (one, other) if one <= other else (other, one)
