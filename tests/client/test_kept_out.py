"""The rooms that do not have one back are told together, by the screen and by line mode."""

import json
from pathlib import Path

import pytest

from chatd.protocol.events import Error, RoomInfo
from chatd.protocol.limits import DEFAULT
from chatd_client.kept_out import KeptOut, kept_out
from tests.support.controller_fixture import ControllerFixture
from tests.support.screen_terminal import ScreenTerminal, chatd


def refusal(room: str, why: str = "it is full") -> Error:
    return Error("full", why, ref=f"rejoin {room}")


@pytest.mark.parametrize(
    ("count", "named"),
    [
        (1, "#r0"),
        (2, "#r0 and #r1"),
        (4, "#r0, #r1, #r2 and #r3"),
        (5, "#r0, #r1, #r2 and 2 other rooms"),
        (28, "#r0, #r1, #r2 and 25 other rooms"),
    ],
)
def test_the_sentence(count: int, named: str) -> None:
    rooms = [f"r{number}" for number in range(count)]
    assert kept_out(rooms, "it is full") == f"you are not in {named} any more: it is full"


def test_they_are_told_when_all_have_answered_by_reason() -> None:
    waits = True
    rooms = KeptOut(lambda: waits)
    assert not rooms.takes(Error("full", "no", ref="join dev"))
    assert all(rooms.takes(refusal(room, why)) for room, why in (("a", "x"), ("b", "y"), ("c", "x")))
    assert rooms.take() == []
    waits = False
    assert rooms.take() == [(["a", "c"], "x"), (["b"], "y")]
    assert rooms.take() == []


def test_a_server_that_refuses_without_end_is_not_kept() -> None:
    rooms = KeptOut(lambda: True)
    taken = [rooms.takes(refusal(f"r{number}")) for number in range(DEFAULT.rooms_a_person + 9)]
    assert taken.count(True) == DEFAULT.rooms_a_person + 1


def test_a_room_in_which_something_stands_is_told_in_its_window_too() -> None:
    controller = ControllerFixture(rooms=("a", "b", "c", "lobby"))
    controller.types("/w a", "half of it", "/w 1")
    controller.on_updates([refusal("a"), refusal("b"), RoomInfo("c", 1, "", ref="rejoin c")])
    assert controller.titles() == ["[lobby]", "#a", "#c"]
    assert controller.rows()[-1] == "T ! you are not in #a and #b any more: it is full"
    assert controller.rows_of("#a")[-1] == "T ! you are not in #a any more: it is full"
    controller = ControllerFixture(rooms=("lobby", "a"))
    controller.types("half of it")
    controller.on_updates([refusal("a")])
    assert controller.rows() == ["T … <alice> half of it", "T ! you are not in #a any more: it is full"]


def test_twenty_eight_rooms_that_are_gone(tmp_path: Path) -> None:
    """The real program in a pseudo-terminal, at a server where an address makes five rooms in an hour."""
    rooms = [f"small{number:02}" for number in range(28)]
    with chatd(line_rate="1000") as (_, port):
        folder = tmp_path / ".local/state/chatd/rooms"
        folder.mkdir(parents=True)
        (folder / f"127.0.0.1:{port}.json").write_text(json.dumps({"rooms": [*rooms, "lobby"]}))
        with ScreenTerminal(f"ann@127.0.0.1:{port}", tmp_path, 90, 16) as terminal:
            terminal.shows("! you are not in #small05, #small06, #small07 and 20 other rooms any more")
            rows = terminal.shows("[1:lobby] 2:#small00", "6:#small04 · 1 here")
            assert sum("you are not in" in row for row in rows) == 1
            terminal.types("\x04")
            assert terminal.ends() == 0
        (file,) = folder.iterdir()
        assert json.loads(file.read_text()) == {"rooms": [*rooms[:5], "lobby"]}
