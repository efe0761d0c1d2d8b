"""What is kept no longer is not shown any more, and goes: number 13 of the contract, on every engine."""

from pathlib import Path

import pytest

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.stored_entries import Found, Gap, Missed, NotFound, Span, Wanted, pair_of
from chatd.store import scanning
from chatd.store.floors import Floors
from chatd.store.recent_entries import RecentEntries
from chatd.store.sqlite.engine import SqliteLog
from tests.support.calendars import TODAY, Calendar, KeepingOpener, forgetful
from tests.support.logs import Answer, Journal, memory, sqlite
from tests.support.search_model import at_once, indexed


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd.store.sqlite.unhurried.PAUSE", 0.0)


every_engine = pytest.mark.parametrize("engine", [memory, sqlite, forgetful])


def said(journal: Journal, count: int, room: Room | None = None) -> list[int]:
    """So many messages; their ids."""
    before = len(journal.entries("published"))
    for number in range(count):
        journal.say(str(number), room=room)
    journal.wait_for("published", before + count)
    return [entry.id for entry in journal.entries("published")[before:]]


def shown(journal: Journal, span: Span, conversation: tuple[int, int] = (1, 0)) -> tuple[list[str], bool]:
    page = journal.page(conversation, span)
    assert page is not None
    return [entry.text for entry in page.entries], page.more


@every_engine
def test_13_by_their_number(engine: KeepingOpener, tmp_path: Path) -> None:
    with engine(tmp_path, keep=KeepRule(count=3)) as journal:
        ids = said(journal, 9)
        journal.write("psst")
        journal.wait_for("published", 10)
        journal.look()
        assert shown(journal, Span(500)) == (["6", "7", "8"], False)
        assert shown(journal, Span(2)) == (["7", "8"], True)
        assert shown(journal, Span(9, before=ids[6])) == ([], False)
        assert shown(journal, Span(9, before=ids[2])) == ([], False)
        assert shown(journal, Span(2, after=0)) == (["6", "7"], True)
        assert shown(journal, Span(9, after=ids[6])) == (["7", "8"], False)
        assert shown(journal, Span(4, around=ids[3])) == (["6", "7"], False)
        assert shown(journal, Span(4, around=ids[7])) == (["6", "7", "8"], False)
        assert shown(journal, Span(9, since=0)) == (["6", "7", "8"], False)
        assert [entry.text for entry in journal.history(pair_of(7, 11))] == ["psst"]  # by their age only
        assert journal.log.floor((1, 0)) == ids[5]
        assert journal.log.floor(pair_of(7, 11)) == journal.log.floor((2, 0)) == 0


@every_engine
def test_13_by_their_age(engine: KeepingOpener, tmp_path: Path) -> None:
    calendar = Calendar()
    with engine(tmp_path, now=calendar, keep=KeepRule(age=90 * DAY)) as journal:
        for number in range(5):
            journal.say(str(number))
            journal.write(str(number))
            journal.wait_for("published", 2 * number + 2)
            calendar.pass_days(30)
        journal.look()
        assert shown(journal, Span(500)) == (["2", "3", "4"], False)
        assert [entry.text for entry in journal.history(pair_of(7, 11))] == ["2", "3", "4"]
        calendar.at = TODAY - 1000 * DAY  # a clock that is set back
        said(journal, 1)
        journal.look()
        assert shown(journal, Span(500)) == (["2", "3", "4", "0"], False)
        calendar.at = TODAY + 900 * DAY
        journal.look()
        assert shown(journal, Span(500)) == ([], False)


@every_engine
def test_13_a_room_has_a_rule_of_its_own(engine: KeepingOpener, tmp_path: Path) -> None:
    """It keeps less than the server, never more."""
    calendar = Calendar()
    rooms = [Room(name, DEFAULT, number) for number, name in enumerate(("few", "all", "old", "as"), 2)]
    few, every, old, as_the_server = rooms
    with engine(tmp_path, now=calendar, keep=KeepRule(age=10 * DAY, count=5)) as journal:
        journal.log.keep(few, None, 2)
        journal.log.keep(every, 0, 0)
        journal.log.keep(old, 100, None)
        journal.log.keep(as_the_server, 1, 1)
        journal.log.keep(as_the_server, None, None)
        for room in rooms:
            said(journal, 9, room)
        journal.look()
        numbers = [len(journal.history((room.number, 0))) for room in rooms]
        assert numbers == [2, 5, 5, 5]
        journal.log.keep(every, 10**9, 4)
        journal.log.keep(old, 3, 10**9)
        journal.log.forget(few)
        calendar.pass_days(4)
        journal.look()
        numbers = [len(journal.history((room.number, 0))) for room in rooms]
        assert numbers == [2, 4, 0, 5]
        calendar.pass_days(7)
        journal.look()
        numbers = [len(journal.history((room.number, 0))) for room in rooms]
        assert numbers == [0, 0, 0, 0]


@every_engine
def test_13_a_room_keeps_less_where_the_server_keeps_all(engine: KeepingOpener, tmp_path: Path) -> None:
    calendar = Calendar()
    rooms = [Room(name, DEFAULT, number) for number, name in enumerate(("all", "few", "old"), 2)]
    with engine(tmp_path, now=calendar) as journal:
        for room, rule in zip(rooms, ((0, 0), (None, 2), (3, 0)), strict=True):
            journal.log.keep(room, *rule)
            said(journal, 5, room)
        calendar.pass_days(4)
        journal.look()
        assert [len(journal.history((room.number, 0))) for room in rooms] == [5, 2, 0]


@every_engine
def test_13_who_misses_it_is_told_of_a_gap(engine: KeepingOpener, tmp_path: Path) -> None:
    dev = Room("dev", DEFAULT, 2)
    calendar = Calendar()
    with engine(tmp_path, now=calendar, keep=KeepRule(age=10 * DAY, count=3)) as journal:
        lobby = said(journal, 9)
        in_dev = said(journal, 2, dev)
        journal.look()
        [page] = journal.all_missed(Missed(7, (1, 2), lobby[0], 100))
        assert page.gaps == [Gap(1, 1, lobby[0], lobby[5] + 1)]
        assert [entry.id for entry in page.entries] == lobby[6:] + in_dev
        assert journal.all_missed(Missed(7, (1, 2), lobby[5], None))[0].gaps == []
        assert journal.all_missed(Missed(7, (1, 2), lobby[4], None))[0].gaps == [
            Gap(1, 1, lobby[4], lobby[5] + 1)
        ]
        [page] = journal.all_missed(Missed(7, (1, 2), lobby[0], 1))
        counts = {gap.number: (gap.count, gap.before) for gap in page.gaps}
        assert counts == {1: (4, in_dev[0] + 1), 2: (1, in_dev[0] + 1)}
        journal.write("psst")
        journal.wait_for("published", 12)
        calendar.pass_days(11)
        journal.look()
        direct = journal.entries("published")[-1].id
        [page] = journal.all_missed(Missed(99, (2,), lobby[0], 100))
        assert page.gaps == [Gap(2, 1, lobby[0], in_dev[1] + 1), Gap(0, 0, lobby[0], direct + 1)]


@every_engine
def test_13_everything_is_kept_unless_it_is_said(engine: KeepingOpener, tmp_path: Path) -> None:
    calendar = Calendar()
    with engine(tmp_path, now=calendar, keep=EVERYTHING) as journal:
        said(journal, 9)
        calendar.pass_days(10_000)
        journal.look()
        assert len(journal.history()) == 9


def test_floors_only_rise() -> None:
    floors = Floors({1: 5}, 7)
    floors.raise_to({1: 4, 2: 3}, 6)
    assert [floors.of(place) for place in ((1, 0), (2, 0), (3, 0), (4, 9), (0, 9))] == [5, 3, 0, 7, 7]


@pytest.mark.parametrize("engine", [memory, sqlite])
def test_a_floor_that_rises_while_a_search_is_under_way(
    engine: KeepingOpener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it has found by then is not shown either, nor what stood before or after a hit."""
    monkeypatch.setattr(scanning, "_SLICE", 0)
    with at_once(), engine(tmp_path) as journal:
        ids = said(journal, 4)
        for text in ("x", "y", "x"):
            journal.say(text)
        journal.wait_for("published", 7)
        indexed(journal)
        journal.history()  # in memory they are sorted onto their shelves
        answer: Answer[Found | NotFound] = Answer()
        assert journal.log.search(Wanted((), ((1, 0),), 500, "alice", context=True), answer)
        assert not answer.found
        recent_of(journal).raise_floors({1: ids[2]})
        found = answer.wait()
        assert isinstance(found, Found) and found.context is not None
        assert [entry.text for entry in found.entries] == ["x", "y", "x", "3"]
        assert [before and before.text for before, _ in found.context] == ["y", "x", "3", None]


def recent_of(journal: Journal) -> RecentEntries:
    log = journal.log
    return log._questions.recent if isinstance(log, SqliteLog) else log._recent  # type: ignore[attr-defined]
