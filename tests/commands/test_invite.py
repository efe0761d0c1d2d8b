"""`chatd invite`: a code that is shown once, and of which only a hash is kept; or one sentence."""

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest

from chatd.commands import invite as command
from chatd.commands.table import run_command
from chatd.protocol.passwords import check_invite
from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from chatd.store.secret_hash import secret_hash
from chatd.store.sqlite.schema import VERSION
from tests.commands.conftest import RunCommand
from tests.support.folders import change, files, log_of_version, value
from tests.support.logs import sqlite
from tests.support.people import account, changed, invite_of, register

NOW_NS = 1_764_150_000_000_000_000
DAY = 86_400_000


def code_in(text: str) -> str:
    found = re.fullmatch(
        r"/register PASSWORD invite:(\S+) registers the name \S.*, once, "
        r"until \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}",
        text,
    )
    assert found, text
    return check_invite(found[1])


@pytest.fixture(autouse=True)
def at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd.commands.invite.time.time_ns", lambda: NOW_NS)


def test_a_code_is_shown_and_its_hash_kept(run: RunCommand, data: Path) -> None:
    before = files(data)
    status, text = run("invite", "--data", data)
    code = code_in(text)
    assert (status, "registers the name of whoever types it, once, " in text) == (0, True)
    assert re.fullmatch(r"([a-hjkmnp-z2-9]{4}-){6}[a-hjkmnp-z2-9]{4}", code)
    with sqlite(data, now=lambda: NOW_NS // 1_000_000) as journal:
        found = invite_of(journal, hashlib.sha256(code.encode()).hexdigest())
        assert found is not None
        assert (found.name, found.expires) == ("", NOW_NS // 1_000_000 + 7 * DAY)
    assert code.encode() not in (data / "log.sqlite3").read_bytes()
    assert set(files(data)) - set(before) <= {"search.sqlite3"}
    assert code_in(run("invite", "--data", data)[1]) != code


def test_beside_a_server_for_a_name_and_for_some_days(run: RunCommand, data: Path) -> None:
    with sqlite(data, now=lambda: NOW_NS // 1_000_000) as journal:
        status, text = run("invite", "--data", data, "--name", "Bob", "--days", "30")
        assert status == 0 and " registers the name Bob, once, " in text
        code = secret_hash(code_in(text))
        found = invite_of(journal, code)
        assert found is not None
        assert (found.name, found.expires) == ("Bob", NOW_NS // 1_000_000 + 30 * DAY)
        journal.say("goes on", "r")
        journal.wait_for("acknowledged", 1)
        assert changed(journal, AccountChange((account(7, "Bob"),), invite=code)) is ChangeOutcome.DONE
        assert invite_of(journal, code) is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--name", "a b"), "a name has 1 to 32 characters"),
        (("--name", ""), "a name has 1 to 32 characters"),
        (("--name", "é"), "names are ASCII"),
        (("--name", "admin"), "the name admin is reserved"),
        (("--name", "BOB"), "BOB is registered already; please give another name"),
        (("--days", "0"), "--days is a number from 1 to 365, not 0"),
        (("--days", "366"), "--days is a number from 1 to 365, not 366"),
    ],
)
def test_what_cannot_be_invited(run: RunCommand, data: Path, words: tuple[str, ...], says: str) -> None:
    with sqlite(data) as journal:
        register(journal, account(7, "bob"))
    status, text = run("invite", "--data", data, *words)
    assert status == 2 and text.startswith(says)
    assert value(data / "log.sqlite3", "SELECT count(*) FROM invites") == 0


def test_days_that_are_no_number(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command("invite", ["--data", str(data), "--days", "soon"])
    assert ended.value.code == 2
    assert "argument --days: invalid int value: 'soon'" in capsys.readouterr().err


def test_a_folder_in_which_none_can_be_made(run: RunCommand, data: Path, tmp_path: Path) -> None:
    log = data / "log.sqlite3"
    assert run("invite", "--data", tmp_path) == (
        2,
        f"there is no log: {tmp_path / 'log.sqlite3'} is not there",
    )
    assert run("invite", "--data", "memory")[0] == 2
    assert files(tmp_path) == ["data"]
    change(log, f"PRAGMA user_version = {VERSION + 1}")
    status, text = run("invite", "--data", data)
    assert status == 2 and text.startswith(f"a newer chatd has written {log}")
    change(log, "PRAGMA application_id = 5")
    assert run("invite", "--data", data) == (2, f"{log} is a database of another program")


def test_a_log_of_an_earlier_version_stays_as_it_is(run: RunCommand, tmp_path: Path) -> None:
    log_of_version(tmp_path, 3)
    before = (tmp_path / "log.sqlite3").read_bytes()
    status, text = run("invite", "--data", tmp_path)
    assert status == 2
    assert text == (
        f"{tmp_path / 'log.sqlite3'} is of an earlier version (3); please start the server on it once"
    )
    assert (tmp_path / "log.sqlite3").read_bytes() == before and files(tmp_path) == ["log.sqlite3"]


def test_a_damaged_log(run: RunCommand, data: Path) -> None:
    log = data / "log.sqlite3"
    page = value(log, "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_accounts_1'")
    assert isinstance(page, int)
    broken = bytearray(log.read_bytes())
    broken[(page - 1) * 4096] ^= 0xFF
    log.write_bytes(broken)
    status, text = run("invite", "--data", data, "--name", "bob")
    assert status == 1 and text.startswith(f"{log} is damaged") and text.endswith("; please restore a copy")


def test_a_log_that_cannot_be_written(run: RunCommand, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(command, "add_invite", refused)
    assert run("invite", "--data", data) == (
        1,
        f"{data / 'log.sqlite3'} cannot be written: attempt to write a readonly database",
    )
