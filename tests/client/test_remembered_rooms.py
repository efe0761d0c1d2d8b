"""The rooms of last time: what is kept, and what is made of a file that holds something else."""

import os
from pathlib import Path

import pytest

from chatd_client.remembered_rooms import LARGEST, MOST, RememberedRooms, rooms_file


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "rooms" / "localhost:5050.json"


def test_what_was_noted_is_loaded_at_the_next_start(path: Path) -> None:
    rooms = RememberedRooms(path)
    assert rooms.load() == (["lobby"], "")
    assert rooms.note(["lobby", "dev", "ops"]) == ""
    assert rooms.note(["ops", "lobby", "dev"]) == ""
    assert RememberedRooms(path).load() == (["ops", "lobby", "dev"], "")
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


def test_it_is_written_only_when_it_changes(path: Path) -> None:
    RememberedRooms(path).note(["lobby", "dev"])
    before = path.stat().st_ino
    rooms = RememberedRooms(path)
    assert rooms.load()[0] == ["lobby", "dev"]
    rooms.note(["lobby", "dev"])
    assert path.stat().st_ino == before
    rooms.note(["dev", "lobby"])
    assert path.stat().st_ino != before


def test_rooms_that_are_always_joined_do_not_change_where_one_is(path: Path) -> None:
    assert RememberedRooms(path, ["dev", "ops"]).load() == (["dev", "ops", "lobby"], "")
    RememberedRooms(path).note(["lobby", "ops"])
    assert RememberedRooms(path, ["dev", "ops", "dev"]).load() == (["dev", "lobby", "ops"], "")


def test_nothing_is_remembered_without_a_file() -> None:
    rooms = RememberedRooms(None, ["dev"])
    assert rooms.load() == (["dev", "lobby"], "")
    assert rooms.note(["lobby"]) == ""


@pytest.mark.parametrize(
    ("data", "loaded"),
    [
        (b'{"rooms":["dev"]}', ["lobby", "dev"]),  # the lobby is always there
        (b'{"rooms":["#Dev","dev","lobby"],"new":1}', ["dev", "lobby"]),
        (b'{"rooms":[]}', ["lobby"]),
        (b'{"rooms":[%s]}' % b",".join(b'"r%d"' % number for number in range(500)), None),
    ],
)
def test_what_a_file_may_hold(path: Path, data: bytes, loaded: list[str] | None) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    rooms, why = RememberedRooms(path).load()
    assert why == ""
    assert rooms == loaded or (loaded is None and len(rooms) == MOST + 1 and rooms[-1] == "r499")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b"{", b"[]", b"\xff", b'{"rooms":"dev"}', b'{"rooms":[1]}', b'{"rooms":["a b"]}', b"[" * 5000),
        b'{"rooms":[%s"dev"]}' % (b" " * LARGEST),
    ],
)
def test_a_broken_file_is_told_once_and_replaced(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    rooms = RememberedRooms(path, ["dev"])
    assert rooms.load() == (
        ["dev", "lobby"],
        f"the rooms of last time are not known: {path} holds something else",
    )
    assert rooms.note(["lobby", "dev"]) == ""
    assert RememberedRooms(path).load() == (["lobby", "dev"], "")


def test_what_is_no_file_is_told_once_and_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    assert RememberedRooms(path).load() == (
        ["lobby"],
        f"the rooms of last time are not known: {path} is no file",
    )
    path.unlink()
    path.mkdir()
    rooms = RememberedRooms(path)
    assert rooms.load()[1] == f"the rooms of last time are not known: {path} is no file"
    assert rooms.note(["dev"]) == f"your rooms cannot be remembered: {path}.{os.getpid()}: is a directory"
    assert rooms.note(["ops"]) == ""  # told once
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    rooms = RememberedRooms(tmp_path / "state" / "rooms" / "x")
    assert rooms.load() == (["lobby"], "")
    assert rooms.note(["dev"]) == f"your rooms cannot be remembered: {tmp_path}/state/rooms: not a directory"


def test_where_the_file_is(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    assert rooms_file("Example.org", 5050, environ) == tmp_path / "chatd" / "rooms" / "example.org:5050.json"
    assert rooms_file("::1", 80, environ) == tmp_path / "chatd" / "rooms" / "::1:80.json"
    odd = rooms_file("../../é\x00" + "x" * 999, 80, environ)
    assert odd is not None
    assert odd.parent == tmp_path / "chatd" / "rooms"
    assert len(odd.name.encode()) < 255
