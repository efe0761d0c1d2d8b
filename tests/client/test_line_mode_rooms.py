"""Line mode at a terminal is in the rooms of last time, and in those of the settings."""

import os
import pty
import tty
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.chat_process import ChatProcess
from tests.support.scripted_server import WELCOME, ScriptedServer, room_of

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture
def keyboard() -> Iterator[tuple[int, int]]:
    """The two sides of a terminal: that on which one types, and that which is read."""
    here, there = pty.openpty()
    tty.setraw(there)
    yield here, there
    os.close(here)
    os.close(there)


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "chatd" / "rooms"


def test_the_rooms_of_last_time(keyboard: tuple[int, int], state: Path) -> None:
    typed, read = keyboard
    with ScriptedServer() as peer:
        with ChatProcess(peer.target, keyboard=read) as chat:
            peer.welcome()
            for room in ("dev", "ops"):
                os.write(typed, f"/join {room}\n".encode())
                peer.hears(type="join", room=room, ref=f"join {room}")
                peer.says(room_of(room) | {"ref": f"join {room}"})
                chat.shows(f"* #{room} - 2 here")
            os.write(typed, b"/quit\n")
            peer.hears_quit()
            assert chat.ends()[::2] == (0, "")
        (file,) = state.iterdir()
        assert msgspec.json.decode(file.read_bytes()) == {"rooms": ["lobby", "dev", "ops"]}
        with ChatProcess(peer.target, keyboard=read) as chat:
            peer.accept_again()
            peer.hears(type="hello", nick="alice")
            peer.says(WELCOME)
            for room in ("dev", "ops"):
                peer.hears(type="join", room=room, ref=f"rejoin {room}")
            peer.says(room_of("dev") | {"ref": "rejoin dev"})
            os.write(typed, b"hi\n")
            peer.hears(type="say", text="hi", room="ops", ref="1")
            peer.says({"type": "error", "code": "too-many-rooms", "text": "no more", "ref": "rejoin ops"})
            peer.says({"type": "error", "code": "not-in-room", "text": "you are not there", "ref": "1"})
            os.write(typed, b"/quit\n")
            peer.hears_quit()
            told = "* what you type goes to #ops\n! you are not in #ops any more: no more\n"
            assert chat.ends()[::2] == (0, told)
        assert msgspec.json.decode(file.read_bytes()) == {"rooms": ["lobby", "dev"]}


def test_the_rooms_of_the_settings_alone(keyboard: tuple[int, int], state: Path, tmp_path: Path) -> None:
    (tmp_path / "chatd").mkdir()
    (tmp_path / "chatd" / "client.toml").write_text('rooms = ["dev"]')
    settings = str(tmp_path)
    with (
        ScriptedServer() as peer,
        ChatProcess("--no-remember", peer.target, keyboard=keyboard[1], settings=settings) as chat,
    ):
        peer.welcome()
        peer.hears(type="join", room="dev", ref="rejoin dev")
        os.write(keyboard[0], b"hi\n")
        peer.hears(type="say", text="hi", ref="1")
        peer.says(room_of("dev") | {"ref": "rejoin dev"}, {"type": "ack", "ref": "1", "id": 1})
        os.write(keyboard[0], b"/quit\n")
        peer.hears_quit()
        assert chat.ends()[::2] == (0, "")
    assert not state.exists()


def test_a_script_joins_what_it_wants(state: Path, tmp_path: Path) -> None:
    (tmp_path / "chatd").mkdir()
    (tmp_path / "chatd" / "client.toml").write_text('rooms = ["dev"]')
    with ScriptedServer() as peer, ChatProcess(peer.target, settings=str(tmp_path)) as chat:
        peer.welcome()
        chat.closes_keyboard()
        peer.hears_quit()
        assert chat.ends()[::2] == (0, "")
    assert not state.exists()


def test_a_broken_file_is_told(keyboard: tuple[int, int], state: Path) -> None:
    state.mkdir(parents=True)
    with ScriptedServer() as peer:
        (state / f"127.0.0.1:{peer.port}.json").write_text("{")
        with ChatProcess(peer.target, keyboard=keyboard[1]) as chat:
            peer.welcome()
            os.write(keyboard[0], b"/quit\n")
            peer.hears_quit()
            code, _, errors = chat.ends()
    assert (code, errors.count("\n")) == (0, 1)
    assert errors.startswith("* the rooms of last time are not known: /")
