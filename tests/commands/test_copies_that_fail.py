"""`chatd backup` and `chatd restore`: what cannot be done is one sentence, and leaves nothing."""

import contextlib
import fcntl
import os
import resource
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatd.commands import restore
from chatd.commands.contract import CommandFailed
from chatd.protocol.errors import ConfigError
from chatd.store.sqlite import copying, looking
from chatd.store.sqlite.schema import VERSION
from tests.commands.conftest import RunCommand
from tests.support.folders import change, files, folder_with
from tests.support.logs import sqlite


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """This process can make no larger one: what a full disk is to SQLite."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("end", ["", "-wal", "-journal"])
def test_what_is_there_stays(run: RunCommand, data: Path, tmp_path: Path, end: str) -> None:
    there = tmp_path / f"copy{end}"
    there.write_text("mine")
    sentence = f"{there} is there already; please give another name, or move it away"
    assert run("backup", "--data", data, tmp_path / "copy") == (2, sentence)
    assert there.read_text() == "mine"
    there.unlink()
    (tmp_path / "new").mkdir()
    old = tmp_path / "new" / f"log.sqlite3{end}"
    old.write_text("mine")
    run("backup", "--data", data, tmp_path / "copy")
    code, text = run("restore", "--data", tmp_path / "new", tmp_path / "copy")
    assert code == 2
    assert text.startswith(f"{tmp_path / 'new'} has a log already ({old.name}); please give another folder")
    assert old.read_text() == "mine"


def test_a_restore_that_fails_takes_its_folder_away(run: RunCommand, data: Path, tmp_path: Path) -> None:
    run("backup", "--data", data, tmp_path / "copy")
    (tmp_path / "old").mkdir()
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "lock").touch()
    with largest_file(10_000):
        for folder in ("new/deep", "old", "used"):
            assert run("restore", "--data", tmp_path / folder, tmp_path / "copy")[0] == 1
    assert files(tmp_path) == ["copy", "data", "old", "used"]
    assert (files(tmp_path / "old"), files(tmp_path / "used")) == ([], ["lock"])


def test_what_came_meanwhile_stays(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*given: object, **more: object) -> str:
        (tmp_path / "new" / "theirs").touch()
        raise CommandFailed("no")

    monkeypatch.setattr(restore, "copy", fails)
    assert run("restore", "--data", tmp_path / "new", data / "log.sqlite3") == (1, "no")
    assert files(tmp_path / "new") == ["theirs"]


def test_where_no_copy_can_be(run: RunCommand, data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "missing" / "copy"
    assert run("backup", "--data", data, copy) == (2, f"{copy} cannot be written: No such file or directory")
    code, text = run("backup", "--data", data, tmp_path)
    assert (code, text) == (2, f"{tmp_path} is there already; please give another name, or move it away")
    for name in ("log.sqlite3-copy", "search.sqlite3-old"):
        code, text = run("backup", "--data", data, data / name)
        assert code == 2 and "would be in the data folder" in text
    assert "is there already" in run("backup", "--data", data, data / "log.sqlite3")[1]
    (tmp_path / "copy.part").symlink_to(data / "log.sqlite3")
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 2
    assert run("restore", "--data", data / "lock" / "x", data / "log.sqlite3")[0] == 2


def test_where_nothing_is_to_be_copied(run: RunCommand, tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite3"
    copy = tmp_path / "copy"
    words = ("--data", tmp_path / "data", copy)
    assert run("backup", *words) == (2, f"there is no log: {tmp_path / 'data' / 'log.sqlite3'} is not there")
    assert run("restore", *words) == (2, f"there is no log: {copy} is not there")
    assert run("restore", "--data", tmp_path, log / "x") == (2, f"there is no log: {log / 'x'} is not there")
    log.touch()
    assert run("restore", *words[:2], log) == (2, f"there is no log: {log} is empty")
    assert run("restore", *words[:2], tmp_path)[0] == 2
    assert run("backup", "--data", "memory", copy)[0] == 2
    assert files(tmp_path) == ["log.sqlite3"]


def test_of_another_program_or_a_newer_version(run: RunCommand, data: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    change(theirs, "CREATE TABLE theirs(x)")
    words = ("restore", "--data", tmp_path / "new")
    assert run(*words, theirs) == (2, f"{theirs} is a database of another program")
    change(data / "log.sqlite3", f"PRAGMA user_version = {VERSION + 1}")
    code, text = run(*words, data / "log.sqlite3")
    assert code == 2
    assert text.startswith(
        f"a newer chatd has written {data / 'log.sqlite3'} (version {VERSION + 1}; this one"
    )
    text_file = tmp_path / "text"
    text_file.write_text("this is no database, but a text of some length\n" * 100)
    code, text = run(*words, text_file)
    assert code == 1
    assert text == (
        f"{text_file} is damaged or no database (file is not a database); please take an older copy"
    )
    assert files(tmp_path) == ["data", "text", "theirs"]


@pytest.mark.parametrize("wrong", ["truncated", "a page", "a text"])
def test_of_what_is_damaged(run: RunCommand, tmp_path: Path, wrong: str) -> None:
    log = folder_with(tmp_path / "data", 200)
    content = bytearray(log.read_bytes())
    if wrong == "truncated":
        del content[len(content) // 2 :]
    else:
        place = content.index(b"CREATE TABLE guests") if wrong == "a text" else len(content) // 8192 * 4096
        content[place] ^= 0xFF
    log.write_bytes(content)
    (tmp_path / "copy").write_bytes(content)
    code, text = run("backup", "--data", tmp_path / "data", tmp_path / "new")
    assert code == 1 and "damaged" in text
    code, text = run("restore", "--data", tmp_path / "restored", tmp_path / "copy")
    assert code == 1 and "damaged" in text
    assert files(tmp_path)[:2] == ["copy", "data"]
    assert not (tmp_path / "restored" / "log.sqlite3").exists()


def test_a_full_disk(run: RunCommand, tmp_path: Path) -> None:
    folder_with(tmp_path / "data", 200)
    with largest_file(60_000):
        code, text = run("backup", "--data", tmp_path / "data", tmp_path / "copy")
        assert code == 1
        assert text.startswith(f"{tmp_path / 'copy'} cannot be written: ")
        assert text.endswith("; nothing was kept of it")
        code, text = run("restore", "--data", tmp_path / "new", tmp_path / "data" / "log.sqlite3")
        assert (code, text[-24:]) == (1, "; nothing was kept of it")
    assert files(tmp_path) == ["data"]
    assert run("restore", "--data", tmp_path / "new", tmp_path / "data" / "log.sqlite3")[0] == 0


def test_a_disk_that_fails_at_the_end(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    code, text = run("backup", "--data", data, tmp_path / "copy")
    assert (code, text) == (
        1,
        f"{tmp_path / 'copy'} cannot be written: Input/output error; nothing was kept of it",
    )
    assert files(tmp_path) == ["data"]


def test_a_name_that_is_taken_meanwhile(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examine = looking.examine

    def and_take_it(path: Path, database: sqlite3.Connection) -> None:
        examine(path, database)
        (tmp_path / "copy").write_text("mine")

    monkeypatch.setattr(copying, "examine", and_take_it)
    code, text = run("backup", "--data", data, tmp_path / "copy")
    assert code == 1 and "is there by now" in text
    assert (tmp_path / "copy").read_text() == "mine"
    assert files(tmp_path) == ["copy", "data"]


def test_stopped_by_a_signal(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_ASKED_EVERY", 1)
    handler = signal.getsignal(signal.SIGTERM)
    examine = looking.examine

    def and_be_stopped(path: Path, database: sqlite3.Connection) -> None:
        signal.raise_signal(signal.SIGTERM)
        examine(path, database)

    monkeypatch.setattr(copying, "examine", and_be_stopped)
    sentence = "stopped by a signal; nothing was kept of it"
    assert run("backup", "--data", data, tmp_path / "copy") == (1, sentence)
    assert signal.getsignal(signal.SIGTERM) is handler
    monkeypatch.setattr(copying, "examine", examine)
    monkeypatch.setattr("chatd.commands.copies.examine", and_be_stopped)
    assert run("restore", "--data", tmp_path / "new", data / "log.sqlite3") == (1, sentence)
    assert files(tmp_path) == ["data"]


def test_after_a_copy_that_was_killed(run: RunCommand, data: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.part").write_bytes(bytes(100_000))
    (tmp_path / "copy.part-journal").write_bytes(bytes(1024))
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "log.sqlite3.part").write_text("half of one")
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 0
    assert run("restore", "--data", tmp_path / "new", tmp_path / "copy")[0] == 0
    assert files(tmp_path) == ["copy", "data", "new"]
    assert files(tmp_path / "new") == ["lock", "log.sqlite3"]


def test_two_that_write_the_same_copy(run: RunCommand, data: Path, tmp_path: Path) -> None:
    with open(tmp_path / "copy.part", "w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        code, text = run("backup", "--data", data, tmp_path / "copy")
    assert (code, text) == (1, f"another process is writing {tmp_path / 'copy.part'}")


def test_a_copy_that_another_process_finishes_just_now(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file was opened under the name that it had before."""
    (tmp_path / "copy.part").write_text("a whole copy")
    flock = fcntl.flock

    def and_finish(file: int, how: int) -> None:
        (tmp_path / "copy.part").rename(tmp_path / "copy")
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", and_finish)
    assert run("backup", "--data", data, tmp_path / "copy")[0] == 1
    assert (tmp_path / "copy").read_text() == "a whole copy"
    assert files(tmp_path) == ["copy", "data"]


def test_a_log_that_another_program_keeps_for_itself(
    run: RunCommand, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "_BUSY_MS", 0)
    change(data / "log.sqlite3", "PRAGMA journal_mode = DELETE")
    with contextlib.closing(sqlite3.connect(data / "log.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for words in (("backup", "--data", data), ("restore", "--data", tmp_path / "new")):
            code, text = run(*words, tmp_path / "copy" if words[0] == "backup" else data / "log.sqlite3")
            assert (code, text) == (1, f"{data / 'log.sqlite3'} cannot be read: database is locked")
    assert files(tmp_path) == ["data"]


def test_a_link_that_leads_to_itself(run: RunCommand, data: Path, tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    sentence = f"{loop / 'copy'} cannot be written: Too many levels of symbolic links"
    assert run("backup", "--data", data, loop / "copy") == (2, sentence)


def test_a_log_from_which_somebody_has_removed_something(run: RunCommand, data: Path, tmp_path: Path) -> None:
    change(data / "log.sqlite3", "DELETE FROM ids")
    for words in (
        ("backup", "--data", data, tmp_path / "copy"),
        ("restore", "--data", tmp_path / "new", data / "log.sqlite3"),
    ):
        code, text = run(*words)
        assert code == 1 and "is damaged (the table ids has no row)" in text
    with pytest.raises(ConfigError, match="the table ids has no row"), sqlite(data):
        pass
