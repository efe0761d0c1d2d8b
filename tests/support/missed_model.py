"""What a person missed, worked out of a plain list of all entries there ever were."""

from chatd.state.stored_entries import Gap, Missed, MissedPage, StoredEntry


def is_of(missed: Missed, entry: StoredEntry) -> int | None:
    """The number under which the entry was missed (0 for a direct message); None: it was not."""
    if entry.id <= missed.after:
        return None
    if entry.second:
        return 0 if missed.person in (entry.first, entry.second) else None
    return entry.first if entry.first in missed.rooms else None


def what_was_missed(
    everything: list[StoredEntry], missed: Missed
) -> tuple[list[StoredEntry], dict[int, int]]:
    """The entries, and how many are left out of each conversation."""
    found = [entry for entry in everything if is_of(missed, entry) is not None]
    most = len(found) if missed.most is None else missed.most
    left_out: dict[int, int] = {}
    for entry in found[: max(0, len(found) - most)]:
        number = is_of(missed, entry)
        assert number is not None
        left_out[number] = left_out.get(number, 0) + 1
    return found[max(0, len(found) - most) :], left_out


def compare(everything: list[StoredEntry], missed: Missed, pages: list[MissedPage]) -> None:
    """Hold what a log that forgets nothing answered against the list."""
    entries, left_out = what_was_missed(everything, missed)
    assert [entry for page in pages for entry in page.entries] == entries
    assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
    assert all(page.gaps == [] for page in pages[1:])
    gaps = pages[0].gaps
    assert {gap.number: gap.count for gap in gaps} == left_out
    for gap in gaps:
        check_place(everything, missed, entries, gap)


def check_place(everything: list[StoredEntry], missed: Missed, kept: list[StoredEntry], gap: Gap) -> None:
    """What was left out lies in the gap, and nothing else of the conversation does."""
    inside = [
        entry
        for entry in everything
        if is_of(missed, entry) == gap.number and gap.after < entry.id < gap.before
    ]
    assert len(inside) >= gap.count and not set(map(id, inside)) & set(map(id, kept))
    assert gap.after == max(0, missed.after)
