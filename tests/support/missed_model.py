"""What a person missed, worked out of a plain list of all entries there ever were; and what may happen."""

from dataclasses import dataclass

from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.entry_rows import stored
from chatd.state.rooms import Room
from chatd.state.sessions import Session
from chatd.state.stored_entries import Gap, Missed, MissedPage, StoredEntry
from tests.support.logs import Journal, speaker

LOBBY, DEV, OPS = (Room(name, DEFAULT, number) for number, name in enumerate(("lobby", "dev", "ops"), 1))
PEOPLE = [speaker(f"p{number}", number) for number in (7, 11, 13)]


@dataclass(frozen=True)
class SaidBy:
    """Somebody says something: in a room, or else to somebody."""

    by: Session
    room: Room | None
    to: Session

    def said(self, journal: Journal) -> StoredEntry:
        if self.room is None:
            return stored(journal.write("x", self.to, self.by))
        return stored(journal.say("x", room=self.room, by=self.by))


@dataclass(frozen=True)
class MissedAsked:
    """Somebody asks for what there is above the id of the entry with this number, or above an id of the
    future, or with -1 above one that is negative. `floors` are rooms with such numbers."""

    person: int
    rooms: tuple[int, ...]
    number: int
    most: int | None
    floors: tuple[tuple[int, int], ...] = ()

    def of(self, everything: list[StoredEntry]) -> Missed:
        after = id_of(self.number, everything) if self.number >= 0 else -1
        floors = tuple((room, id_of(number, everything)) for room, number in self.floors)
        return Missed(self.person, self.rooms, after, self.most, floors)


def id_of(number: int, everything: list[StoredEntry]) -> int:
    """That of the entry with this number, or one of the future."""
    if 0 <= number < len(everything):
        return everything[number].id
    return number + (everything[-1].id if everything else 0)


#: Of some rooms, by numbers of entries.
FLOORS = st.dictionaries(st.sampled_from([1, 2, 3, 9]), st.integers(0, 40), max_size=3).map(
    lambda floors: tuple(floors.items())
)


SAID = st.builds(
    SaidBy, st.sampled_from(PEOPLE), st.sampled_from([LOBBY, DEV, OPS, None]), st.sampled_from(PEOPLE)
)
ASKED = st.builds(
    MissedAsked,
    st.sampled_from([7, 11, 13, 17]),
    st.lists(st.sampled_from([1, 2, 3, 9])).map(tuple),
    st.integers(-1, 40),
    st.one_of(st.none(), st.integers(0, 10)),
    FLOORS,
)
STEPS = st.lists(st.one_of(SAID, ASKED), max_size=40)


def is_of(missed: Missed, entry: StoredEntry) -> int | None:
    """The number under which the entry was missed (0 for a direct message); None: it was not."""
    if entry.id <= missed.after:
        return None
    if entry.second:
        return 0 if missed.person in (entry.first, entry.second) else None
    hidden = entry.id <= dict(missed.floors).get(entry.first, 0)
    return entry.first if entry.first in missed.rooms and not hidden else None


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
    assert gap.after == max(0, missed.after, dict(missed.floors).get(gap.number, 0))
