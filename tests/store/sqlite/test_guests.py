"""Who may come back is known after a restart, with the keys of what they said."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.stored_entries import Missed, StoredGuest
from chatd.store.sqlite import beginning
from chatd.store.sqlite.guest_changes import GuestChanges
from chatd.store.sqlite.writing import WriteJob
from tests.support.faulty_disk import FaultyDisk, until
from tests.support.logs import Journal, sqlite, time_of_day

NOW = 1_800_000_000_000
ALICE = StoredGuest("a", 11, "alice", ("lobby", "dev"), "dev", NOW - 5000, 17)


def kept(path: Path, now: int = NOW, limits: Limits = DEFAULT) -> list[StoredGuest]:
    """Whom the next server knows."""
    with sqlite(path, now=lambda: now, limits=limits) as journal:
        return list(journal.log.guests)


def killed(journal: Journal) -> None:
    """What is not written yet never will be."""
    journal.log._trouble.why = "as if it was killed"  # type: ignore[attr-defined]


def on_disk(journal: Journal) -> int:
    """How many are written. (Only while nothing else uses the connection.)"""
    [count] = journal.log._files.reader.execute("SELECT count(*) FROM guests").fetchone()  # type: ignore[attr-defined]
    return int(count)


def test_they_are_known_after_a_restart(tmp_path: Path) -> None:
    bob = StoredGuest("b", 7, "bob", (), "lobby", NOW - 9000)
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        journal.log.keep_guest(replace_left(ALICE, 1))
        journal.log.keep_guest(bob)
        journal.log.keep_guest(StoredGuest("c", 9, "carol"))
        journal.log.forget_guest("c")
        journal.log.keep_guest(ALICE)
    assert kept(tmp_path) == [bob, ALICE]
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        journal.log.forget_guest("b")
    assert kept(tmp_path) == [ALICE]


def replace_left(guest: StoredGuest, left: int) -> StoredGuest:
    return StoredGuest(guest.token, guest.person, guest.nick, guest.rooms, guest.room, left)


def test_who_was_here_is_lost_when_the_server_starts_and_who_is_away_for_too_long_is_forgotten(
    tmp_path: Path,
) -> None:
    away = int(DEFAULT.key_time * 1000)
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        for token, left in (("here", 0), ("old", NOW - away), ("older", NOW - away - 1), ("future", NOW + 9)):
            journal.log.keep_guest(StoredGuest(token, 11, "alice", (), "lobby", left))
    assert {guest.token: guest.left for guest in kept(tmp_path)} == {
        "here": NOW,
        "old": NOW - away,
        "future": NOW,
    }
    assert {guest.token for guest in kept(tmp_path, NOW + 1)} == {"here", "future"}


def test_they_are_written_soon_though_nothing_is_said(tmp_path: Path) -> None:
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        journal.log.keep_guest(ALICE)
        until(lambda: on_disk(journal) == 1)
        killed(journal)
    assert kept(tmp_path) == [ALICE]


def test_they_are_written_with_what_is_said(tmp_path: Path) -> None:
    jobs: list[WriteJob] = []
    with sqlite(tmp_path) as journal:
        note_jobs(journal, jobs)
        journal.log.keep_guest(ALICE)
        journal.say("x")
        journal.log.forget_guest("z")
        journal.wait_for("published", 1)
        assert [(job.guests, job.forgotten, len(job.entries)) for job in jobs] == [([ALICE], ["z"], 1)]


def note_jobs(journal: Journal, jobs: list[WriteJob]) -> None:
    writer = journal.log._files.writer  # type: ignore[attr-defined]
    commit = writer.commit

    def noted(job: WriteJob) -> None:
        jobs.append(job)
        commit(job)

    writer.commit = noted


def test_ten_thousand_at_once_are_a_few_transactions(tmp_path: Path) -> None:
    jobs: list[WriteJob] = []
    with sqlite(tmp_path) as journal:
        note_jobs(journal, jobs)
        for left in (0, time_of_day()):
            for number in range(10_000):
                journal.log.keep_guest(StoredGuest(str(number), number, "n", (), "lobby", left))
        until(lambda: sum(len(job.guests) for job in jobs) == 10_000)
    assert len(jobs) == 11  # with that of the end
    with sqlite(tmp_path) as journal:
        assert len(journal.log.guests) == 10_000


def test_a_disk_that_is_full_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("chatd.store.sqlite.kept_changes._LATER", 0.001)
    disk = FaultyDisk()
    with sqlite(tmp_path, wrap=disk, now=lambda: NOW) as journal:
        disk.commit_error = sqlite3.OperationalError("database or disk is full")
        journal.log.keep_guest(ALICE)
        journal.log.keep_guest(StoredGuest("b", 7, "bob"))
        until(lambda: bool(caplog.records))
        journal.log.forget_guest("b")
        disk.commit_error = None
        until(lambda: not journal.log._trouble.why)  # type: ignore[attr-defined]
    assert kept(tmp_path) == [ALICE]
    assert "the log is written again" in caplog.text


def test_of_what_cannot_be_written_the_newest_is_kept() -> None:
    changes = GuestChanges(3)
    for token in "abcd":
        changes.keep(StoredGuest(token, 1, "old"))
    taken = changes.take()
    assert [guest.token for guest in taken[0]] == ["b", "c", "d"] and not changes
    changes.keep(StoredGuest("c", 1, "new"))
    changes.forget("e")
    changes.put_back(*taken)
    assert changes.take() == ([StoredGuest("d", 1, "old"), StoredGuest("c", 1, "new")], ["e"])


def test_what_a_guest_said_under_keys_before_the_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginning, "_KEYS", 2)
    day_ago = NOW - 86_400_000
    now = day_ago - 1
    with sqlite(tmp_path, now=lambda: now) as journal:
        for key in ("old", "k1", "k2", "k3"):
            journal.say("x", key=key)
            now = NOW - 1000
        journal.say("x", key="of bob", by=journal.bob)
        journal.log.keep_guest(ALICE)
        journal.wait_for("published", 5)
        ids = {entry.key: entry.id for entry in journal.entries("published")}
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        first, next_one = Missed(11, (1,), 0, 100), Missed(11, (1,), 0)
        assert journal.all_missed(first)[0].keys == [("k3", ids["k3"]), ("k2", ids["k2"])]
        assert journal.all_missed(next_one)[0].keys == []
        assert journal.all_missed(Missed(7, (1,), 0, 100))[0].keys == []
    with sqlite(tmp_path, now=lambda: NOW, limits=replace(DEFAULT, keys=1, recent=1)) as journal:
        [page] = journal.all_missed(first)
        assert page.keys == [("k3", ids["k3"])] and len(page.entries) == 5


def test_one_wrong_entry_does_not_take_them_with_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        journal.log.keep_guest(ALICE)
        journal.say("\ud800", "r")
        journal.wait_for("failed", 1)
        journal.say("right")
        journal.wait_for("published", 1)
    assert kept(tmp_path) == [ALICE]


def test_one_that_is_wrong_does_not_harm_what_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, now=lambda: NOW) as journal:
        journal.log.keep_guest(StoredGuest("wrong", 11, "\ud800"))
        journal.say("right", "r")
        journal.wait_for("acknowledged", 1)
        journal.log.keep_guest(ALICE)
        until(lambda: not (journal.log._keeping or journal.log._committing))  # type: ignore[attr-defined]
        journal.log.keep_guest(ALICE)
    assert kept(tmp_path) == [ALICE]
    assert "cannot be written" not in caplog.text
