"""`chatd check`: what it says of a folder, and its exit code; it changes nothing."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from chatd.__main__ import main
from chatd.commands import check, contract
from chatd.commands.table import COMMANDS
from chatd.protocol.limits import DEFAULT
from chatd.state.rooms import Room
from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from chatd.state.stored_entries import StoredGuest
from chatd.store.sqlite import looking
from chatd.store.sqlite.schema import VERSION
from tests.commands.conftest import Check
from tests.support.acts import do, ruling
from tests.support.folders import change, files, folder_with, log_of_version
from tests.support.logs import sqlite
from tests.support.people import account, changed, device


def test_the_first_word_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 2
    assert (
        capsys.readouterr().err == f"chatd check: there is no log: {tmp_path / 'log.sqlite3'} is not there\n"
    )
    with pytest.raises(SystemExit) as ended:
        main(["backup", "--help"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("usage: chatd backup [-h] [--data DIR] FILE\n")
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)


def test_a_sound_log(look: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite(tmp_path / "data") as journal:
        journal.say("one")
        journal.say("two", room=Room("dev", DEFAULT, 2))
        journal.write("psst")
        journal.log.forget(Room("old", DEFAULT, 3))
        journal.say("three")
        journal.log.keep_guest(StoredGuest("t", 11, "alice"))
        change_of = AccountChange((account(7, "bob"), account(8, "eve")), (device("t", 7),))
        assert changed(journal, change_of) is ChangeOutcome.DONE
        journal.wait_for("published", 4)
        do(journal, ruling("7"), ruling("8"), room=Room("dev", DEFAULT, 2))
        journal.wait_for("published", 5)
    monkeypatch.setattr(check, "_day", str)
    change(
        tmp_path / "data" / "log.sqlite3",
        "UPDATE entries SET at = (SELECT count(*) FROM entries AS others WHERE others.id <= entries.id)",
        "UPDATE ids SET keep = '90d'",
        "UPDATE rooms SET keep_days = 30, keep_count = 1000 WHERE room = 2",
        f"INSERT INTO invites VALUES ('code', '', {2**53}), ('old', '', 1)",
    )
    (tmp_path / "data" / "search.sqlite3").unlink()
    before = [(file, (tmp_path / "data" / file).read_bytes()) for file in files(tmp_path / "data")]
    size = contract.size((tmp_path / "data" / "log.sqlite3").stat().st_size)
    assert look(tmp_path / "data") == (
        0,
        [
            f"folder:    {tmp_path / 'data'}",
            "in use:    no",
            f"size:      {size} the log, 0 bytes not moved into it yet",
            f"version:   {VERSION}",
            "rooms:     2, and 1 that are gone",
            "messages:  5, of them 1 direct",
            "said:      from 1 to 5",
            "people:    1 may come back",
            "accounts:  2 with 1 device, 1 open invite",
            "acts:      1 of moderation, 2 rulings",
            "kept:      90d",
            "           in dev: 30 days, 1,000 messages",
            "looking through all of it, which takes about 1 s",
            "the log is sound",
        ],
        "",
    )
    assert [(file, (tmp_path / "data" / file).read_bytes()) for file in files(tmp_path / "data")] == before


def test_beside_a_server(look: Check, tmp_path: Path) -> None:
    with sqlite(tmp_path) as journal:
        journal.say("one", "r")
        journal.wait_for("acknowledged", 1)
        code, shown, _ = look(tmp_path)
        assert code == 0
        assert f"in use:    by process {os.getpid()}" in shown
        assert "messages:  1, of them 0 direct" in shown
        journal.say("two", "r")
        journal.wait_for("acknowledged", 2)


@pytest.mark.parametrize("version", range(1, VERSION))
def test_an_earlier_version_stays_as_it_is(look: Check, tmp_path: Path, version: int) -> None:
    log_of_version(tmp_path, version)
    before = (tmp_path / "log.sqlite3").read_bytes()
    code, shown, _ = look(tmp_path)
    assert code == 0
    assert f"version:   {version}; the next server makes it {VERSION}" in shown
    assert "messages:  1, of them 0 direct" in shown
    assert (tmp_path / "log.sqlite3").read_bytes() == before
    assert files(tmp_path) == ["log.sqlite3"]


def test_an_empty_log(look: Check, tmp_path: Path) -> None:
    folder_with(tmp_path, 0)
    code, shown, _ = look(tmp_path)
    assert code == 0
    assert "messages:  0, of them 0 direct" in shown
    assert not [line for line in shown if line.startswith("said:")]


def test_many_rooms_with_rules(look: Check, tmp_path: Path) -> None:
    rooms = ", ".join(f"({number}, 'room{number}', '', 1)" for number in range(2, 32))
    change(folder_with(tmp_path, 1), f"INSERT INTO rooms (room, name, topic, keep_days) VALUES {rooms}")
    _, shown, _ = look(tmp_path)
    assert "           in room10: 1 day" in shown
    assert "           and 10 rooms more have a rule of their own" in shown


def test_nothing_that_is_ours(look: Check, tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite3"
    assert look(tmp_path) == (2, [], f"there is no log: {log} is not there")
    assert look(tmp_path / "missing")[0] == 2
    log.touch()
    assert look(tmp_path) == (2, [], f"there is no log: {log} is empty")
    change(log, "CREATE TABLE theirs(x)")
    assert look(tmp_path) == (2, [], f"{log} is a database of another program")
    assert look(log)[0] == 2
    assert look(Path("memory"))[0] == 2
    log.unlink()
    change(folder_with(tmp_path, 1), f"PRAGMA user_version = {VERSION + 1}")
    code, _, text = look(tmp_path)
    assert code == 2 and text.startswith(f"a newer chatd has written {log} (version {VERSION + 1}; ")


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_truncated(look: Check, tmp_path: Path, part: float) -> None:
    log = folder_with(tmp_path, 200)
    os.truncate(log, int(log.stat().st_size * part))
    code, _, text = look(tmp_path)
    assert code == 1
    assert text.startswith(f"{log} is damaged") and text.endswith("; please restore a copy")


def test_one_flipped_byte_in_every_page(look: Check, tmp_path: Path) -> None:
    log = folder_with(tmp_path, 50)
    whole = log.read_bytes()
    for page in range(len(whole) // 4096):
        broken = bytearray(whole)
        broken[page * 4096] ^= 0xFF
        log.write_bytes(broken)
        code, _, text = look(tmp_path)
        assert code == (0 if not any(whole[page * 4096 : page * 4096 + 8]) else 1), (page, text)


@pytest.mark.parametrize("text", [b"CREATE TABLE guests", b"CREATE TABLE entries", b"lobby"])
def test_a_flipped_byte_in_a_text(look: Check, tmp_path: Path, text: bytes) -> None:
    log = folder_with(tmp_path, 5)
    content = bytearray(log.read_bytes())
    content[content.index(text) + 3] ^= 0x80
    log.write_bytes(content)
    code, _, sentence = look(tmp_path)
    assert code == (0 if text == b"lobby" else 1)  # what nobody asks for is not read
    assert code == 0 or sentence.startswith(f"{log} is damaged")


def test_a_folder_in_which_nothing_can_be_made(
    look: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite needs two more files to read a log; where it may not make them it is told that nobody writes."""
    log = folder_with(tmp_path, 1)
    opened = looking._opened
    asked: list[str] = []

    def fails_first(uri: str) -> object:
        asked.append(uri)
        if "immutable" not in uri:
            raise sqlite3.OperationalError("unable to open database file")
        return opened(uri)

    monkeypatch.setattr(looking, "_opened", fails_first)
    assert look(tmp_path)[0] == 0
    assert [uri.partition("?")[2] for uri in asked] == ["mode=ro", "mode=ro&immutable=1"] * 2
    Path(f"{log}-wal").write_bytes(bytes(100))
    code, _, text = look(tmp_path)
    assert (code, text) == (2, f"{log} cannot be read without the right to write beside it")


def test_what_may_not_be_read(look: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = folder_with(tmp_path, 1)
    monkeypatch.setattr("chatd.store.sqlite.looking.os.access", lambda path, mode: False)
    assert look(tmp_path) == (2, [], f"{log} is not a file that can be read here")

    def fails(path: Path, **more: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("chatd.store.sqlite.looking.Path.stat", fails)
    assert look(tmp_path) == (2, [], f"{log} cannot be read (Permission denied)")


def test_a_log_that_is_kept_from_being_read(
    look: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_with(tmp_path, 1)

    def locked(path: Path, database: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(check, "examine", locked)
    code, _, text = look(tmp_path)
    assert (code, text) == (2, f"the log in {tmp_path} cannot be read: database is locked")


def test_stopped(look: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, 1)

    def stops(path: Path, database: object) -> None:
        raise looking.Stopped

    monkeypatch.setattr(check, "examine", stops)
    code, _, text = look(tmp_path)
    assert (code, text) == (1, "stopped by a signal")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB"), (3 << 39, "1536.0 GiB")],
)
def test_sizes(count: int, text: str) -> None:
    assert contract.size(count) == text


@pytest.mark.parametrize("name", ["check", "backup"])
def test_where_what_it_says_cannot_be_written(tmp_path: Path, name: str) -> None:
    """It is one sentence; and nothing is tried again when the interpreter ends."""
    folder_with(tmp_path / "data", 1)
    words = {"check": ["data"], "backup": ["--data", "data", "copy"]}
    command = [sys.executable, "-m", "chatd", name, *words[name]]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command, check=False, cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"chatd {name}: ")
    assert ended.stderr.endswith("could not be written: No space left on device\n")
    assert ended.stderr.count("\n") == 1


def test_names_in_a_damaged_log_do_nothing_to_the_terminal(look: Check, tmp_path: Path) -> None:
    log = folder_with(tmp_path / "data", 1)
    change(log, "UPDATE rooms SET keep_days = 5, name = 'a' || char(27) || '[31m' || char(10) || 'b'")
    _, shown, _ = look(tmp_path / "data")
    assert "           in a[31m b: 5 days" in shown


def test_of_a_long_text_that_cannot_be_written_only_the_beginning_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*words: str, flush: bool) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("builtins.print", broken)
    monkeypatch.setattr(os, "dup2", lambda *handles: None)
    with pytest.raises(contract.CommandFailed) as failed:
        contract.say("* 1,500 are banned:\n" + "* eve - for good\n" * 1500)
    assert str(failed.value) == "'* 1,500 are banned:…' could not be written: Broken pipe"
