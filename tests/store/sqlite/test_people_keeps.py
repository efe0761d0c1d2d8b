"""What may be lost is merged until it is written, and bounded."""

from chatd.state.stored_accounts import AccountChange, ReadMark
from chatd.store.sqlite.people.keeps import Keeps
from tests.support.people import account, device


def test_of_what_cannot_be_written_the_newest_is_kept() -> None:
    keeps = Keeps(2)
    for number in range(3):
        keeps.keep_account(account(number, "old"))
        keeps.keep_device(device(str(number), number))
        keeps.keep_mark(ReadMark(number, 1, 0, 5))
    taken = keeps.take()
    assert [one.person for one in taken.accounts] == [1, 2]
    assert [one.token for one in taken.devices] == ["1", "2"]
    assert taken.marks == [ReadMark(1, 1, 0, 5), ReadMark(2, 1, 0, 5)]
    assert not keeps and not keeps.take()


def test_what_is_put_back_is_older_than_what_came_since() -> None:
    keeps = Keeps(2)
    for number in (1, 2):
        keeps.keep_account(account(number, "old"))
        keeps.keep_device(device(str(number), number))
        keeps.keep_mark(ReadMark(number, 1, 0, 5))
    taken = keeps.take()
    keeps.keep_account(account(2, "new"))
    keeps.keep_account(account(3, "new"))
    keeps.keep_device(device("2", 2, used=99))
    keeps.keep_device(device("3", 3))
    keeps.keep_mark(ReadMark(2, 1, 0, 4))
    keeps.put_back(taken)
    found = keeps.take()
    assert sorted(one.name for one in found.accounts) == ["new", "old"]
    assert len(found.devices) == 2
    assert {(mark.person, mark.id) for mark in found.marks} == {(1, 5), (2, 5)}


def test_what_a_change_takes_the_place_of() -> None:
    keeps = Keeps()
    for number in (1, 2, 3):
        keeps.keep_account(account(number, "old"))
        keeps.keep_device(device(str(number), number))
        keeps.keep_mark(ReadMark(number, 1, 0, 5))
    change = AccountChange((account(2, "new"),), (device("9", 2),), gone=(1,), revoked=("3", "unknown"))
    displaced = keeps.displaced_by(change)
    assert [one.person for one in displaced.accounts] == [1, 2]
    assert [one.token for one in displaced.devices] == ["3", "1"]
    assert displaced.marks == [ReadMark(1, 1, 0, 5)]
    left = keeps.take()
    assert ([one.person for one in left.accounts], [one.token for one in left.devices]) == ([3], ["2"])
    assert [mark.person for mark in left.marks] == [2, 3]
