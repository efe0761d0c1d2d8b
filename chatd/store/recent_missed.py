"""What a person missed, out of shelves."""

from dataclasses import dataclass

from chatd.state.stored_entries import PAGE_LIMIT, Gap, MissedPage, StoredEntry
from chatd.store.shelves import Shelf


@dataclass(frozen=True, slots=True)
class MissedPlace:
    """A conversation of which somebody missed what is above the id `after`: a room by its number, or with 0
    all direct messages. The shelf has what there is above the ids `forgotten` and `floor`."""

    number: int
    shelf: Shelf | None
    after: int
    forgotten: int
    floor: int

    def gap(self, cut: int, lost: int) -> Gap | None:
        """What is left out up to the id `cut`, and what is not there any more; up to `lost` nobody knows
        whether there was anything."""
        after, shelf = self.after, self.shelf
        count = shelf.count(after, cut) if shelf is not None and cut > after else 0
        before = max(self.forgotten, self.floor, lost, cut if count else 0)
        if before <= after:
            return None
        # The floor of all direct messages need not be one of this person's.
        count += max(self.forgotten, self.floor if self.number else 0) > after
        return Gap(self.number, count, after, before + 1)


def missed_page(places: list[MissedPlace], after: int, most: int | None, lost: int) -> MissedPage:
    """A page of all of them; of the newest `most` of all, where that is asked for."""
    found = [(place.shelf, place.after) for place in places if place.shelf is not None]
    cut = after if most is None else _cut(found, after, most)
    gaps = [gap for place in places if (gap := place.gap(cut, lost)) is not None]
    entries = _oldest([(shelf, max(cut, after)) for shelf, after in found])
    return MissedPage(entries[:PAGE_LIMIT], len(entries) > PAGE_LIMIT, gaps)


def _cut(shelves: list[tuple[Shelf, int]], cut: int, most: int) -> int:
    """The id above which the newest `most` entries are, of those that are after the id of each shelf; `cut`,
    where there are not more."""
    ids = sorted(id for shelf, after in shelves for id in shelf.ids_after(after))
    return ids[len(ids) - most - 1] if len(ids) > most else cut


def _oldest(shelves: list[tuple[Shelf, int]]) -> list[StoredEntry]:
    """The first ones after the id of each, in order; one more than a page has."""
    entries = [entry for shelf, after in shelves for entry in shelf.first_after(after, PAGE_LIMIT + 1)]
    entries.sort(key=lambda entry: entry.id)
    return entries[: PAGE_LIMIT + 1]
