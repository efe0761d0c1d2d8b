"""What every engine of the log keeps of accounts; the numbers are those of state/account_store.py."""

from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.stored_accounts import (
    UNREAD_MOST,
    AccountChange,
    ChangeOutcome,
    ReadMark,
    UnreadPair,
    UnreadQuestion,
    UnreadRoom,
)
from tests.store.test_contract import Opener, every_engine
from tests.support.logs import Journal, speaker
from tests.support.people import account, caught_up, changed, device, invite_of, register, unread

BOB = 7


def question(*rooms: int, person: int = BOB, name: str = "bob", since: int = 0) -> UnreadQuestion:
    return UnreadQuestion(person, name, rooms or (1,), since)


def ids(journal: Journal, count: int) -> list[int]:
    """Of what was said, when so much was published."""
    journal.wait_for("published", count)
    return [entry.id for entry in journal.entries("published")]


@every_engine
def test_15_a_change_is_answered_once_and_there_is_nobody_to_begin_with(
    engine: Opener, tmp_path: Path
) -> None:
    with engine(tmp_path) as journal:
        people = journal.log.people
        assert not people.accounts and not people.devices
        for change in (
            AccountChange(accounts=(account(7, "bob"),), devices=(device("t", 7),)),
            AccountChange(accounts=(account(7, "bob", "other"),), revoked=("t", "unknown")),
            AccountChange(accounts=(account(8, "eve"),), gone=(7, 99)),
            AccountChange(),
        ):
            assert changed(journal, change) is ChangeOutcome.DONE


@every_engine
def test_15_without_its_invite_nothing_is_changed(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        assert invite_of(journal, "unknown") is None
        change = AccountChange(accounts=(account(7, "bob"),), invite="unknown")
        assert changed(journal, change) is ChangeOutcome.NO_INVITE


@every_engine
def test_15_what_may_be_lost_is_noted_at_any_time(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        people = journal.log.people
        people.keep_account(account(7, "bob", rooms=("dev",)))
        people.keep_device(device("unknown", 7))
        people.keep_mark(ReadMark(7, 1, 0, 5))
        register(journal, account(7, "bob"))
        people.keep_account(account(7, "bob", rooms=("dev",)))
        people.keep_mark(ReadMark(7, 1, 0, 5))
        journal.log.finish(5)
        people.keep_mark(ReadMark(7, 1, 0, 6))


@every_engine
def test_16_a_mark_only_rises_and_nobody_without_an_account_has_one(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        keep = journal.log.people.keep_mark

        def mark() -> int:
            [room] = unread(journal, question(since=3)).rooms
            return room.mark

        keep(ReadMark(7, 1, 0, 9))
        assert mark() == 3
        register(journal, account(7, "bob"))
        assert mark() == 3
        keep(ReadMark(7, 1, 0, 20))
        keep(ReadMark(7, 1, 0, 10))
        keep(ReadMark(7, 2, 0, 30))
        keep(ReadMark(8, 1, 0, 30))
        assert mark() == 20
        assert changed(journal, AccountChange(gone=(7,))) is ChangeOutcome.DONE
        keep(ReadMark(7, 1, 0, 40))
        register(journal, account(7, "bob"))
        assert mark() == 3


@every_engine
def test_16_a_mark_of_before_does_not_survive_that_the_account_goes(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 20))
        journal.log.people.change(AccountChange(gone=(7,)), lambda outcome: None)
        register(journal, account(7, "bob"))
        assert unread(journal, question()).rooms == (UnreadRoom(1, 0, 0, 0),)


@every_engine
def test_16_what_others_said_above_the_mark_is_unread(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        dev = Room("dev", DEFAULT, 2)
        register(journal, account(7, "bob"))
        for text in ("one", "Bob: two", "three (BOB)", "bobby"):
            journal.say(text)
        journal.say("mine, says bob", by=journal.bob)
        journal.set_topic("bob's room")
        journal.say("bobさん", room=dev)
        places = ids(journal, 7)
        assert unread(journal, question(1, 2, 3)).rooms == (
            UnreadRoom(1, 4, 2, 0),
            UnreadRoom(2, 1, 1, 0),
            UnreadRoom(3, 0, 0, 0),
        )
        journal.log.people.keep_mark(ReadMark(7, 1, 0, places[1]))
        assert unread(journal, question(1)).rooms == (UnreadRoom(1, 2, 1, places[1]),)
        assert unread(journal, question(1, since=places[2])).rooms == (UnreadRoom(1, 1, 0, places[2]),)
        assert unread(journal, question(2, 2, name="eve")).rooms == (UnreadRoom(2, 1, 0, 0),)
        assert unread(journal, question(1, since=2**53)).rooms == (UnreadRoom(1, 0, 0, 2**53),)


@every_engine
def test_16_direct_messages_by_who_wrote_them(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        eve = speaker("eve", 5)
        journal.write("one")
        journal.write("two", to=journal.alice, by=journal.bob)
        journal.write("to oneself", to=journal.bob, by=journal.bob)
        journal.write("three", by=eve)
        journal.write("not to bob", to=journal.alice, by=eve)
        eve.person.nick = "evelyn"
        journal.write("four", by=eve)
        places = ids(journal, 6)
        assert unread(journal, question()).pairs == (
            UnreadPair(5, "evelyn", 2, 0),
            UnreadPair(11, "alice", 1, 0),
        )
        journal.log.people.keep_mark(ReadMark(7, 5, 7, places[3]))
        journal.log.people.keep_mark(ReadMark(7, 7, 11, places[1]))
        assert unread(journal, question()).pairs == (UnreadPair(5, "evelyn", 1, places[3]),)
        assert unread(journal, question(since=places[5])).pairs == ()


@every_engine
def test_16_a_count_ends(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        for number in range(UNREAD_MOST + 3):
            journal.say("bob" if number < 5 else "x")
            journal.write("x")
        journal.wait_for("published", 2 * UNREAD_MOST + 6)
        found = unread(journal, question())
        assert found.rooms == (UnreadRoom(1, UNREAD_MOST, 2, 0),)
        assert found.pairs == (UnreadPair(11, "alice", UNREAD_MOST, 0),)


@every_engine
@pytest.mark.parametrize("limit", [0, 1, 2, 3, 50])
def test_16_what_is_unread_itself(engine: Opener, tmp_path: Path, limit: int) -> None:
    with engine(tmp_path) as journal:
        dev = Room("dev", DEFAULT, 2)
        register(journal, account(7, "bob"))
        journal.say("bob: read already")
        journal.log.people.keep_mark(ReadMark(7, 1, 0, ids(journal, 1)[0]))
        for text in ("1", "ask Bob", "2", "no: bobbob"):
            journal.say(text)
        journal.say("3", room=dev)
        journal.write("direct")
        journal.say("own, bob", by=journal.bob)
        journal.say("elsewhere, bob", room=Room("other", DEFAULT, 3))
        journal.say("bob?", room=dev)
        journal.set_topic("bob")
        journal.wait_for("published", 11)
        first, rest = ["ask Bob", "direct", "bob?"], ["1", "2", "no: bobbob", "3"]
        found = caught_up(journal, question(1, 2), limit)
        assert [entry.text for entry in found.first] == first[max(0, 3 - limit) :]
        assert [entry.text for entry in found.rest] == rest[max(0, 4 - limit) :]
        assert found.more is (limit < 4)


@every_engine
def test_16_one_mark_for_all_direct_messages(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        register(journal, account(7, "bob"))
        journal.write("one")
        [place] = ids(journal, 1)
        journal.log.people.keep_mark(ReadMark(7, 0, 7, place))
        assert unread(journal, question()).pairs == ()
        journal.write("two")
        ids(journal, 2)
        assert [(one.count, one.mark) for one in unread(journal, question()).pairs] == [(1, place)]
