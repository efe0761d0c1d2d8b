"""`chatd backup` and `chatd restore`: a whole copy or none, and one sentence where there is none."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from chatd.commands import contract
from chatd.commands.table import run_command
from chatd.protocol.errors import ConfigError
from chatd.state.stored_accounts import (
    AccountChange,
    ChangeOutcome,
    ReadMark,
    StoredInvite,
    UnreadQuestion,
    UnreadRoom,
)
from chatd.state.stored_entries import EntryKind
from chatd.store.sqlite import copying, looking
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.people.invites import add_invite
from chatd.store.sqlite.schema import VERSION
from tests.commands.conftest import RunCommand
from tests.support.acts import audited, do, held, ruling
from tests.support.folders import change as change_by_hand
from tests.support.folders import files, log_of_version, value
from tests.support.logs import sqlite
from tests.support.people import account, changed, device, invite_of, unread


def test_there_and_back(run: RunCommand, data: Path, tmp_path: Path) -> None:
    code, text = run("backup", "--data", data, tmp_path / "copy")
    assert code == 0
    assert text.startswith("3 messages in 1 room, ") and text.endswith(f" s: {tmp_path / 'copy'}")
    code, text = run("restore", "--data", tmp_path / "new" / "deep", tmp_path / "copy")
    assert (code, text.partition(",")[0]) == (0, "3 messages in 1 room")
    assert files(tmp_path / "new" / "deep") == ["lock", "log.sqlite3"]
    with sqlite(data) as old, sqlite(tmp_path / "new" / "deep") as new:
        assert new.history() == old.history() != []
        new.say("life goes on")
        new.wait_for("published", 1)


def test_accounts_and_invites_are_in_a_copy(run: RunCommand, data: Path, tmp_path: Path) -> None:
    add_invite(data / "log.sqlite3", StoredInvite("code", "bob", 2**53))
    with sqlite(data) as journal:
        change = AccountChange((account(7, "bob", left=5),), (device("t", 7),))
        assert changed(journal, change) is ChangeOutcome.DONE
        journal.log.people.keep_mark(ReadMark(7, 1, 0, 5))
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 0
    assert run("restore", "--data", tmp_path / "new", tmp_path / "copy")[0] == 0
    with sqlite(tmp_path / "new") as journal:
        people = journal.log.people
        assert (list(people.accounts), list(people.devices)) == ([*change.accounts], [*change.devices])
        assert invite_of(journal, "code") == StoredInvite("code", "bob", 2**53)
        assert unread(journal, UnreadQuestion(7, "bob", (1,), 0)).rooms == (UnreadRoom(1, 3, 0, 5),)


def test_what_was_deleted_is_in_no_copy(run: RunCommand, data: Path, tmp_path: Path) -> None:
    """Also where the server was killed before the search index had forgotten it."""
    with sqlite(data) as journal:
        [entry, *_] = journal.history()
        do(journal, ruling("7"), act="delete", removes=entry)
        journal.wait_for("published", 1)
    change_by_hand(data / "log.sqlite3", "INSERT INTO unindexed VALUES (5, 1, 0, 'al', 'a secret word')")
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 0
    assert b"a secret word" in (data / "log.sqlite3").read_bytes()
    assert b"a secret word" not in (tmp_path / "copy").read_bytes()
    assert run("restore", "--data", tmp_path / "new", tmp_path / "copy")[0] == 0
    with sqlite(tmp_path / "new") as journal:
        assert journal.history()[0].kind is EntryKind.DELETED
        assert held(journal) == [(1, "ban", "7", "on")]
        assert audited(journal) == [("lobby", "alice", "delete")]


def test_a_backup_comes_last_but_goes_on_beside_whoever_is_busy(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A low priority, but not the lowest, nor that of who runs only when nobody else does."""
    asked: list[int] = []
    monkeypatch.setattr(os, "nice", asked.append)
    before = os.sched_getscheduler(0)
    run("backup", "--data", data, tmp_path / "copy")
    assert asked == [10]
    assert os.sched_getscheduler(0) == before


def test_each_copy_has_a_number_of_its_own_and_is_for_its_owner(
    run: RunCommand, data: Path, tmp_path: Path
) -> None:
    run("backup", "--data", data, tmp_path / "one")
    run("backup", "--data", data, tmp_path / "two")
    run("restore", "--data", tmp_path / "new", tmp_path / "one")
    logs = [data / "log.sqlite3", tmp_path / "one", tmp_path / "two", tmp_path / "new" / "log.sqlite3"]
    assert len({value(log, "SELECT identity FROM ids") for log in logs}) == 4
    assert [stat.S_IMODE(log.stat().st_mode) for log in logs] == [0o600] * 4
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_beside_a_server_with_what_is_not_moved_yet(run: RunCommand, data: Path, tmp_path: Path) -> None:
    with sqlite(data) as journal:
        journal.say("fresh", "r")
        journal.wait_for("acknowledged", 1)
        code, text = run("backup", "--data", data, tmp_path / "copy")
        assert (code, text.partition(" ")[0]) == (0, "4")
        code, text = run("restore", "--data", data, tmp_path / "copy")
        assert code == 2
        assert text.startswith(f"{data} is in use by another server (process {os.getpid()}); please give")
        journal.say("fresher", "r")
        journal.wait_for("acknowledged", 2)
    assert value(tmp_path / "copy", "SELECT text FROM entries ORDER BY id DESC") == "fresh"


def test_by_hand_with_the_write_ahead_log(run: RunCommand, data: Path, tmp_path: Path) -> None:
    """Of a server that was killed."""
    with sqlite(data) as journal:
        journal.say("fresh", "r")
        journal.wait_for("acknowledged", 1)
        shutil.copytree(data, tmp_path / "by hand")
    before = files(tmp_path / "by hand")
    code, text = run("restore", "--data", tmp_path / "new", tmp_path / "by hand" / "log.sqlite3")
    assert (code, text.partition(" ")[0]) == (0, "4")
    assert files(tmp_path / "by hand") == before


@pytest.mark.parametrize("version", range(1, VERSION))
def test_of_an_earlier_version(run: RunCommand, tmp_path: Path, version: int) -> None:
    log_of_version(tmp_path, version)
    before = (tmp_path / "log.sqlite3").read_bytes()
    (tmp_path / "copies").mkdir()
    assert run("backup", "--data", tmp_path, tmp_path / "copies" / "one")[0] == 0
    assert run("restore", "--data", tmp_path / "new", tmp_path / "copies" / "one")[0] == 0
    assert (tmp_path / "log.sqlite3").read_bytes() == before
    assert value(tmp_path / "new" / "log.sqlite3", "PRAGMA user_version") == version
    with sqlite(tmp_path / "new") as journal:
        assert [entry.text for entry in journal.history()] == ["old"]


def test_the_disk_takes_a_large_copy_piece_by_piece(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(
        "chatd.store.sqlite.copying.os.fdatasync", lambda file: synced.append(os.fstat(file).st_size)
    )
    monkeypatch.setattr(copying, "_PIECE", 1000)
    file = copying.NewFile(tmp_path / "copy")
    for size in (0, 900, 1100, 1200, 3000):
        os.truncate(file.part, size)
        file.write_through()
    assert synced == [1100, 3000]
    file.close()
    monkeypatch.setattr(looking, "_ASKED_EVERY", 10)
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 0
    assert len(synced) > 2


def test_what_root_restores_is_the_folders_owners(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda file, user, group: given.append((user, group)))
    assert run("restore", "--data", tmp_path / "new", data / "log.sqlite3")[0] == 0
    assert given == [(os.getuid(), os.getgid())] * 2


def test_the_default_folder(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", str(data))
    assert run("backup", tmp_path / "copy")[0] == 0
    assert contract.folder_of(None) == data


def test_a_user_who_has_no_home(run: RunCommand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(environment: object) -> Path:
        raise ConfigError("this user has no home folder")

    monkeypatch.setattr(contract, "default_folder", none)
    assert run("backup", tmp_path / "copy") == (2, "this user has no home folder")


def test_a_folder_in_use_is_not_tidied(data: Path) -> None:
    """A server came while it was looked at."""
    with looking.looked_at(data / "log.sqlite3"):
        assert files(data) == ["lock", "log.sqlite3", "log.sqlite3-shm", "log.sqlite3-wal", "search.sqlite3"]
        folder = DataFolder(data)
    assert files(data) == ["lock", "log.sqlite3", "log.sqlite3-shm", "log.sqlite3-wal", "search.sqlite3"]
    folder.release()
    (data / "log.sqlite3-wal").unlink()
    (data / "lock").unlink()
    with looking.looked_at(data / "log.sqlite3"):
        pass
    assert files(data) == ["log.sqlite3", "search.sqlite3"]


@pytest.mark.parametrize(
    "name", ["file:copy", "file:copy?mode=memory", "a b\n%41'?#", b"\xff".decode(errors="surrogateescape")]
)
def test_under_any_name(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """To SQLite some are URIs."""
    monkeypatch.chdir(tmp_path)
    assert run_command("backup", ["--data", "data", name]) == 0
    assert run_command("restore", ["--data", "new", name]) == 0
    assert files(tmp_path) == sorted([name, "data", "new"])
    with sqlite(data) as old, sqlite(tmp_path / "new") as new:
        assert new.history() == old.history() != []
