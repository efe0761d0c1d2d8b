"""What is new, and how far one has read, as the server knows it."""

from msgspec.structs import replace

from chatd.protocol.events import Error, Left, RoomInfo
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.people_events import ReadUpTo, UnreadCounts, UnreadMessages
from chatd.protocol.people_requests import Read
from chatd.protocol.requests import Quit
from chatd_client.screen.new_messages import NewMessages
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import (
    RESUMED_WELCOME,
    WELCOME,
    ControllerFixture,
    direct,
    said,
)

OWNER = replace(WELCOME, account=True)
RESUMED = LinkChanged(LinkState.ONLINE, resumed=True)
AWAY = LinkChanged(LinkState.RECONNECTING, "cut off", 1.0)


def mine(*rooms: str) -> ControllerFixture:
    """Somebody who has an account, in these rooms."""
    controller = ControllerFixture()
    controller.on_updates([OWNER, *(RoomInfo(room=room, users=2, topic="") for room in rooms)])
    controller.link.asked.clear()
    controller.scrollback.clear()
    return controller


def counts(controller: ControllerFixture) -> dict[str, tuple[int, int]]:
    return {w.subject.title: (w.unread, w.mentions) for w in controller.windows.all if w.unread}


def reads(controller: ControllerFixture) -> list[tuple[str, int]]:
    asked = [one for one in controller.link.asked if isinstance(one, Read)]
    controller.link.asked.clear()
    return [(one.room or one.whom or "", one.id) for one in asked]


def test_the_rooms_of_the_account_have_windows_and_its_counts() -> None:
    controller = mine("dev", "ops")
    assert controller.titles() == ["[lobby]", "#dev", "#ops"] and controller.rows() == []
    controller.on_updates(
        [
            UnreadCounts(
                [
                    UnreadMessages(12, 5, room="lobby", mentions=1),
                    UnreadMessages(3, 7, room="dev", mentions=1),
                    UnreadMessages(0, 9, room="ops"),
                    UnreadMessages(2, 8, whom="bob"),
                    UnreadMessages(1, 8, whom="../x"),
                    UnreadMessages(1, 8, room="elsewhere"),
                ]
            )
        ]
    )
    assert counts(controller) == {"#dev": (3, 1), "bob": (2, 2)}
    assert "while you were away: lobby 12 (1 mentions you), dev 3" in controller.rows()[0]
    assert "2:#dev(1!) 3:#ops 4:bob(2!)" in controller.status_text(80)
    controller.windows.go_to_news()
    assert controller.titles()[1] == "[#dev]"


def test_what_came_by_resuming_is_not_counted_twice() -> None:
    controller = mine("dev")
    first = said("one", room="dev")
    controller.on_updates([first])
    controller.on_updates([AWAY, RESUMED, replace(RESUMED_WELCOME, account=True)])
    controller.on_updates([said("two", room="dev"), said("alice!", room="dev")])
    controller.on_updates([UnreadCounts([UnreadMessages(4, first.id - 1, room="dev", mentions=1)])])
    assert counts(controller) == {"#dev": (4, 1)}
    controller.on_updates([UnreadCounts([UnreadMessages(1, first.id, room="dev")])])  # counted too early
    assert counts(controller) == {"#dev": (2, 1)}


def test_the_line_stands_where_one_has_read_to() -> None:
    controller = mine("dev")
    messages = [said(f"line {number}", room="dev") for number in range(4)]
    told = UnreadCounts([UnreadMessages(2, messages[1].id, room="dev")])
    controller.on_updates([told])
    controller.types("/window dev")
    page = HistoryPage(room="dev", messages=list(messages), more=False, ref="history new #dev")
    controller.on_updates([page])
    assert [row[-6:] for row in controller.rows()] == ["line 0", "line 1", "here —", "line 2", "line 3"]
    controller.types("/window lobby", "/window dev")
    assert not any("read up to here" in row for row in controller.rows())


def test_what_was_shown_is_told_once_a_second() -> None:
    controller = mine("dev")
    later: list[float] = []
    controller.reads.call_later = lambda seconds, call: later.append(seconds)
    one, two, three = (said(text) for text in ("one", "two", "three"))
    controller.on_updates([one])
    assert reads(controller) == [("lobby", one.id)]
    controller.now = 0.4
    controller.on_updates([two])
    controller.on_updates([three, said("there", room="dev")])
    assert reads(controller) == [] and later == [0.6]
    controller.types("/window dev")
    assert reads(controller)[0] == ("lobby", three.id)  # at once


def test_a_mark_that_waits_is_told_when_one_quits_and_not_without_a_link() -> None:
    controller = mine()
    controller.on_updates([said("one")])
    reads(controller)
    two = said("two")
    controller.on_updates([two])
    controller.types("/quit")
    assert controller.link.asked[-2:] == [Read(room="lobby", id=two.id, ref="read"), Quit()]
    controller = mine()
    controller.on_updates([AWAY, said("late")])
    assert reads(controller) == []


def test_what_one_has_scrolled_away_from_is_not_read() -> None:
    controller = mine()
    controller.on_updates([said(str(number)) for number in range(100)])
    reads(controller)
    controller.now = 5.0
    controller.scrollback.scroll(30, 80, 20)
    new = said("new")
    controller.on_updates([new])
    assert reads(controller) == []
    controller.types("")
    assert reads(controller) == [("lobby", new.id)]


def test_another_device_reads() -> None:
    controller = mine("dev")
    one, two = said("one", room="dev"), said("alice: two", room="dev")
    controller.on_updates([one, two, direct("psst")])
    controller.on_updates([ReadUpTo(room="dev", id=one.id)])
    assert counts(controller) == {"#dev": (1, 1), "bob": (1, 1)}
    controller.on_updates([ReadUpTo(whom="BOB", id=two.id + 1), ReadUpTo(room="nowhere", id=1)])
    controller.on_updates([ReadUpTo(room="dev", id=two.id), ReadUpTo(room="dev", id=one.id)])
    assert counts(controller) == {}
    controller.windows.go_to_news()
    assert controller.titles() == ["[lobby]", "#dev", "bob"]


def test_rooms_come_and_go_by_another_device() -> None:
    controller = mine()
    controller.on_updates([RoomInfo(room="dev", users=1, topic="")])
    assert controller.titles() == ["[lobby]", "#dev"] and "dev" in controller.rooms
    controller.on_updates([Left(["bob"], 1, room="dev")])
    controller.on_updates([Left(["Alice"], 1, room="dev")])
    assert controller.titles() == ["[lobby]"] and "dev" not in controller.rooms


def test_a_guest_has_no_marks_and_an_error_in_one_is_not_shown() -> None:
    controller = ControllerFixture()
    controller.on_updates([said("one")])
    assert reads(controller) == []
    controller.on_updates([Error("x", "no account", ref="read")])
    assert controller.rows() == ["T   <bob> one"]


def test_more_than_are_known_are_counted() -> None:
    new = NewMessages()
    for id in range(1, 1501):
        new.came(id, mention=id % 2 == 0)
    assert (new.count, new.mentions) == (1500, 750)
    new.clear(1400)
    assert (new.count, new.mentions) == (100, 50)
    new.clear(1000)
    assert new.count == 100
    new.counted(1000, 10, 1450)
    assert (new.count, new.mentions) == (1000, 25)
    new.clear()
    assert (new.count, new.mentions) == (0, 0)
