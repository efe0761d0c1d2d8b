"""Rooms that come from the log, and that go though they had something to keep."""

from dataclasses import replace

from chatd.protocol.limits import DEFAULT
from chatd.state.room_directory import RoomDirectory
from chatd.state.rooms import Room
from chatd.state.stored_entries import StoredRoom


def test_a_room_with_history_stays_when_it_is_empty() -> None:
    directory = RoomDirectory(DEFAULT)
    kept, bare = directory.make("kept", "1.2.3.4", 0), directory.make("bare", "1.2.3.4", 0)
    kept.has_history = True
    directory.left(kept)
    directory.left(bare)
    assert "kept" in directory and "bare" not in directory


def test_rooms_of_before_are_there_and_their_numbers_are_taken() -> None:
    directory = RoomDirectory(DEFAULT)
    for room in (
        StoredRoom(5, "dev", "about dev"),
        StoredRoom(9, None),
        StoredRoom(2, "ops"),
        StoredRoom(1, "lobby", "hi"),
    ):
        directory.restore(room)
    assert [(room.name, room.number, room.topic) for room in directory] == [
        ("lobby", 1, "hi"),
        ("dev", 5, "about dev"),
        ("ops", 2, ""),
    ]
    assert directory.make("new", "1.2.3.4", 0).number == 10


def test_at_the_limit_the_one_goes_that_was_silent_for_longest_and_the_log_is_told() -> None:
    directory = RoomDirectory(replace(DEFAULT, rooms=3))
    gone: list[Room] = []
    directory.gone = gone.append
    directory.restore(StoredRoom(2, "dev"))
    directory.restore(StoredRoom(3, "ops"))
    directory.make("new", "1.2.3.4", 0)
    assert [room.name for room in gone] == ["dev"]
    assert "ops" in directory and "dev" not in directory
