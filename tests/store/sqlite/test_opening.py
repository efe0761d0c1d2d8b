"""A folder that cannot be used is one sentence that names --data; one that can is brought to this version."""

import contextlib
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from chatd.protocol.errors import ConfigError
from chatd.state.stored_entries import EntryKind, StoredEntry, StoredGuest
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.folder import DataFolder, FolderLost, default_folder
from chatd.store.sqlite.opening import open_database
from chatd.store.sqlite.schema import VERSION, number_of
from tests.support.acts import do, held, ruling
from tests.support.folders import change, folder_with, log_of_version, value
from tests.support.logs import sqlite

ELSE = "please give another folder with --data, or --data memory to keep nothing"


def why_not(path: Path, monkeypatch: pytest.MonkeyPatch | None = None) -> str:
    """What the sentence says between the folder and the advice."""
    with pytest.raises(ConfigError) as error:
        LogFiles(DataFolder(path), 0)
    text = str(error.value)
    assert text.startswith(f"the log cannot be kept in {path}: ") and text.endswith(f"; {ELSE}")
    if monkeypatch is not None:
        monkeypatch.undo()
        LogFiles(DataFolder(path), 0).close()  # nothing was left locked
    return text.removeprefix(f"the log cannot be kept in {path}: ").removesuffix(f"; {ELSE}")


def test_a_newer_version(tmp_path: Path) -> None:
    change(folder_with(tmp_path / "log", 1), f"PRAGMA user_version = {VERSION + 1}")
    assert why_not(tmp_path / "log") == "a newer chatd has written it"


def test_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    change(tmp_path / "log" / "log.sqlite3", "CREATE TABLE theirs(x)")
    assert why_not(tmp_path / "log") == "log.sqlite3 is a database of another program"
    change(tmp_path / "log" / "log.sqlite3", "PRAGMA application_id = 5")
    assert why_not(tmp_path / "log") == "log.sqlite3 is a database of another program"


def test_no_database(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "log.sqlite3").write_text("this is no database, but a text of some length\n" * 100)
    assert why_not(tmp_path / "log") == "log.sqlite3 is damaged or no database (file is not a database)"


def test_an_empty_file_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite3").touch()
    folder_with(tmp_path, 1)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_truncated(tmp_path: Path, part: float) -> None:
    database = folder_with(tmp_path / "log", 200)
    os.truncate(database, int(database.stat().st_size * part) // 4096 * 4096)
    assert "damaged" in why_not(tmp_path / "log")


def test_one_flipped_byte_in_every_page_is_found_where_it_breaks_one(tmp_path: Path) -> None:
    database = folder_with(tmp_path / "log", 50)
    whole = database.read_bytes()
    for page in range(1, len(whole) // 4096):
        if not any(whole[page * 4096 : page * 4096 + 8]):
            continue
        broken = bytearray(whole)
        broken[page * 4096] ^= 0xFF  # the kind of the page
        database.write_bytes(broken)
        assert "damaged" in why_not(tmp_path / "log")


@pytest.mark.parametrize("place", [b"CREATE TABLE guests", b"500 pages", b'["lobby"'])
def test_a_flipped_byte_in_a_text(tmp_path: Path, place: bytes) -> None:
    with sqlite(tmp_path / "log") as journal:
        journal.log.keep_guest(StoredGuest("hash", 7, "alice", ("lobby",)))
        journal.say("500 pages")
        journal.wait_for("published", 1)
    database = tmp_path / "log" / "log.sqlite3"
    content = bytearray(database.read_bytes())
    content[content.index(place) + 3] ^= 0x80  # it is no UTF-8 any more
    database.write_bytes(content)
    assert why_not(tmp_path / "log") == "log.sqlite3 is damaged (a value is not what was written)"


def test_a_value_that_none_of_ours_has(tmp_path: Path) -> None:
    change(folder_with(tmp_path / "log", 1), "UPDATE entries SET kind = 99")
    assert why_not(tmp_path / "log") == "log.sqlite3 is damaged (a value is not what was written)"


def test_a_large_database_is_not_looked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = folder_with(tmp_path, 1)
    page = value(database, "SELECT rootpage FROM sqlite_master WHERE name = 'marks'")  # of no use at a start
    assert isinstance(page, int)
    broken = bytearray(database.read_bytes())
    broken[(page - 1) * 4096] ^= 0xFF
    database.write_bytes(broken)
    monkeypatch.setattr("chatd.store.sqlite.opening.CHECKED_SIZE", 0)
    LogFiles(DataFolder(tmp_path), 0).close()


def test_in_use(tmp_path: Path) -> None:
    first = DataFolder(tmp_path)
    with pytest.raises(ConfigError) as error:
        DataFolder(tmp_path)
    assert str(error.value) == f"{tmp_path} is in use by another server (process {os.getpid()}); {ELSE}"
    first.release()
    first.release()
    DataFolder(tmp_path).release()


def test_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "log").touch()
    assert why_not(tmp_path / "log") == "File exists"


def test_a_database_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "log" / "log.sqlite3").mkdir(parents=True)
    assert why_not(tmp_path / "log") == "unable to open database file"


def test_a_file_system_without_a_write_ahead_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # In memory there is none either.
    monkeypatch.setattr(
        "chatd.store.sqlite.opening.connect", lambda folder, mode: sqlite3.connect(":memory:")
    )
    assert why_not(tmp_path / "log", monkeypatch) == "its file system allows no write-ahead log"


def test_a_folder_that_is_read_only_is_found_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path / "log", 1)
    connected = sqlite3.connect

    def read_only(name: str, **options: object) -> sqlite3.Connection:
        connection: sqlite3.Connection = connected(name, **options)  # type: ignore[call-overload]
        connection.execute("PRAGMA query_only = 1")
        return connection

    monkeypatch.setattr("chatd.store.sqlite.opening.sqlite3.connect", read_only)
    assert why_not(tmp_path / "log", monkeypatch) == "attempt to write a readonly database"


def test_an_old_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DataFolder(tmp_path)
    monkeypatch.setattr("chatd.store.sqlite.opening._OLDEST", (99, 0, 0))
    with pytest.raises(ConfigError, match=r"SQLite [\d.]+ is too old"):
        open_database(folder)
    folder.release()


def test_a_file_of_the_log_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(folder: DataFolder) -> None:
        raise OSError("no more of them")

    monkeypatch.setattr("chatd.store.sqlite.files.WalSync", fails)
    assert why_not(tmp_path / "log", monkeypatch) == "no more of them"


@pytest.mark.parametrize("version", range(VERSION))
def test_from_each_version(tmp_path: Path, version: int) -> None:
    log_of_version(tmp_path, version)
    folder_with(tmp_path, 1)
    with contextlib.closing(sqlite3.connect(tmp_path / "log.sqlite3")) as new:
        assert number_of(new, "user_version") == VERSION
        assert new.execute("SELECT identity > 0 FROM ids").fetchone() == (1,)
    with sqlite(tmp_path) as journal:
        before = [StoredEntry(1, 0, 5, 6, "al", 7, EntryKind.MESSAGE, "k", "old")] if version else []
        assert journal.history()[:-1] == before
        assert not journal.log.people.accounts and not journal.log.people.devices
        assert not journal.log.rulings
        do(journal, ruling("7"), act="delete", removes=journal.history()[0])
        journal.wait_for("published", 1)
        assert journal.history()[0].text == "alice"
    with sqlite(tmp_path) as journal:
        assert held(journal) == [(1, "ban", "7", "on")] and journal.history()[0].text == "alice"


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"STATE_DIRECTORY": "/var/lib/chatd:/x", "XDG_STATE_HOME": "/s", "HOME": "/h"}, "/var/lib/chatd"),
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/chatd"),
        ({"HOME": "/h"}, "/h/.local/state/chatd"),
    ],
)
def test_the_folder_when_none_is_given(environment: dict[str, str], folder: str) -> None:
    assert default_folder(environment) == Path(folder)


def test_a_user_who_has_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", unknown)
    with pytest.raises(ConfigError, match="no home folder; please say where the log is with --data"):
        default_folder({})


def other_file(path: Path) -> None:
    path.unlink()
    path.touch()


@pytest.mark.parametrize("wrong", [Path.unlink, other_file])
@pytest.mark.parametrize("name", ["lock", "log.sqlite3", "log.sqlite3-wal"])
def test_a_file_that_is_gone_or_another_one_is_noticed(
    tmp_path: Path, wrong: Callable[[Path], None], name: str
) -> None:
    folder = DataFolder(tmp_path)
    files = LogFiles(folder, 0)
    folder.check()
    kept = tmp_path / "kept"
    os.link(tmp_path / name, kept)
    wrong(tmp_path / name)
    with pytest.raises((FolderLost, FileNotFoundError)):
        folder.check()
    os.replace(kept, tmp_path / name)
    folder.check()
    files.close()
