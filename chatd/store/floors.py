"""Up to which ids entries are not shown any more: they are about to be removed, or were."""

from typing import Final

from msgspec.structs import replace

from chatd.state.stored_accounts import CaughtUp
from chatd.state.stored_entries import Conversation, Found, Gap, Missed, MissedPage, Page, Span, StoredEntry


class Floors:
    """A floor is the id of an entry; 0: there is none. It only rises. `rooms` are by their numbers; all
    direct messages have one. Shared by all who read."""

    __slots__ = ("direct", "rooms")

    def __init__(self, rooms: dict[int, int] | None = None, direct: int = 0) -> None:
        self.rooms: Final[dict[int, int]] = {} if rooms is None else rooms
        self.direct = direct

    def of(self, conversation: Conversation) -> int:
        """Also of 0 and a person, which stands for all of its direct messages."""
        first, second = conversation
        return self.direct if second else self.rooms.get(first, 0)

    def hide(self, entry: StoredEntry) -> bool:
        """Whether it is not shown any more."""
        return entry.id <= self.of((entry.first, entry.second))

    def raise_to(self, rooms: dict[int, int], direct: int) -> None:
        for number, floor in rooms.items():
            self.rooms[number] = max(floor, self.rooms.get(number, 0))
        self.direct = max(direct, self.direct)

    def page(self, conversation: Conversation, span: Span, page: Page) -> Page:
        """What may be shown of it now: the floor may have risen while it was read."""
        floor = self.of(conversation)
        if not page.entries or page.entries[0].id > floor:
            return page
        shown = [entry for entry in page.entries if entry.id > floor]
        return Page(shown, page.more and span.from_old)

    def found(self, found: Found) -> Found:
        """What may be shown of it now: a floor may have risen while it was searched for."""

        def shown(entry: StoredEntry | None) -> StoredEntry | None:
            return None if entry is None or self.hide(entry) else entry

        context = found.context and [
            (shown(before), shown(after))
            for entry, (before, after) in zip(found.entries, found.context, strict=True)
            if not self.hide(entry)
        ]
        entries = [entry for entry in found.entries if not self.hide(entry)]
        return replace(found, entries=entries, context=context)

    def caught_up(self, found: CaughtUp) -> CaughtUp:
        """What may be shown of it now."""
        first, rest = ([one for one in part if not self.hide(one)] for part in (found.first, found.rest))
        return CaughtUp(first, rest, found.more)

    def missed(self, missed: Missed, page: MissedPage) -> MissedPage:
        """The page with what may be shown of it now, and with the gaps that removing has made. (Of direct
        messages nobody knows whether any was this person's: 0 or more.)"""
        after = max(0, missed.after)
        gaps = {gap.number: gap for gap in page.gaps}
        for number in (*missed.rooms, 0):
            floor = self.of((number, 0) if number else (0, missed.person))
            if floor > after:
                gap = gaps.get(number, Gap(number, 0, after, 0))
                gaps[number] = Gap(number, gap.count + bool(number), after, max(gap.before, floor + 1))
        entries = [entry for entry in page.entries if not self.hide(entry)]
        return MissedPage(entries, page.more, list(gaps.values()), page.keys)
