"""What somebody has not read of the newest entries in memory."""

import pytest

from chatd.state.stored_accounts import ReadMark, UnreadPair, UnreadQuestion, UnreadRoom
from chatd.store import memory_people, unread
from chatd.store.memory import MemoryLog
from chatd.store.unread import NameTest
from tests.support.logs import Journal
from tests.support.people import account, caught_up, register
from tests.support.people import unread as asked

BOB = UnreadQuestion(7, "bob", (1,), 0)


def kept(most: int) -> Journal:
    """The first id of a clock that stands at 0 is 1, and so on."""
    return Journal(MemoryLog(lambda: 0, recent=most))


def test_what_is_forgotten_is_not_counted() -> None:
    journal = kept(3)
    for number in range(5):
        journal.say(str(number))
        assert asked(journal, BOB).rooms == (UnreadRoom(1, min(3, number + 1), 0, 0),)
    journal.write("x")
    assert asked(journal, BOB).rooms == (UnreadRoom(1, 2, 0, 0),)
    assert [entry.text for entry in caught_up(journal, BOB).rest] == ["3", "4"]


def test_not_more_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread, "LOOKED_AT_ROOM", 3)
    monkeypatch.setattr(unread, "LOOKED_AT_DIRECT", 3)
    journal = kept(100)
    for by in (journal.alice, journal.alice, journal.bob, journal.bob):
        journal.say("x", by=by)
    for _ in range(4):
        journal.write("x")
    found = asked(journal, BOB)
    assert found.rooms == (UnreadRoom(1, 1, 0, 0),)
    assert found.pairs == (UnreadPair(11, "alice", 3, 0),)


def test_marks_of_what_is_forgotten_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_people, "_MARKS", 3)
    journal = kept(1)
    register(journal, account(7, "bob"))
    for number in range(1, 4):
        journal.say("x")
        journal.log.people.keep_mark(ReadMark(7, number, 0, number))
    found = asked(journal, UnreadQuestion(7, "bob", (1, 2, 3), 0))
    assert [room.mark for room in found.rooms] == [0, 0, 3]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Rob!", True),
        ("[rob]", True),
        ("robot", False),
        ("robot rob", True),
        ("robさん", True),
        ("robé", False),
    ],
)
def test_a_name_in_a_text(text: str, named: bool) -> None:
    assert NameTest("rOb").fits(text) is named
