"""The newest entries in memory: which they are, and what is said of those that are forgotten."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.entry_rows import deleted, stored
from chatd.state.rooms import Room
from chatd.state.stored_entries import Gap, Missed, Page, Span, StoredEntry, pair_of
from chatd.store import floors, recent_entries
from chatd.store.memory import MemoryLog
from chatd.store.recent_entries import RecentEntries
from tests.support.logs import Journal
from tests.support.missed_model import (
    DEV,
    LOBBY,
    OPS,
    STEPS,
    MissedAsked,
    SaidBy,
    check_place,
    compare,
    is_of,
    what_was_missed,
)


def kept(most: int) -> Journal:
    """The first id of a clock that stands at 0 is 1, and so on."""
    return Journal(MemoryLog(lambda: 0, recent=most))


def ids(journal: Journal, missed: Missed) -> tuple[list[int], list[Gap]]:
    [page] = journal.all_missed(missed)
    return [entry.id for entry in page.entries], page.gaps


def test_what_a_person_missed() -> None:
    journal = kept(100)
    for room in (LOBBY, DEV, OPS, LOBBY):
        journal.say("x", room=room)
    journal.write("to bob")
    assert ids(journal, Missed(7, (1, 3), 0, 5000)) == ([1, 3, 4, 5], [])
    assert ids(journal, Missed(7, (1, 1, 9), 1, 5000)) == ([4, 5], [])
    assert ids(journal, Missed(13, (1,), 1, 5000)) == ([4], [])
    assert ids(journal, Missed(7, (1, 3), -5, 2)) == ([4, 5], [Gap(1, 1, 0, 4), Gap(3, 1, 0, 4)])
    assert ids(journal, Missed(7, (1, 3), 0, 0)) == (
        [],
        [Gap(1, 2, 0, 6), Gap(3, 1, 0, 6), Gap(0, 1, 0, 6)],
    )
    for future in (5, 6, 2**53, 2**80):
        assert ids(journal, Missed(7, (1, 3), future, 5000)) == ([], [])


def test_a_gap_is_where_something_is_forgotten() -> None:
    journal = kept(3)
    for room in (LOBBY, DEV, LOBBY):
        journal.say("x", room=room)
    everything = Missed(7, (1, 2, 3), 0, 5000)
    assert ids(journal, everything) == ([1, 2, 3], [])
    journal.say("x")
    journal.say("x")
    assert ids(journal, everything) == ([3, 4, 5], [Gap(1, 1, 0, 2), Gap(2, 1, 0, 3)])
    assert ids(journal, Missed(7, (1, 2, 3), 1)) == ([3, 4, 5], [Gap(2, 1, 1, 3)])
    assert ids(journal, Missed(7, (1, 2, 3), 2)) == ([3, 4, 5], [])


def test_where_too_many_came_for_a_look_at_them_there_may_be_a_gap_anywhere() -> None:
    journal = kept(3)
    for _ in range(5):
        journal.say("x")
    assert ids(journal, Missed(7, (1, 2), 0, 5000)) == (
        [3, 4, 5],
        [Gap(1, 0, 0, 3), Gap(2, 0, 0, 3), Gap(0, 0, 0, 3)],
    )
    assert ids(journal, Missed(7, (1, 2), 2, 5000)) == ([3, 4, 5], [])


def test_of_so_many_conversations_it_is_known_that_they_have_forgotten_something() -> None:
    journal = kept(1)
    for number in range(1, 5):
        journal.say("x", room=Room("x", DEFAULT, number))
        journal.history()
    assert recent_entries._KNOWN == 2
    assert ids(journal, Missed(7, (1, 2, 3), 0)) == (
        [],
        [Gap(1, 0, 0, 2), Gap(2, 1, 0, 3), Gap(3, 1, 0, 4), Gap(0, 0, 0, 2)],
    )


@given(STEPS)
def test_as_a_plain_list_has_it(steps: list[SaidBy | MissedAsked]) -> None:
    journal = kept(100)
    everything: list[StoredEntry] = []
    for step in steps:
        if isinstance(step, MissedAsked):
            missed = step.of(everything)
            compare(everything, missed, journal.all_missed(missed))
        else:
            everything.append(step.said(journal))


@given(STEPS, st.integers(1, 8))
def test_what_is_not_there_lies_in_a_gap(steps: list[SaidBy | MissedAsked], most: int) -> None:
    journal = kept(most)
    everything: list[StoredEntry] = []
    for step in steps:
        if isinstance(step, SaidBy):
            everything.append(step.said(journal))
            continue
        missed = step.of(everything)
        [page] = journal.all_missed(missed)
        entries, _ = what_was_missed(everything[-most:], missed)
        assert page.entries == entries
        gaps = {gap.number: gap for gap in page.gaps}
        for entry in everything:
            number = is_of(missed, entry)
            if number is not None and entry not in entries:
                assert gaps[number].after < entry.id < gaps[number].before
        for gap in page.gaps:
            check_place(everything, missed, entries, gap)


def test_pages_of_500() -> None:
    journal = kept(2000)
    for number in range(1101):
        journal.say("x", room=LOBBY if number % 2 else DEV)
    pages = journal.all_missed(Missed(7, (1, 2), 0, 1050))
    assert [len(page.entries) for page in pages] == [500, 500, 50]
    assert [entry.id for page in pages for entry in page.entries] == [*range(52, 1102)]
    assert pages[0].gaps == [Gap(1, 25, 0, 52), Gap(2, 26, 0, 52)]


def test_a_page_is_whole_where_nothing_that_is_forgotten_could_belong_to_it() -> None:
    recent = RecentEntries(4)
    journal = kept(100)
    for number in range(1, 7):
        recent.note(journal.say(str(number), room=LOBBY if number % 2 else DEV))

    def texts(page: Page | None) -> list[str] | None:
        return None if page is None else [entry.text for entry in page.entries]

    assert recent.floor == 0
    assert texts(recent.whole((1, 0), Span(1))) == ["5"]
    assert recent.floor == 2
    assert recent.whole((1, 0), Span(2)) is None  # whether there is more is not known
    assert texts(recent.whole((1, 0), Span(9, after=2))) == ["3", "5"]
    assert texts(recent.whole((9, 0), Span(9, after=2))) == []
    assert recent.whole((1, 0), Span(9, after=1)) is None
    assert texts(recent.whole((2, 0), Span(1, before=7))) == ["6"]
    assert recent.whole((2, 0), Span(1, before=6)) is None
    assert recent.whole((2, 0), Span(1, before=-1)) is None


def test_it_begins_with_those_of_before() -> None:
    journal, recent = kept(100), RecentEntries(3)
    entries = [stored(journal.say("x")) for _ in range(3)]
    recent.begin(entries[1:], 1)
    assert recent.missed(Missed(7, (1,), 1, 50)).entries == entries[1:]
    recent.note(journal.say("x"))
    recent.note(journal.say("x"))
    recent.sort()
    assert recent.floor == 2
    assert [entry.id for entry in recent.missed(Missed(7, (1,), 2)).entries] == [3, 4, 5]


@pytest.mark.parametrize("count", [300, 1500])
def test_what_is_dropped_does_not_stay(count: int) -> None:
    journal = kept(10)
    for _ in range(count):
        journal.write("x")
        journal.history()
    recent = journal.log._recent  # type: ignore[attr-defined]
    for shelf in recent._shelves.values():
        assert len(shelf.entries) <= 10 + 2 * 257
    assert len(journal.history(pair_of(7, 11))) == 10


def test_what_is_deleted_is_so_on_every_shelf() -> None:
    journal = kept(3)
    journal.say("one")
    letter = stored(journal.write("two"))
    journal.write("three", to=journal.alice)
    log = journal.log
    assert isinstance(log, MemoryLog)
    recent = log._recent
    recent.delete(letter, "eve")
    recent.delete(letter, "bob")
    texts = ["three", "eve", "one"]
    assert [entry.text for entry in recent.newest()] == texts
    for person in (7, 11):
        [page] = journal.all_missed(Missed(person, (), 0))
        assert "eve" in [entry.text for entry in page.entries]
    assert journal.history(pair_of(7, 11))[0].text == "eve"
    for text in ("four", "five", "six"):
        journal.say(text)
    assert [entry.text for entry in journal.history()] == ["four", "five", "six"]
    recent.delete(letter, "bob")  # it is forgotten by now
    assert [entry.text for entry in recent.newest()] == ["six", "five", "four"]


def test_of_what_was_deleted_the_newest_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floors, "_DELETED", 2)
    journal, known = kept(9), floors.Floors()
    entries = [stored(journal.say(text)) for text in "abc"]
    for entry in entries:
        known.note_deleted(deleted(entry, "bob"))
    shown = [known.shown(entry) for entry in entries]
    assert [one and one.text for one in shown] == ["a", "bob", "bob"]
