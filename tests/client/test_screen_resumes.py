"""What the screen shows when the link comes back as the same person, or as a new one."""

from chatd.protocol.events import Back, Error, Mark, RoomInfo, Skipped, UserList
from chatd.protocol.requests import Users
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import RESUMED_WELCOME, WELCOME, ControllerFixture

RESUMED = LinkChanged(LinkState.ONLINE, resumed=True)
AWAY = LinkChanged(LinkState.RECONNECTING, "cut off", 1.0)


def room(name: str, users: int) -> RoomInfo:
    return RoomInfo(room=name, users=users, topic="x")


def come_back(controller: ControllerFixture, *missed: Skipped) -> None:
    controller.on_updates([AWAY, RESUMED, RESUMED_WELCOME, *missed])
    controller.on_updates([room("lobby", 2), UserList(["alice", "bob"], 2)])
    controller.on_updates([room("dev", 3), UserList(["alice", "dave", "eve"], 3, room="dev"), Mark(id=9)])


def test_the_rooms_are_taken_over_and_not_shown() -> None:
    controller = ControllerFixture()
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=1, topic="", ref="join dev")])
    controller.scrollback.clear()
    controller.link.asked.clear()
    come_back(controller)
    assert controller.rows() == ["T ! cut off", "T * you are alice - 3 here - /help lists the commands"]
    assert "[2:#dev] · 3 here" in controller.status_text(80)
    assert controller.names() == ["dave", "eve", "bob"]
    assert controller.link.asked == []  # the lists came by themselves
    controller.on_updates([room("dev", 3)])  # the answer to /topic
    assert controller.rows()[-1] == "T * #dev - 3 here - x"


def test_a_gap_is_one_line() -> None:
    controller = ControllerFixture()
    come_back(controller, Skipped("lobby", 5000, 1, 9))
    assert controller.rows()[-1] == "T ! 5000 messages skipped"


def test_a_new_person_is_told_that_something_may_be_missing() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.ONLINE, "something may be missing"), WELCOME])
    assert controller.rows()[0] == "T * something may be missing"
    assert controller.link.asked == [Users(ref="roster")]


def test_who_is_back_is_counted_again_and_told_once() -> None:
    controller = ControllerFixture()
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=1, topic="", ref="join dev")])
    come_back(controller)
    controller.scrollback.clear()
    controller.on_updates([Back(["Carol"], 1, 8), Back(["Carol"], 1, 8, "dev"), Error("x", "y")])
    assert controller.rows() == ["T ! y"]
    assert controller.rows_of("lobby")[-1] == "T * Carol is back after 8 s"
    assert controller.names() == ["dave", "eve", "Carol", "bob"]
    assert "[2:#dev] · 4 here" in controller.status_text(80)
