"""What goes wrong while accounts are changed: nothing acknowledged is lost, nothing refused is there."""

import errno
import shutil
import sqlite3
from pathlib import Path

import pytest

from chatd.state.stored_accounts import AccountChange, ChangeOutcome, ReadMark
from chatd.store.sqlite import durability
from chatd.store.sqlite.people import service
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.folders import change as change_by_hand
from tests.support.logs import Journal, sqlite
from tests.support.people import account, changed, register

BOB, EVE, AL = account(7, "bob", left=5), account(8, "eve", left=5), account(9, "al", left=5)
DONE, UNAVAILABLE = ChangeOutcome.DONE, ChangeOutcome.UNAVAILABLE
FULL = sqlite3.OperationalError("database or disk is full")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    monkeypatch.setattr(durability, "_AGAIN", 0.01)
    monkeypatch.setattr(service, "_AGAIN", 0.01)
    return FaultyDisk()


class Changes:
    """What became of changes, in the order in which they were answered."""

    def __init__(self, journal: Journal) -> None:
        self.told: list[tuple[str, ChangeOutcome]] = []
        self._journal = journal

    def ask(self, *names: str) -> None:
        for name in names:
            one = {"bob": BOB, "eve": EVE, "al": AL}[name]
            self._journal.log.people.change(
                AccountChange((one,)),
                lambda outcome, name=name: self.told.append((name, outcome)),  # type: ignore[misc]
            )

    def wait_for(self, count: int) -> None:
        until(lambda: len(self.told) >= count)


def names(path: Path) -> list[str]:
    """Who has an account after a restart."""
    with sqlite(path) as journal:
        return [one.name for one in journal.log.people.accounts]


def test_15_a_full_disk(tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        changes = Changes(journal)
        register(journal, BOB)
        disk.commit_error = FULL
        changes.ask("eve")
        changes.wait_for(1)
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 5))
        until(lambda: bool(journal.log.people._keeps))  # type: ignore[attr-defined]
        disk.commit_error = None
        changes.ask("al")
        changes.wait_for(2)
    assert changes.told == [("eve", UNAVAILABLE), ("al", DONE)]
    assert names(tmp_path) == ["bob", "al"]
    assert [record.getMessage() for record in caplog.records] == [
        "what is kept of accounts cannot be written: database or disk is full; "
        "changes of them are refused until it can",
        "what is kept of accounts is written again",
    ]


def test_15_a_disk_that_is_full_in_the_middle(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        changes = Changes(journal)
        disk.fill()
        many = tuple(account(number, f"n{number}", "v" * 4000) for number in range(100, 200))
        changes.ask("bob")  # in the same transaction
        assert changed(journal, AccountChange(many)) is UNAVAILABLE
        disk.empty()
        journal.say("goes on", "r")
        journal.wait_for("acknowledged", 1)
        changes.ask("eve")
        changes.wait_for(2)
    assert changes.told == [("bob", UNAVAILABLE), ("eve", DONE)]
    assert names(tmp_path) == ["eve"]


def test_15_a_database_that_becomes_read_only(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        database = disk.files.writer.database
        database.execute("PRAGMA query_only = 1")
        assert changed(journal, AccountChange((BOB,))) is UNAVAILABLE
        database.execute("PRAGMA query_only = 0")
        assert changed(journal, AccountChange((EVE,))) is DONE
    assert names(tmp_path) == ["eve"]
    assert "attempt to write a readonly database" in caplog.text


def test_15_an_error_after_it_was_written_is_none(tmp_path: Path, disk: FaultyDisk) -> None:
    disk.after_commit, disk.commit_error = True, FULL
    with sqlite(tmp_path, wrap=disk) as journal:
        assert changed(journal, AccountChange((BOB,))) is DONE
    assert names(tmp_path) == ["bob"]


@pytest.mark.parametrize("written", [True, False])
def test_15_what_may_or_may_not_be_there_is_answered_when_that_is_known(
    tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    asked = []

    def unreadable() -> int:
        asked.append(1)
        raise sqlite3.OperationalError("disk I/O error")

    with sqlite(tmp_path, wrap=disk) as journal:
        changes = Changes(journal)
        disk.after_commit, disk.commit_error = written, FULL
        with monkeypatch.context() as patched:
            patched.setattr(disk.files.people, "_last", unreadable)
            changes.ask("bob")
            journal.log.people.keep_mark(ReadMark(7, 1, 0, 5))
            until(lambda: len(asked) >= 4)
            changes.ask("eve")
            assert changes.told == []
            disk.commit_error = None
        changes.wait_for(2)
    assert changes.told == [("bob", DONE), ("eve", DONE)]
    assert names(tmp_path) == ["bob", "eve"]


def test_15_who_waits_for_the_disk_for_too_long_is_refused_and_who_was_handed_over_is_not(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    now = 0.0
    with sqlite(tmp_path, wrap=disk, clock=lambda: now) as journal:
        changes = Changes(journal)
        people = journal.log.people
        disk.free.clear()
        changes.ask("bob")
        until(lambda: people._batch is not None)  # type: ignore[attr-defined]
        people.keep_account(BOB)
        changes.ask("eve")
        now = 4.9
        people.look()  # type: ignore[attr-defined]
        assert changes.told == []
        now = 5.0
        people.look()  # type: ignore[attr-defined]
        assert changes.told == [("eve", UNAVAILABLE)]
        people.keep_mark(ReadMark(8, 1, 0, 5))
        disk.free.set()
        changes.wait_for(2)
    assert changes.told[-1] == ("bob", DONE)
    assert names(tmp_path) == ["bob"]
    assert "the disk does not answer in time" in caplog.text


def test_15_what_a_refused_change_was_to_take_the_place_of_is_kept(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        register(journal, BOB)
        journal.log.people.keep_account(account(7, "bob", rooms=("dev",), left=6))
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 5))
        disk.commit_error = FULL
        assert changed(journal, AccountChange(gone=(7,))) is UNAVAILABLE
        disk.commit_error = None
        until(lambda: not journal.log.people._keeps)  # type: ignore[attr-defined]
    with sqlite(tmp_path) as journal:
        assert list(journal.log.people.accounts) == [account(7, "bob", rooms=("dev",), left=6)]


@pytest.mark.parametrize("always", [True, False])
def test_15_a_change_is_answered_when_it_cannot_be_lost(
    tmp_path: Path, disk: FaultyDisk, always: bool
) -> None:
    with sqlite(tmp_path / "log", wrap=disk, always=always) as journal:
        changes = Changes(journal)
        disk.sync_is_free.clear()
        changes.ask("bob")
        until(lambda: journal.log.people.settled)  # type: ignore[attr-defined]
        assert changes.told == ([] if always else [("bob", DONE)])
        disk.sync_is_free.set()
        changes.wait_for(1)
        shutil.copytree(tmp_path / "log", tmp_path / "killed")
    assert names(tmp_path / "killed") == ["bob"]


@pytest.mark.parametrize("always", [True, False])
def test_15_after_a_failed_sync_all_is_written_anew(
    tmp_path: Path,
    disk: FaultyDisk,
    always: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(durability, "_EVERY_SECOND", 0.01)
    with sqlite(tmp_path, wrap=disk, always=always) as journal:
        changes = Changes(journal)
        journal.say("one", "r")
        journal.wait_for("acknowledged", 1)
        disk.sync_error = OSError(errno.EIO, "Input/output error")
        changes.ask("bob")
        until(lambda: disk.syncs >= 3)
        changes.ask("eve")
        assert changes.told == ([] if always else [("bob", DONE)])
        change_by_hand(tmp_path / "log.sqlite3", "DELETE FROM accounts")  # as if the disk had lost it
        disk.sync_error = None
        changes.wait_for(2)
    assert changes.told == [("bob", DONE), ("eve", DONE)]
    assert names(tmp_path) == ["bob", "eve"]


def test_10_what_is_not_handed_over_at_the_end_is_refused(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        changes = Changes(journal)
        disk.free.clear()
        changes.ask("bob")
        until(lambda: journal.log.people._batch is not None)  # type: ignore[attr-defined]
        changes.ask("eve")
        journal.log.finish(0.01)
        assert changes.told == [("eve", UNAVAILABLE)]
        disk.free.set()
        changes.wait_for(2)
    assert names(tmp_path) == ["bob"]


def test_10_all_are_answered_at_the_end(tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        changes = Changes(journal)
        changes.ask("bob", "eve")
        journal.log.finish(5)
        assert changes.told == [("bob", DONE), ("eve", DONE)]
