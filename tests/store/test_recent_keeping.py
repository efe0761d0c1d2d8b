"""What is in memory is kept by the rule, without a look at all of it for each who reads."""

from unittest.mock import Mock, create_autospec

import pytest

from chatd.protocol.keep_rule import DAY, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.store.memory import MemoryLog
from chatd.store.recent_entries import RecentEntries
from chatd.store.shelves import Shelf
from tests.support.kept import talk
from tests.support.logs import Journal

SECOND = 1_000_000_000


def test_it_is_looked_at_once_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000 * DAY * 1_000_000]
    journal = Journal(MemoryLog(lambda: now[0], keep=KeepRule(count=3)))
    looks = create_autospec(RecentEntries.place, side_effect=RecentEntries.place)
    monkeypatch.setattr(RecentEntries, "place", looks)
    for number in (1, 2):
        talk(journal, 5, room=Room("room", DEFAULT, number))
    assert len(journal.history()) == 3
    for _ in range(5):
        talk(journal, 1)
        journal.history()
    assert looks.call_count == 2
    now[0] += SECOND
    assert len(journal.history()) == 3
    assert looks.call_count == 4
    journal.log.keep(journal.lobby, None, 1)  # who says so sees it at once
    assert len(journal.history()) == 1


class Numbered(Mock):
    """An entry with an id."""

    def __init__(self, id: int) -> None:
        super().__init__(id=id)


def shelf_of(*ids: int) -> Shelf:
    shelf = Shelf()
    for id in ids:
        shelf.add(Numbered(id))
    return shelf


def test_all_up_to_an_id_leave_a_shelf_at_once() -> None:
    shelf = shelf_of(3, 5, 7, 9)
    assert [shelf.drop_through(id) for id in (2, 6, 6, 3)] == [0, 5, 0, 0]
    assert (shelf.ids_after(0), shelf.first.id) == ([7, 9], 7)
    assert shelf.drop_through(9) == 9 and not shelf
    assert shelf.drop_through(9) == 0
    many = shelf_of(*range(1, 1001))
    assert many.drop_through(900) == 900
    assert many.ids_after(0) == list(range(901, 1001)) and len(many.entries) == 100


def test_the_last_one_that_is_kept_no_longer() -> None:
    shelf = shelf_of(3, 5, 7, 9)
    rules = (0, None), (3, None), (6, None), (99, None), (0, 4), (0, 1), (6, 1)
    assert [shelf.place(*rule) for rule in rules] == [0, 0, 5, 9, 0, 7, 7]
    shelf.drop_through(5)
    assert [shelf.place(*rule) for rule in ((6, None), (0, 2), (0, 1), (8, 9))] == [0, 0, 7, 7]
