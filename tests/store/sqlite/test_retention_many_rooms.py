"""Looks at many rooms: only at those in which something may have to be removed, some hundred at a time."""

from pathlib import Path
from unittest.mock import Mock, create_autospec

import gevent
import pytest

from chatd.protocol.keep_rule import DAY, EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.store.recent_entries import RecentEntries
from chatd.store.sqlite import removing, retention, unhurried
from tests.support.folders import change, value
from tests.support.kept import FEW, retention_of, talk
from tests.support.logs import sqlite

_ROOMS = """INSERT INTO rooms (room, name, topic) WITH RECURSIVE r(x) AS
    (VALUES (2) UNION ALL SELECT x + 1 FROM r WHERE x < {0}) SELECT x, NULL, '' FROM r"""
_ENTRIES = """INSERT INTO entries (first, second, id, at, sender, person, kind, text)
    WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < {0})
    SELECT room, 0, room * 10 + x, 0, 'al', 7, 0, '' FROM rooms, n"""


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhurried, "PAUSE", 0.0)


def log_with_rooms(path: Path, rooms: int, entries: int) -> None:
    """All of them are gone; each has so many entries."""
    with sqlite(path):
        pass
    change(path / "log.sqlite3", _ROOMS.format(rooms))
    if entries:
        change(path / "log.sqlite3", _ENTRIES.format(entries), "UPDATE ids SET ceiling = 1000000")


@pytest.mark.parametrize("keep", [FEW, KeepRule(age=90 * DAY, count=5)], ids=str)
def test_rooms_without_entries_are_left_out(tmp_path: Path, keep: KeepRule) -> None:
    log_with_rooms(tmp_path, 1200, 0)
    with sqlite(tmp_path, keep=keep) as journal:
        assert retention_of(journal)._looked_at() == []
        talk(journal, 5, room=Room("dev", DEFAULT, 900))
        talk(journal, 5, room=Room("ops", DEFAULT, 1100))
        assert [one.room for one in retention_of(journal)._looked_at()] == [900, 1100]


def test_rooms_in_which_nothing_is_too_old_are_left_out(tmp_path: Path) -> None:
    now = [1000 * DAY]
    with sqlite(tmp_path, keep=KeepRule(age=90 * DAY), now=lambda: now[0]) as journal:
        talk(journal, 3)
        now[0] += 50 * DAY
        talk(journal, 2, room=Room("dev", DEFAULT, 2))
        assert retention_of(journal)._looked_at() == []
        now[0] += 50 * DAY
        assert [one.room for one in retention_of(journal)._looked_at()] == [1]
        journal.look()
        assert retention_of(journal)._looked_at() == []


def test_what_a_killed_server_left_is_looked_at(tmp_path: Path) -> None:
    """Its floor has risen, and nothing more is too old."""
    log_with_rooms(tmp_path, 2, 3)
    change(tmp_path / "log.sqlite3", "UPDATE rooms SET floor = 22 WHERE room = 2")
    with sqlite(tmp_path) as journal:
        assert [one.room for one in retention_of(journal)._looked_at()] == [2]
        journal.look()
        assert len(journal.history((2, 0))) == 1
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM entries WHERE first = 2") == 1


def test_a_room_without_entries_that_has_a_rule_is_looked_at_again(tmp_path: Path) -> None:
    with sqlite(tmp_path, keep=EVERYTHING) as journal:
        assert not retention_of(journal).look()
        journal.log.keep(journal.lobby, 0, 0)
        assert not retention_of(journal).look()
        journal.log.keep(journal.lobby, None, 4)
        assert retention_of(journal).look()


def test_many_rooms_over_their_count_are_few_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_with_rooms(tmp_path, 1200, 5)
    ask, raise_ = Mock(wraps=removing.surplus), Mock(wraps=removing.raising)
    monkeypatch.setattr(removing, "surplus", ask)
    monkeypatch.setattr(removing, "raising", raise_)
    with sqlite(tmp_path, keep=FEW) as journal:
        journal.look()
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM entries") == 1200 * 3
    assert (ask.call_count, raise_.call_count) == (3, 3)


def test_many_direct_messages_are_hidden_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000 * DAY]
    monkeypatch.setattr(retention, "_ROOMS_A_STEP", 3)
    with sqlite(tmp_path, keep=KeepRule(age=90 * DAY), now=lambda: now[0]) as journal:
        for number in range(8):
            journal.write(str(number))
        journal.wait_for("published", 8)
        now[0] += 100 * DAY
        journal.write("new")
        journal.wait_for("published", 9)
        recent = retention_of(journal)._recent
        steps = create_autospec(RecentEntries.raise_floors, side_effect=RecentEntries.raise_floors)
        monkeypatch.setattr(RecentEntries, "raise_floors", steps)
        journal.look()
        assert [entry.text for entry in journal.history((7, 11))] == ["new"]
        ids = [entry.id for entry in journal.entries("published")]
        assert [call.args for call in steps.call_args_list] == [(recent, {}, ids[n]) for n in (2, 5, 7)]
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM entries") == 1


def test_a_question_ends_before_it_takes_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_with_rooms(tmp_path, 9, 5)
    monkeypatch.setattr(removing, "RISE", 4)
    with sqlite(tmp_path) as journal:
        database = journal.log._files.reader  # type: ignore[attr-defined]
        assert removing.surplus(database, [(2, 2), (3, 2), (4, 1)]) == [(2, 22), (3, 32)]
        assert removing.surplus(database, [(2, 9), (3, 2)]) == [(2, 24)]
        assert removing.surplus(database, [(77, 1)]) == [(77, 0)]


def test_everyone_else_has_a_turn_between_some_hundred_rooms() -> None:
    rooms = [removing.LookedAt(number, 0, 1, 1) for number in range(1200)]
    turns: list[int] = []
    seen: list[removing.LookedAt] = []

    def others() -> None:
        while len(seen) < len(rooms):
            turns.append(len(seen))
            gevent.sleep(0)

    greenlet = gevent.spawn(others)
    gevent.sleep(0)
    for one in retention._in_turns(rooms):
        seen.append(one)
    greenlet.join()
    assert seen == rooms
    assert turns == [0, 500, 1000]
