"""What goes wrong with the disk while somebody moderates: of an act that failed nothing is left."""

import errno
import shutil
import sqlite3
from pathlib import Path

import pytest

from chatd.state.entry_rows import stored
from chatd.state.message_log import ActEntry
from chatd.state.stored_entries import EntryKind, StoredEntry
from chatd.state.stored_rulings import RulingKind
from chatd.store.sqlite import durability
from chatd.store.sqlite.writing import WriteJob
from tests.support.acts import audited, delete, do, held, ruling
from tests.support.faulty_disk import FaultyDisk, settled, until
from tests.support.folders import change, value
from tests.support.logs import Journal, sqlite

FULL = sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> FaultyDisk:
    monkeypatch.setattr(durability, "_AGAIN", 0.01)
    return FaultyDisk()


def begun(journal: Journal) -> StoredEntry:
    """A message, and two rulings by an act."""
    one = stored(journal.say("one", "r", key="k"))
    do(journal, ruling("7", "old"), ruling("8", "old"), ref="r")
    settled(journal, 2)
    return one


def changed(journal: Journal, one: StoredEntry) -> ActEntry:
    """It is deleted, and rulings are changed, lifted and made."""
    return do(
        journal,
        ruling("7", "new"),
        ruling("8", ""),
        ruling("9", "new"),
        act="delete",
        removes=one,
        by=journal.bob,
        ref="r",
    )


def is_as_before(path: Path) -> None:
    with sqlite(path) as journal:
        assert held(journal) == [(1, "ban", "7", "old"), (1, "ban", "8", "old")]
        assert [what for _, _, what in audited(journal)] == ["ban"]
        [one] = [one for one in journal.history() if one.text == "one"]
        assert (one.kind, one.key) == (EntryKind.MESSAGE, "k")
    database = path / "log.sqlite3"
    assert value(database, "SELECT count(*) FROM removed_keys") == 0
    assert value(database, "SELECT count(*) FROM unindexed") == 0


def is_changed(path: Path) -> None:
    with sqlite(path) as journal:
        assert held(journal) == [(1, "ban", "7", "new"), (1, "ban", "9", "new")]
        assert [what for _, _, what in audited(journal)] == ["ban", "delete"]
        assert next((one.kind, one.text) for one in journal.history()) == (EntryKind.DELETED, "bob")
    assert value(path / "log.sqlite3", "SELECT key FROM removed_keys") == "k"


def test_5_a_full_disk(tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        one = begun(journal)
        disk.commit_error = FULL
        act = changed(journal, one)
        settled(journal, 3)
        assert journal.entries("failed") == [act]
        assert journal.history()[0].text == "one"
        disk.commit_error = None
    is_as_before(tmp_path)


def test_5_a_disk_that_is_full_in_the_middle(
    tmp_path: Path, disk: FaultyDisk, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        one = begun(journal)
        disk.fill()
        changed(journal, one)
        do(journal, *(ruling(str(number), "x" * 4000) for number in range(100, 200)), ref="r")
        settled(journal, 4)
        assert len(journal.entries("failed")) == 2
        disk.empty()
    is_as_before(tmp_path)


def test_5_an_error_after_it_was_written_is_none(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        one = begun(journal)
        disk.after_commit, disk.commit_error = True, FULL
        act = changed(journal, one)
        settled(journal, 3)
        assert journal.entries("acknowledged")[-1] is act
        assert journal.history()[0].text == "bob"
        disk.commit_error = None
    is_changed(tmp_path)


@pytest.mark.parametrize("written", [True, False])
def test_5_what_may_or_may_not_be_there_is_undone_before_anything_else_is_written(
    tmp_path: Path, disk: FaultyDisk, monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    def unreadable(job: WriteJob) -> bool:
        raise FULL

    with sqlite(tmp_path, wrap=disk) as journal:
        one = begun(journal)
        with monkeypatch.context() as patched:
            disk.after_commit, disk.commit_error = written, FULL
            patched.setattr(disk.files.writer, "_has", unreadable)
            act = changed(journal, one)
            settled(journal, 3)
            again = changed(journal, one)  # by then nobody knows of two
            settled(journal, 4)
        assert journal.entries("failed") == [act, again]
        disk.commit_error = None
        journal.say("two", "r")
        settled(journal, 5)
    is_as_before(tmp_path)


@pytest.mark.parametrize("always", [True, False])
def test_2_after_a_failed_sync_acts_are_written_anew_in_the_same_transaction(
    tmp_path: Path,
    disk: FaultyDisk,
    always: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(durability, "_EVERY_SECOND", 0.01)
    with sqlite(tmp_path, wrap=disk, always=always) as journal:
        disk.sync_error = OSError(errno.EIO, "Input/output error")
        disk.sync_is_free.clear()
        one = stored(journal.say("one", key="k"))
        do(journal, ruling("7", "old"), ruling("8", "old"))
        journal.log.keep_ruling(ruling("8", "kept"))
        journal.wait_for("published", 2)
        changed(journal, one)
        journal.wait_for("published", 3)
        disk.sync_is_free.set()
        until(lambda: disk.syncs >= 2)
        change(  # as if the disk had lost all of it
            tmp_path / "log.sqlite3",
            "DELETE FROM entries",
            "DELETE FROM rulings",
            "DELETE FROM audit",
            "DELETE FROM removed_keys",
        )
        disk.sync_error = None
        until(lambda: journal.log._durability.settled)  # type: ignore[attr-defined]
    is_changed(tmp_path)


def test_17_18_killed_at_any_time_an_act_is_there_or_not(tmp_path: Path, disk: FaultyDisk) -> None:
    """What a process leaves that is killed is what its files are."""
    with sqlite(tmp_path / "log", wrap=disk) as journal:
        one = begun(journal)
        disk.sync_is_free.clear()
        shutil.copytree(tmp_path / "log", tmp_path / "before")
        act = changed(journal, one)
        journal.wait_for("published", 3)
        shutil.copytree(tmp_path / "log", tmp_path / "published")
        disk.sync_is_free.set()
        settled(journal, 3)
        assert journal.entries("acknowledged")[-1] is act
        shutil.copytree(tmp_path / "log", tmp_path / "acknowledged")
    is_as_before(tmp_path / "before")
    is_changed(tmp_path / "published")
    is_changed(tmp_path / "acknowledged")
    is_changed(tmp_path / "log")


def test_19_what_cannot_be_written_now_is_written_when_it_can(
    tmp_path: Path,
    disk: FaultyDisk,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("chatd.store.sqlite.kept_changes._LATER", 0.001)
    with sqlite(tmp_path, wrap=disk) as journal:
        disk.commit_error = FULL
        for member in ("one", "two"):
            journal.log.keep_ruling(ruling("7", member, kind=RulingKind.MEMBER))
        until(lambda: bool(caplog.records))
        do(journal, ruling("8"), ref="r")
        settled(journal, 1)
        journal.log.keep_ruling(ruling("9", "nine", kind=RulingKind.MEMBER))
        disk.commit_error = None
        until(lambda: not journal.log._trouble.why)  # type: ignore[attr-defined]
    with sqlite(tmp_path) as journal:
        assert [(subject, member) for _, _, subject, member in held(journal)] == [("7", "two"), ("9", "nine")]


def test_18_a_failed_delete_takes_nothing_away(tmp_path: Path, disk: FaultyDisk) -> None:
    with sqlite(tmp_path, wrap=disk) as journal:
        one = begun(journal)
        disk.commit_error = FULL
        delete(journal, one, ref="r")
        settled(journal, 3)
        disk.commit_error = None
        assert "one" in [entry.text for entry in journal.history()]
    is_as_before(tmp_path)
