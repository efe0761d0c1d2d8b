"""`chat tail`, in a process of its own against a scripted server."""

import os
import re
import signal
from pathlib import Path

import msgspec
import pytest

from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import reconnected, resumed
from tests.support.scripted_server import (
    BYE,
    NOT_UNDERSTOOD,
    WELCOME,
    ScriptedServer,
    mark,
    room_of,
    said,
)

pytestmark = pytest.mark.usefixtures("watchdog")

NO_TIMES = "--time-format="
#: 2026-01-02 03:04:05 UTC.
AT = 1_767_323_045_678


def test_tail_prints_what_is_said() -> None:
    with ScriptedServer() as peer, ChatProcess("tail", NO_TIMES, peer.target) as chat:
        peer.welcome()
        peer.says({"type": "joined", "names": ["bob"], "count": 1}, said("hi\x1b[2J"))
        peer.says({"type": "dm", "id": 2, "from": "bob", "to": "alice", "text": "psst", "at": 0})
        peer.sends(b"garbage\n")
        peer.says({"type": "skipped", "room": "lobby", "count": 2})
        chat.shows("* 2 messages skipped\n")  # at once, not when a buffer is full
        chat.process.send_signal(signal.SIGTERM)
        code, screen, errors = chat.ends()
    assert code in (-signal.SIGTERM, 128 + signal.SIGTERM)
    assert screen == "<bob> hi[2J\n[dm from bob] psst\n* 2 messages skipped\n"
    assert errors == NOT_UNDERSTOOD


def test_tail_passes_objects_through_that_cannot_move_a_cursor() -> None:
    bye = '{"type":"bye","reason":"gone","new":[1.50,12345678901234567890123]}\n'
    with ScriptedServer() as peer, ChatProcess("tail", "--json", peer.target) as chat:
        peer.welcome()
        peer.says({"type": "joined", "names": ["bob"], "count": 1})
        whole = '"skipped","room":"x","count":1'
        peer.sends(f'\t{{"type":\r{whole}, "é": "a\x7fb\x9b\u202e\\u001b"}}\r\n{{"type":"pong"}}\n'.encode())
        peer.sends(b'{"type":%b,"new":"\xff"}\n' % whole.encode())
        peer.sends(b'{"type":%b,"new":"\x1b"}\n{"type":"shrug"}\nhi\n' % whole.encode())
        peer.sends(bye.encode())
        code, screen, errors = chat.ends()
    assert (code, errors) == (1, NOT_UNDERSTOOD * 2 + "! gone\n")
    assert screen == (
        '{"type":"joined","names":["bob"],"count":1}\n'
        f' {{"type": {whole}, "é": "a\\u007fb\\u009b\\u202e\\u001b"}}\n'
        f'{{"type":{whole},"new":"\ufffd"}}\n{{"type":"shrug"}}\n{bye}'
    )
    assert all(isinstance(msgspec.json.decode(line), dict) for line in screen.splitlines())
    assert str(WELCOME["token"]) not in screen


def test_a_reader_that_has_enough_is_noticed_in_silence() -> None:
    read, write = os.pipe()
    with ScriptedServer() as peer, ChatProcess("tail", NO_TIMES, peer.target, screen=write) as chat:
        os.close(write)
        peer.welcome()
        peer.says(said("first"))
        assert os.read(read, 1024) == b"<bob> first\n"
        os.close(read)
        assert chat.ends() == (0, "", "")


def test_tail_says_a_full_disk_and_a_broken_link() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with ScriptedServer() as peer, ChatProcess("tail", NO_TIMES, peer.target, screen=full) as chat:
        os.close(full)
        peer.welcome()
        peer.says(said("hi"))
        assert chat.ends() == (
            1,
            "",
            "! cannot write: no space is left; please free some\n",
        )
    with ScriptedServer() as peer, ChatProcess("tail", NO_TIMES, peer.target) as chat:
        peer.welcome()
        peer.says(said("hi"), BYE)
        assert chat.ends() == (1, "<bob> hi\n", "! quit\n")
    with ScriptedServer() as peer, ChatProcess("tail", NO_TIMES, peer.target) as chat:
        peer.welcome()
        peer.hangs_up()
        assert chat.ends() == (1, "", "! the server closed the connection\n")


# -- times -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "stamp"),
    [
        ((), "05:04 "),
        (("--time-format", "%F %T"), "2026-01-02 05:04:05 "),
        (("--time-format", ""), ""),
        (("--time-format", "%H\u202f%M é"), "05\u202f04 é "),
    ],
)
def test_times_are_local(options: tuple[str, ...], stamp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with ScriptedServer() as peer, ChatProcess("tail", *options, peer.target) as chat:
        peer.welcome()
        peer.says(said("hi\n\nthere") | {"at": AT})
        peer.says({"type": "dm", "id": 2, "from": "bob", "to": "alice", "text": "psst", "at": AT}, BYE)
        code, screen, errors = chat.ends()
    assert (code, errors) == (1, "! quit\n")
    assert screen == "".join(
        f"{stamp}{line}\n" for line in ("<bob> hi", "<bob> ", "<bob> there", "[dm from bob] psst")
    )


def test_the_settings_format_holds_and_a_server_may_send_any_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    (tmp_path / "chatd").mkdir()
    (tmp_path / "chatd" / "client.toml").write_text('time_format = "%Y-%m"')
    with ScriptedServer() as peer, ChatProcess("tail", peer.target, settings=str(tmp_path)) as chat:
        peer.welcome()
        peer.says(said("first") | {"at": 0}, said("last") | {"at": 2**63 - 1})
        peer.says({"type": "skipped", "room": "lobby", "count": 2}, BYE)
        _, screen, _ = chat.ends()
    lines = screen.splitlines()
    assert lines[:2] == ["1970-01 <bob> first", "2100-01 <bob> last"]
    assert re.fullmatch(r"20\d\d-\d\d \* 2 messages skipped", lines[2])  # the time at which it came


def test_json_has_no_times_of_ours() -> None:
    with ScriptedServer() as peer, ChatProcess("tail", "--json", "--time-format=%T", peer.target) as chat:
        peer.welcome()
        peer.says(said("hi"), BYE)
        _, screen, _ = chat.ends()
    assert [msgspec.json.decode(line) for line in screen.splitlines()] == [said("hi"), BYE]


# -- coming back -------------------------------------------------------------------------------------------


def test_it_comes_back_and_says_so() -> None:
    options = ("tail", "--reconnect", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess(*options, peer.target, at_once=True) as chat:
        peer.welcome()
        peer.says(said("one"), {"type": "bye", "reason": "the server is going down"})
        reconnected(peer, seen=1, nick="alice2", token="newer")
        peer.says(said("two", id=2))
        chat.shows("<bob> two\n")
        peer.hangs_up()
        peer.accept_again()
        peer.hears(type="hello", nick="alice2", token="newer", seen=2)
        peer.says({"type": "error", "code": "full", "text": "the server is full"})
        peer.accept_again()
        for name in ("alice2", *(f"alice{number}" for number in range(2, 17))):
            assert msgspec.json.decode(peer.hears_line())["nick"] == name
            peer.says({"type": "error", "code": "taken-nick", "text": f"the name {name} is taken"})
        code, screen, errors = chat.ends()
    assert (code, screen) == (1, "<bob> one\n<bob> two\n")
    assert errors == (
        "* the server is going down; connecting again\n"
        "* connected again as alice2; what was said meanwhile is missing\n"
        "* the server closed the connection; connecting again\n"
        "! the name alice16 is taken\n"
    )


def test_it_misses_nothing_and_prints_nothing_twice() -> None:
    options = ("tail", "--reconnect", "--room", "dev", "--room", "ops", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess(*options, peer.target, at_once=True) as chat:
        peer.welcome()
        for room in ("dev", "ops"):
            peer.hears(type="join", room=room, ref=f"join {room}")
        peer.says(room_of("dev") | {"ref": "join dev"})
        peer.says(said("one", id=1), mark(1), said("two", id=2, room="dev"), said("three", id=3))
        chat.shows("<bob> three\n")
        peer.hangs_up()
        resumed(peer, seen=1)
        peer.hears(type="join", room="ops", ref="join ops")  # the answer was lost, if there was one
        peer.says(said("two", id=2, room="dev"), said("three", id=3), said("four", id=4, room="dev"))
        peer.says({"type": "skipped", "room": "", "count": 2, "after": 3, "before": 9})
        peer.says(*(room_of(room) for room in ("lobby", "dev", "ops")), mark(9), said("five", id=10))
        chat.shows("<bob> five\n")
        peer.hangs_up()
        resumed(peer, seen=9)
        assert peer.has_heard_nothing()
        chat.process.kill()
        _, screen, errors = chat.ends()
    assert screen == (
        "<bob> one\n#dev <bob> two\n<bob> three\n#dev <bob> four\n* 2 direct messages skipped\n<bob> five\n"
    )
    assert "missing" not in errors


def test_a_reader_that_has_enough_ends_it_also_without_a_link() -> None:
    read, write = os.pipe()
    options = ("tail", "--reconnect", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess(*options, peer.target, screen=write, at_once=True) as chat:
        os.close(write)
        peer.welcome()
        peer.hangs_up()
        peer.accept_again()
        os.close(read)
        assert chat.ends() == (0, "", "* the server closed the connection; connecting again\n")
