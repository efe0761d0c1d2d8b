"""`chatd admin export` and `delete`: all of a person as one document, and that it goes."""

import io
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from chatd.commands.admin import personal
from chatd.commands.admin.showing import user_in_words
from chatd.commands.contract import CommandFailed
from chatd.commands.table import run_command
from chatd.protocol.admin_events import UserRow
from tests.commands.admin.conftest import Admin, Served
from tests.support.folders import files, value


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_document(served: Served, tmp_path: Path) -> None:
    bob = served.peer("bob")
    bob.send("hello", '/dm alice "psst"', "/topic things")
    bob.until(r"\* bob set the topic.*")
    out = tmp_path / "bob.json"
    ran = served.admin("export", "BOB", "--out", out)
    assert ran.lines == [f"chatd admin export: all of BOB is in {out}: 3 entries of the log"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    found = document(out.read_text())
    assert found["type"] == "person" and found["user"]["name"] == "bob"
    assert [(one["type"], one["text"]) for one in found["log"]] == [
        ("said", "hello"),
        ("dm", "psst"),
        ("topic", "things"),
    ]
    ran = served.admin("export", "bob", "--out", out)
    assert (ran.code, ran.error) == (2, f"{out} is there already; please give another name")


def test_a_document_on_the_data_itself(admin: Admin) -> None:
    found = document("\n".join(admin("export", "alice").lines))
    assert found["user"]["account"] is True and found["log"] == []


def test_of_nobody_nothing_is_written(admin: Admin, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    ran = admin("export", "bob", "--out", out)
    assert ran.code == 1 and ran.error.startswith("bob is not here")
    ran = admin("export", "alice", "--out", tmp_path / "nowhere" / "x")
    assert ran.code == 2 and ran.error.endswith("cannot be written: No such file or directory")
    assert files(tmp_path) == ["data"]


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    with pytest.raises(CommandFailed) as failed, personal._target(out):
        raise OSError(28, "No space left on device")
    assert str(failed.value) == f"{out} cannot be written: No space left on device"
    assert not out.exists()


def test_nobody_reads_it_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.RawIOBase):
        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            raise BrokenPipeError

    turned: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "dup2", lambda new, old: turned.append((new, old)))
    write = personal._writer(Closed())  # type: ignore[arg-type]
    with pytest.raises(CommandFailed, match="nobody reads it any more"):
        write(b"x")
    assert len(turned) == 1


class Terminal(io.StringIO):
    """At which somebody types."""

    def isatty(self) -> bool:
        return True


def test_who_is_deleted_has_to_be_named_twice(
    admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(text: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", Terminal(text))
        code = run_command("admin", ["delete", "ALICE", "--data", str(data)])
        return code, *capsys.readouterr()

    code, out, err = typed("bob\n")
    assert (code, out) == (2, "")
    assert err.startswith("alice, registered at 1970-01-01 00:00 UTC, with 0 devices, was here last at ")
    assert err.endswith(
        "Please write the name once more: chatd admin: that was another name; nothing was deleted\n"
    )
    code, out, err = typed("Alice\n")
    assert (code, out) == (0, "chatd admin delete: alice is deleted, with all that it said\n")
    assert value(data / "log.sqlite3", "SELECT count(*) FROM accounts") == 0


def test_where_nobody_can_be_asked(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert admin("delete", "alice") == (
        2,
        [],
        "please add --yes, where nobody can be asked whether it is meant",
    )
    ran = admin("delete", "alice", "--yes", "--json")
    assert ran.objects == [{"type": "erased", "name": "alice", "person": 7}]
    ran = admin("delete", "alice", "--yes")
    assert (ran.code, ran.error) == (1, "nobody has the name alice; where it was deleted, nothing is left")


def test_a_guest_is_deleted(served: Served) -> None:
    bob = served.peer("bob")
    bob.send("/join dev")
    assert served.admin("delete", "bob", "--yes").code == 0
    bob.until(r"\* your account was deleted")
    assert bob.at_end()
    bob.sock.close()


def test_who_is_meant_in_words() -> None:
    guest = UserRow(name="bob", person=7, since=60_000)
    assert user_in_words(guest) == "bob, a guest since 1970-01-01 00:01 UTC"
    here = UserRow(name="al", person=7, since=60_000, account=True, here=True, devices=1)
    assert user_in_words(here) == "al, registered at 1970-01-01 00:01 UTC, with 1 device, is here"


def test_an_invite_and_a_backup(admin: Admin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd.commands.backup.os.nice", lambda more: 0)
    [made] = admin("invite", "--json", "--name", "bob", "--days", "1").objects
    assert (made["type"], made["name"], len(made["code"])) == ("invite", "bob", 34)
    assert admin("invite").lines[0].startswith("chatd admin invite: /register PASSWORD invite:")
    assert admin("invite", "--days", "0").code == 2
    copies = [tmp_path / "one", tmp_path / "two"]
    [done] = admin("backup", copies[0], "--json").objects
    assert (done["type"], done["file"]) == ("backup", str(copies[0])) and "0 messages" in done["holds"]
    assert admin("backup", copies[1]).lines[0].startswith("chatd admin backup: 0 messages in ")
    assert all(copy.exists() for copy in copies)
    assert admin("backup", copies[0]).code == 2
