"""Accounts, devices, invites and read marks are there after a restart; what a change removed never is."""

import contextlib
import dataclasses
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.limits import DEFAULT
from chatd.state.stored_accounts import (
    AccountChange,
    CaughtUp,
    ChangeOutcome,
    ReadMark,
    StoredAccount,
    StoredDevice,
    StoredInvite,
    Unread,
    UnreadQuestion,
)
from chatd.state.stored_entries import Missed
from chatd.store.sqlite.people.invites import add_invite
from chatd.store.sqlite.people.writer import PeopleJob
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.folders import value
from tests.support.logs import Answer, Journal, sqlite
from tests.support.people import account, changed, device, invite_of, register, unread

NOW = 1_800_000_000_000
BOB = account(7, "Bob", rooms=("lobby", "dev"), room="dev", left=NOW - 5, since=17)
DONE, NO_INVITE, UNAVAILABLE = ChangeOutcome.DONE, ChangeOutcome.NO_INVITE, ChangeOutcome.UNAVAILABLE


def kept(path: Path, now: int = NOW) -> tuple[list[StoredAccount], list[StoredDevice]]:
    """What the next server knows."""
    with sqlite(path, now=lambda: now) as journal:
        return list(journal.log.people.accounts), list(journal.log.people.devices)


def marks(path: Path) -> list[tuple[int, ...]]:
    with contextlib.closing(sqlite3.connect(path / "log.sqlite3")) as database:
        return database.execute("SELECT person, first, second, id FROM marks ORDER BY 1, 2, 3").fetchall()


def invite(path: Path, code: str, expires: int = NOW + 1, name: str = "") -> StoredInvite:
    """As another process makes one, also while a server runs."""
    made = StoredInvite(code, name, expires)
    add_invite(path / "log.sqlite3", made)
    return made


def quiet(journal: Journal) -> None:
    """Until nothing is to be written any more."""
    people = journal.log.people
    until(lambda: not people._keeps and people.settled)  # type: ignore[attr-defined]


def test_they_are_known_after_a_restart(tmp_path: Path) -> None:
    eve = account(8, "eve", left=5)
    with sqlite(tmp_path) as journal:
        assert changed(journal, AccountChange((BOB, eve), (device("t", 7), device("u", 7, 2)))) is DONE
        assert changed(journal, AccountChange((replace(BOB, verifier="w"),), revoked=("t",))) is DONE
        assert changed(journal, AccountChange(devices=(device("u", 7, 2, used=9),))) is DONE
    assert kept(tmp_path) == (
        [replace(BOB, verifier="w"), eve],
        [device("u", 7, 2, used=9)],
    )
    with sqlite(tmp_path) as journal:
        assert changed(journal, AccountChange(gone=(7,))) is DONE
    assert kept(tmp_path) == ([eve], [])


def test_who_was_here_when_the_server_was_killed_is_away_since_now(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        register(journal, replace(BOB, left=0), account(8, "eve", left=NOW + 99))
    assert [one.left for one in kept(tmp_path)[0]] == [NOW, NOW]


def test_what_is_kept_is_kept_soon_and_only_what_needs_no_change(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        people = journal.log.people
        assert changed(journal, AccountChange((BOB,), (device("t", 7),))) is DONE
        people.keep_account(
            replace(BOB, name="Rob", verifier="w", since=1, created=2, rooms=(), left=NOW - 1)
        )
        people.keep_device(StoredDevice("t", 7, 5, "other", 1, 77))
        people.keep_device(device("unknown", 7))
        people.keep_device(device("v", 99))
        people.keep_account(account(9, "eve"))
        people.keep_mark(ReadMark(7, 1, 0, 5))
        people.keep_mark(ReadMark(7, 1, 0, 4))
        quiet(journal)
        people.keep_mark(ReadMark(7, 1, 0, 3))
        people.keep_mark(ReadMark(7, 7, 11, 9))
    assert kept(tmp_path) == (
        [replace(BOB, rooms=(), left=NOW - 1)],
        [StoredDevice("t", 7, 1, "other", 5, 77)],
    )
    assert marks(tmp_path) == [(7, 1, 0, 5), (7, 7, 11, 9)]


@pytest.mark.parametrize("again", [False, True])
def test_nothing_comes_back_that_a_change_removed(tmp_path: Path, again: bool) -> None:
    with sqlite(tmp_path) as journal:
        people = journal.log.people
        assert changed(journal, AccountChange((BOB,), (device("t", 7), device("u", 7)))) is DONE
        people.keep_mark(ReadMark(7, 1, 0, 5))
        people.keep_device(device("t", 7, used=99))
        people.keep_account(replace(BOB, rooms=("old",)))
        people.change(AccountChange(gone=(7,)), lambda outcome: None)
        people.keep_mark(ReadMark(7, 2, 0, 5))
        people.keep_account(replace(BOB, rooms=("old",)))
        people.keep_device(device("u", 7, used=99))
        if again:
            assert changed(journal, AccountChange((BOB,), (device("t", 7),))) is DONE
    assert kept(tmp_path) == (([BOB], [device("t", 7)]) if again else ([], []))
    assert marks(tmp_path) == []


def test_two_who_exchange_their_names_and_one_that_somebody_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path) as journal:
        register(journal, BOB, account(8, "eve", left=5))
        register(journal, replace(BOB, name="eve"), account(8, "bob", left=5))
        change = AccountChange((account(9, "EVE"), account(8, "free")))
        assert changed(journal, change) is UNAVAILABLE
    assert [(one.person, one.name) for one in kept(tmp_path)[0]] == [(7, "eve"), (8, "bob")]
    assert "a change of accounts is refused: UNIQUE constraint failed" in caplog.text


def test_one_that_is_wrong_harms_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    answers: list[ChangeOutcome] = []

    def fails(outcome: ChangeOutcome) -> None:
        raise ZeroDivisionError

    with sqlite(tmp_path) as journal:
        people = journal.log.people
        people.change(AccountChange((BOB,)), fails)
        for wrong in ("\ud800", 2**70):
            change = AccountChange((replace(BOB, name="x"), account(9, "y", since=wrong)), gone=(7,))
            people.change(change, answers.append)
        people.change(AccountChange((account(8, "eve", left=5),)), answers.append)
        people.keep_mark(ReadMark(7, 1, 0, 2**70))
        until(lambda: len(answers) == 3)
        quiet(journal)
        people.keep_mark(ReadMark(7, 1, 0, 5))
    assert answers == [UNAVAILABLE, UNAVAILABLE, DONE]
    assert kept(tmp_path)[0] == [BOB, account(8, "eve", left=5)]
    assert marks(tmp_path) == [(7, 1, 0, 5)]
    assert "an error after a change of accounts" in caplog.text
    assert "what was to be kept of accounts cannot be: " in caplog.text


def test_an_invite_is_used_up_by_whoever_is_first(tmp_path: Path) -> None:
    answers: list[ChangeOutcome] = []
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        made = invite(tmp_path, "code", name="bob")
        assert invite_of(journal, "code") == made
        journal.say("beside it", "r")
        for one in (BOB, account(8, "eve")):
            journal.log.people.change(
                AccountChange((one,), (device(one.name, one.person),), invite="code"), answers.append
            )
        journal.log.people.change(AccountChange((account(9, "al", left=5),)), answers.append)
        until(lambda: len(answers) == 3)
        assert sorted(answers, key=str) == [DONE, DONE, NO_INVITE]
        assert invite_of(journal, "code") is None
        journal.wait_for("acknowledged", 1)
    assert kept(tmp_path) == ([BOB, account(9, "al", left=5)], [device("Bob", 7)])


def test_an_invite_that_has_expired_is_none(tmp_path: Path) -> None:
    now = NOW
    with sqlite(tmp_path, now=lambda: now) as journal:
        invite(tmp_path, "code", NOW + 10)
        now = NOW + 10
        assert invite_of(journal, "code") is None
        assert changed(journal, AccountChange((BOB,), invite="code")) is NO_INVITE
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM invites") == 1
    assert kept(tmp_path, now)[0] == []
    assert value(tmp_path / "log.sqlite3", "SELECT count(*) FROM invites") == 0


def test_a_change_that_fails_leaves_its_invite(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        register(journal, BOB)
        made = invite(tmp_path, "code")
        assert changed(journal, AccountChange((account(8, "bob"),), invite="code")) is UNAVAILABLE
        assert invite_of(journal, "code") == made


def test_a_mark_counts_before_it_is_written(tmp_path: Path) -> None:
    disk = FaultyDisk()
    with sqlite(tmp_path, wrap=disk) as journal:
        register(journal, BOB)

        def mark(number: int) -> int:
            [room] = unread(journal, UnreadQuestion(7, "bob", (number,), 0)).rooms
            return room.mark

        disk.free.clear()
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 5))
        until(lambda: not journal.log.people._keeps)  # type: ignore[attr-defined]
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 6))
        journal.log.people.keep_mark(ReadMark(7, 2, 0, 8))
        assert (mark(1), mark(2)) == (6, 8)
        disk.free.set()
        quiet(journal)
        assert (mark(1), mark(2)) == (6, 8)


def test_many_at_once_are_a_few_transactions(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        register(journal, *(account(number, f"n{number}") for number in range(3000)))
        jobs: list[PeopleJob] = []
        commit = journal.log._files.people.commit  # type: ignore[attr-defined]

        def noted(job: PeopleJob) -> None:
            jobs.append(job)
            commit(job)

        journal.log._files.people.commit = noted  # type: ignore[attr-defined]
        for left in (NOW - 1, NOW):
            for number in range(3000):
                journal.log.people.keep_account(account(number, f"n{number}", left=left))
                for room in (1, 2, 3):
                    journal.log.people.keep_mark(ReadMark(number, room, 0, left))
    assert len(jobs) == 5
    assert {one.left for one in kept(tmp_path)[0]} == {NOW}
    assert len(marks(tmp_path)) == 9000


def test_what_an_account_said_under_keys_before_the_restart(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        register(journal, BOB)
        entry = journal.say("x", key="k", by=journal.bob)
        journal.wait_for("published", 1)
    with sqlite(tmp_path) as journal:
        assert journal.all_missed(Missed(7, (1,), 0, 100))[0].keys == [("k", entry.id)]


def test_however_many_come_each_is_told_what_is_unread_and_pages_come_in_between(tmp_path: Path) -> None:
    with sqlite(tmp_path, limits=dataclasses.replace(DEFAULT, pages_asked=2)) as journal:
        register(journal, account(7, "bob"))
        journal.say("hi")
        journal.wait_for("published", 1)
        answers = [Answer[Unread]() for _ in range(20)]
        told: list[Unread | None] = []
        for answer in answers:
            assert journal.log.people.count_unread(UnreadQuestion(7, "bob", (1,), 0), answer)
        gone = journal.log.people.count_unread(UnreadQuestion(7, "bob", (1,), 0), told.append, lambda: False)
        caught = Answer[CaughtUp]()
        assert gone and journal.log.people.read_unread(UnreadQuestion(7, "bob", (1,), 0), 9, caught)
        assert caught.wait() is not None and not all(answer.found for answer in answers)
        assert [_counts(answer.wait()) for answer in answers] == [[1]] * 20


def test_who_comes_with_many_devices_keeps_others_waiting_for_one(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        register(journal, account(7, "bob"), account(8, "eve"))
        order: list[int] = []
        last = Answer[Unread]()

        def told(person: int) -> Callable[[Unread | None], None]:
            return lambda unread: order.append(person)

        for person in (7, 7, 7, 7, 8):
            question = UnreadQuestion(person, "x", (1,), 0)
            journal.log.people.count_unread(question, told(person))
        journal.log.people.count_unread(UnreadQuestion(7, "x", (1,), 0), last)
        last.wait()
        assert order == [7, 7, 8, 7, 7]


def _counts(unread: Unread | None) -> list[int]:
    return [] if unread is None else [room.count for room in unread.rooms]
