"""What is not shown any more, also not to somebody who asked before.

Entries up to some id are about to be removed, or were; others were deleted since they were read.
"""

from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from chatd.state.stored_accounts import CaughtUp
from chatd.state.stored_entries import (
    ERASED,
    UNSAID,
    Conversation,
    Found,
    Gap,
    Missed,
    MissedPage,
    Page,
    Span,
    StoredEntry,
)
from chatd.store.erased import without

#: Deleted entries that are known, the newest: who asked before they were deleted has an answer long before so
#: many more are.
_DELETED: Final = 10_000


class Floors:
    """A floor is the id of an entry; 0: there is none. It only rises. `rooms` are by their numbers; all
    direct messages have one. `erased` are persons of whom nothing is shown any more. Shared by all who
    read."""

    __slots__ = ("_deleted", "direct", "erased", "rooms")

    def __init__(self, rooms: dict[int, int] | None = None, direct: int = 0) -> None:
        self.rooms: Final[dict[int, int]] = {} if rooms is None else rooms
        self.direct = direct
        self.erased: Final[set[int]] = set()
        self._deleted: Final[dict[int, StoredEntry]] = {}

    def of(self, conversation: Conversation) -> int:
        """Also of 0 and a person, which stands for all of its direct messages."""
        first, second = conversation
        return self.direct if second else self.rooms.get(first, 0)

    def with_own(self, rooms: Iterable[int], own: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Those of rooms that have any, for somebody who has floors of its own."""
        floors = dict(own)
        highest = ((number, max(floors.get(number, 0), self.rooms.get(number, 0))) for number in rooms)
        return {number: floor for number, floor in highest if floor}

    def hide(self, entry: StoredEntry) -> bool:
        """Whether it is not shown any more."""
        return entry.id <= self.of((entry.first, entry.second))

    def note_deleted(self, entry: StoredEntry) -> None:
        """It is this from now on, whatever was read of it before."""
        deleted = self._deleted
        deleted.setdefault(entry.id, entry)
        if len(deleted) > _DELETED:
            del deleted[next(iter(deleted))]

    def unname_deleted(self, ids: Iterable[int]) -> None:
        """Who deleted these has no name any more."""
        for id in ids:
            if id in self._deleted:
                self._deleted[id] = replace(self._deleted[id], text=ERASED)

    def shown(self, entry: StoredEntry) -> StoredEntry | None:
        """What may be shown of an entry that was read before."""
        if self.hide(entry):
            return None
        entry = self._deleted.get(entry.id, entry)
        return without(self.erased, entry) if self.erased else entry

    def _said(self, entry: StoredEntry) -> bool:
        """Whether it is shown, and was not deleted since it was read."""
        shown = self.shown(entry)
        return shown is not None and shown.kind not in UNSAID

    def _shown(self, entries: list[StoredEntry]) -> list[StoredEntry]:
        return [entry for read in entries if (entry := self.shown(read)) is not None]

    def raise_to(self, rooms: dict[int, int], direct: int) -> None:
        for number, floor in rooms.items():
            self.rooms[number] = max(floor, self.rooms.get(number, 0))
        self.direct = max(direct, self.direct)

    def page(self, conversation: Conversation, span: Span, page: Page) -> Page:
        """What may be shown of it now: the floor may have risen while it was read."""
        below = bool(page.entries) and page.entries[0].id <= self.of(conversation)
        if not below and not self._deleted and not self.erased:
            return page
        return Page(self._shown(page.entries), page.more and (span.from_old or not below))

    def found(self, found: Found) -> Found:
        """What may be shown of it now: a floor may have risen while it was searched for."""

        def shown(entry: StoredEntry | None) -> StoredEntry | None:
            return entry and self.shown(entry)

        context = found.context and [
            (shown(before), shown(after))
            for entry, (before, after) in zip(found.entries, found.context, strict=True)
            if self._said(entry)
        ]
        entries = [entry for entry in found.entries if self._said(entry)]
        return replace(found, entries=entries, context=context)

    def caught_up(self, found: CaughtUp) -> CaughtUp:
        """What may be shown of it now."""
        first, rest = ([one for one in part if self._said(one)] for part in (found.first, found.rest))
        return CaughtUp(first, rest, found.more)

    def missed(self, missed: Missed, page: MissedPage) -> MissedPage:
        """The page with what may be shown of it now, and with the gaps that removing has made. (Of direct
        messages nobody knows whether any was this person's: 0 or more.)"""
        own = dict(missed.floors)
        gaps = {gap.number: gap for gap in page.gaps}
        for number in (*missed.rooms, 0):
            floor = self.of((number, 0) if number else (0, missed.person))
            after = max(0, missed.after, own.get(number, 0))
            if floor > after:
                gap = gaps.get(number, Gap(number, 0, after, 0))
                gaps[number] = Gap(number, gap.count + bool(number), after, max(gap.before, floor + 1))
        return MissedPage(self._shown(page.entries), page.more, list(gaps.values()), page.keys)
