"""`chatd admin` keeps a server civil: beside one that runs, and on the data itself where none does."""

import os
import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from chatd.commands.admin import asking
from chatd.commands.admin.table import ADMIN
from chatd.commands.contract import CommandFailed
from chatd.commands.table import run_command
from chatd.net.building import build_state
from chatd.protocol.errors import ConfigError
from chatd.store.sqlite.folder import DataFolder
from tests.commands.admin.conftest import Admin, Served
from tests.support.folders import files, log_of_version


def test_acts_on_the_data_itself(admin: Admin, data: Path) -> None:
    assert admin("grant", "alice", "owner") == (0, ["* admin made alice owner of the server"], "")
    assert admin("ban", "mallory", "2h", "too", "much spam").lines == [
        "* admin banned mallory from the server for 2 h (too much spam)"
    ]
    assert admin("bans", "--json").objects[0]["bans"][0]["whom"] == "mallory"
    assert admin("unban", "mallory").code == 0
    head, *acts = admin("audit").lines
    assert head == "* 3 acts of moderation of the server, times in UTC:"
    assert [line[17:] for line in acts] == [
        "* admin made alice owner of the server",
        "* admin banned mallory from the server for 2 h (too much spam)",
        "* admin lifted the ban of mallory from the server",
    ]
    assert len(admin("audit", "1", "--json").objects[0]["acts"]) == 1
    [_, alice] = admin("users").lines
    assert alice.split()[:2] == ["alice", "owner"]
    assert files(data) == ["lock", "log.sqlite3", "search.sqlite3"]


def test_acts_beside_a_server(served: Served) -> None:
    bob = served.peer("bob")
    bob.send("/join dev")
    bob.expect(r"\* #dev - 1 here.*")
    for words, reads in (
        (("announce", "hello", "people"), "* announcement of admin: hello people"),
        (("mute", "bob", "5m"), "* admin muted bob in the lobby for 5 min"),
        (("unmute", "bob"), "* admin lets bob speak again in the lobby"),
        (("lockdown", "on"), "* admin locked the server down: guests read, and do not speak"),
        (("lockdown", "off"), "* admin ended the lockdown of the server"),
        (("kick", "bob", "--room", "dev", "go", "away"), "* admin put bob out of #dev (go away)"),
        (("kill", "bob", "that is it"), "* admin ended the connections of bob (that is it)"),
    ):
        assert served.admin(*words) == (0, [reads], "")
        if "ended the connections" not in reads:
            bob.until(re.escape(reads))
    bob.until(r"\* admin ended your connection \(that is it\)")
    bob.sock.close()
    assert served.admin("users", "--here").lines[1:] == []


def test_lists(served: Served) -> None:
    bob = served.peer("bob")
    bob.send("/join dev", "/topic about things")
    bob.until(r"\* bob set the topic.*")
    head, alice, guest = served.admin("users").lines
    assert head.split()[:2] == ["NAME", "IS"]
    assert alice.split()[:2] == ["alice", "account"]
    assert guest.split()[:2] == ["bob", "guest"] and " here " in guest and guest.endswith("dev, lobby")
    assert served.admin("rooms").lines[2].split() == ["dev", "1", "-", "-", "about", "things"]
    assert served.admin("sessions").lines[1].split()[:3] == ["bob", "guest", "127.0.0.1"]
    assert [row["type"] for row in served.admin("--json", "users").objects] == ["user", "user"]
    assert [row["name"] for row in served.admin("rooms", "--json").objects] == ["lobby", "dev"]
    assert served.admin("sessions", "--json").objects[0]["speaks"] == "text"


def test_what_a_room_is(served: Served) -> None:
    carol = served.peer("carol")
    carol.send("/register long password", "/join dev", "/private on", "/slow 10s", "/moderated on")
    carol.until(r"\* carol lets only who has .*")
    assert "private, moderated, slow 10 s" in served.admin("rooms").lines[2]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("unban", "mallory"), 1, "mallory is not banned here; chatd admin bans lists who is"),
        (("kick", "bob", "--room", "nowhere"), 1, "there is no room nowhere; chatd admin rooms lists them"),
        (("kill", "bob", "x"), 1, "bob is not here; chatd admin users lists who is"),
        (("kick", "alice", "--room", "lobby"), 2, "that is not for the lobby, where everyone is"),
        (("ban", "10.0.0.0/33"), 2, "that is no address"),
        (("ban", "*@0.0.0.0/0"), 2, "0.0.0.0/0 is nearly everyone; please add --yes"),
        (("ban", "::/0"), 2, "::/0 is nearly everyone"),
        (("ban", "bob", "0m"), 2, "a time is 1s to 3650d"),
        (("ban", "bob", "-1d"), 2, "unrecognized"),
        (("ban", "bob", "1000000000d"), 2, "a time is 1s to 3650d"),
        (("mute", "bob", "30min"), 2, "a time is 1s to 3650d"),
        (("ban", "a b"), 2, "a name has 1 to 32 characters"),
        (("announce", " "), 2, "the message is empty"),
        (("announce", "x" * 5000), 2, "a request has at most"),
        (("lockdown", "off"), 2, "the server is not locked down already"),
    ],
)
def test_what_cannot_be_done(admin: Admin, words: tuple[str, ...], code: int, says: str) -> None:
    if says == "unrecognized":
        with pytest.raises(SystemExit) as ended:
            admin(*words)
        assert ended.value.code == code
        return
    ran = admin(*words)
    assert (ran.code, ran.lines) == (code, []) and ran.error.startswith(says)


def test_nearly_everyone_where_that_is_meant(admin: Admin) -> None:
    assert admin("ban", "*@0.0.0.0/0", "--yes", "30 days of spam").lines == [
        "* admin banned 0.0.0.0/0 from the server (30 days of spam)"
    ]


def test_with_json_an_error_is_one_object_too(admin: Admin) -> None:
    ran = admin("unban", "mallory", "--json")
    assert ran.code == 1 and ran.error
    assert [(one["type"], one["code"]) for one in ran.objects] == [("error", "no-such-ban")]


@pytest.mark.parametrize(
    "words", [(), ("dance",), ("kick", "bob"), ("audit", "0"), ("grant", "bob", "boss"), ("users", "bob")]
)
def test_words_that_are_none(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_command("admin", [*words])
    assert ended.value.code == 2 and capsys.readouterr().err.startswith("usage: chatd admin")


def test_help_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run_command("admin", ["--help"])
    listed = capsys.readouterr().out
    for name, command in ADMIN.items():
        assert f" {name} " in listed
        with pytest.raises(SystemExit) as ended:
            run_command("admin", [name, "--help"])
        shown = capsys.readouterr().out
        assert ended.value.code == 0 and shown.startswith(f"usage: chatd admin {name} ")
        assert command.does.split()[-1] in " ".join(shown.split())


# -- who is asked --------------------------------------------------------------------------------------------


def test_a_folder_in_which_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for where, says in (
        (str(tmp_path), f"there is no log: {tmp_path / 'log.sqlite3'} is not there"),
        ("memory", "a log in memory is in no folder"),
        (str(tmp_path / ("x" * 300)), "cannot be used: File name too long"),
    ):
        assert run_command("admin", ["users", "--data", where]) == 2
        assert says in capsys.readouterr().err
    assert files(tmp_path) == []


def test_a_folder_that_is_in_use_is_waited_for(
    admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a server that just starts or stops, or by another command."""
    other, waits = DataFolder(data), 3

    def sleep(seconds: float) -> None:
        nonlocal waits
        waits -= 1
        if not waits:
            other.release()

    monkeypatch.setattr(time, "sleep", sleep)
    assert admin("grant", "alice", "admin").code == 0 and waits == 0


def test_a_folder_that_stays_in_use(admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = DataFolder(data)
    monkeypatch.setattr(asking, "_PATIENCE", 0.0)
    ran = admin("users")
    assert ran.code == 1
    assert ran.error == (
        f"{data} is in use by process {os.getpid()}, which does not answer; please try again"
    )
    other.release()


def test_who_takes_the_folder_in_the_last_moment(
    admin: Admin, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[DataFolder] = []
    build = build_state

    def taken_first(*given: Any) -> Any:
        if not others:
            others.append(DataFolder(data))
        return build(*given)

    monkeypatch.setattr(asking, "build_state", taken_first)
    monkeypatch.setattr(time, "sleep", lambda seconds: others[0].release())
    assert admin("users").code == 0


def test_a_log_that_cannot_be_opened(admin: Admin, data: Path) -> None:
    log = data / "log.sqlite3"
    log.write_bytes(b"no database" * 1000)
    ran = admin("users")
    assert ran.code == 1 and f"{log} is damaged" in ran.error


def test_a_log_of_an_earlier_version_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_of_version(tmp_path, 3)
    log = tmp_path / "log.sqlite3"
    before = log.read_bytes()
    assert run_command("admin", ["users", "--data", str(tmp_path)]) == 2
    says = f"{log} is of an earlier version (3); please start the server on it once"
    assert capsys.readouterr().err == f"chatd admin: {says}\n"
    assert log.read_bytes() == before


def test_a_folder_that_a_server_could_not_use_either(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise ConfigError("the log cannot be kept there")

    monkeypatch.setattr(asking, "build_state", refused)
    ran = admin("users")
    assert (ran.code, ran.error) == (2, "the log cannot be kept there")


def test_a_disk_that_refuses(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*given: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr("chatd.store.sqlite.writing.EntryWriter.commit", refused)
    ran = admin("grant", "alice", "admin")
    assert ran.code == 1 and "cannot store this" in ran.error


def test_a_server_that_fails_while_it_is_asked(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    build = build_state

    def failing(config: Any, limits: Any, failed: Any) -> Any:
        failed()
        return build(config, limits, failed)

    monkeypatch.setattr(asking, "build_state", failing)
    assert admin("announce", "x").error == "the disk does not take it; nobody knows whether it was done"


def test_root_does_it_as_the_owner_of_the_folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    became: list[object] = []
    status = os.stat(data / "log.sqlite3")
    owner = os.stat_result((*status[:4], 1234, 5678, *status[6:10]))
    monkeypatch.setattr(os, "stat", lambda path: owner)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "access", lambda path, mode: True)
    for name in ("setgroups", "setgid", "setuid"):
        monkeypatch.setattr(os, name, became.append)
    asking._become_owner(data)
    assert became == [[], 5678, 1234]
    monkeypatch.setattr(os, "geteuid", lambda: 99)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CommandFailed) as failed:
        asking._become_owner(data)
    assert str(failed.value) == f"{data} is for the user 1234; please do this as that user, or as root"
    assert len(became) == 3
