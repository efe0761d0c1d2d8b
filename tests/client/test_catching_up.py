"""The history of rooms and what is live, as one stream: whatever comes when."""

from random import Random

import pytest
from msgspec.structs import replace

from chatd.protocol.events import Event, Joined, Said
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import History
from chatd_client import catching_up
from chatd_client.catching_up import CatchingUp, history_of
from chatd_client.history_walk import BadHistory


def said(id: int, room: str = "dev") -> Said:
    return Said(room=room, id=id, sender="bob", text=f"line {id}", at=id)


def page(*ids: int, more: bool = False, room: str = "dev") -> HistoryPage:
    return HistoryPage(
        room=room, messages=[said(id, room) for id in ids], more=more, ref=history_of(room).ref
    )


def ready(catching: CatchingUp) -> list[int]:
    return [event.id for _, event in catching.ready() if isinstance(event, Said)]


def live(catching: CatchingUp, *ids: int, room: str = "dev") -> None:
    for id in ids:
        assert catching.live(b"live", said(id, room))


def in_dev(**span: int) -> CatchingUp:
    catching = CatchingUp(["dev"], **span)
    catching.opened(resumed=False)
    assert list(catching.requests()) == []
    catching.joined("dev")
    return catching


def test_what_is_live_goes_on_where_the_history_ends() -> None:
    catching = in_dev()
    assert list(catching.requests()) == [replace(history_of("dev"), after=0, limit=500)]
    assert list(catching.requests()) == []
    live(catching, 4, 5)
    assert ready(catching) == []
    assert not catching.page("dev", page(1, 2, 3, more=True))
    assert list(catching.requests()) == []  # they are to be taken first
    assert ready(catching) == [1, 2, 3]
    assert list(catching.requests()) == [replace(history_of("dev"), after=2, limit=500)]
    live(catching, 6)
    assert not catching.page("dev", page(3, 4, 5))
    assert list(catching.ready()) == [(b"", said(4)), (b"", said(5)), (b"live", said(6))]
    live(catching, 6, 7)
    assert ready(catching) == [7]
    assert list(catching.requests()) == []


def test_only_messages_of_these_rooms_are_held() -> None:
    catching = in_dev()
    assert not catching.live(b"", said(1, "lobby"))
    assert not catching.live(b"", Joined(names=["bob"], count=1))
    assert not catching.skipped("lobby", 7)
    assert not catching.skipped("dev", None)
    assert catching.room_of("history dev") == "dev"
    for ref in (None, "", "dev", "history ", "history ops", "join dev"):
        assert catching.room_of(ref) is None


def test_more_than_can_be_held_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "HELD", 3)
    catching = in_dev()
    list(catching.requests())
    live(catching, 4, 5, 6, 7, 8)
    catching.page("dev", page(1, 2, 3, 4))
    assert ready(catching) == [1, 2, 3, 4]
    assert list(catching.requests()) == [replace(history_of("dev"), after=3, limit=500)]
    catching.page("dev", page(4, 5))
    assert ready(catching) == [5, 6, 7, 8]


def test_what_the_server_skipped_is_asked_for() -> None:
    catching = in_dev()
    list(catching.requests())
    catching.page("dev", page(1))
    live(catching, 2)
    assert ready(catching) == [1, 2]
    assert catching.skipped("dev", 6)
    live(catching, 6)
    assert ready(catching) == []
    assert list(catching.requests()) == [replace(history_of("dev"), after=1, limit=500)]
    catching.page("dev", page(2, 3, 4, 5))
    assert ready(catching) == [3, 4, 5, 6]


def test_another_link_goes_on_where_the_last_one_was() -> None:
    catching = in_dev()
    list(catching.requests())
    catching.page("dev", page(1, 2, more=True))
    assert ready(catching) == [1, 2]
    list(catching.requests())
    catching.opened(resumed=True)
    assert list(catching.requests()) == [replace(history_of("dev"), after=1, limit=500)]
    catching.page("dev", page(2))
    catching.opened(resumed=False)
    live(catching, 9)  # before it is said that the room was joined
    assert (ready(catching), list(catching.requests())) == ([], [])
    catching.joined("dev")
    assert list(catching.requests()) == [replace(history_of("dev"), after=1, limit=500)]
    catching.page("dev", page(2, 5, 9))
    assert ready(catching) == [5, 9]


def test_rooms_come_in_the_order_of_ids() -> None:
    catching = CatchingUp(["dev", "lobby", "ops", "gone"])
    catching.opened(resumed=False)
    assert [ask.room for ask in catching.requests()] == ["lobby"]
    for room in ("dev", "ops"):
        catching.joined(room)
    assert [ask.room for ask in catching.requests()] == ["dev", "ops"]
    catching.page("dev", page(1, 4, 7))
    catching.page("lobby", page(2, 5, more=True, room="lobby"))
    assert ready(catching) == []
    catching.page("ops", page(3, 6, 9, room="ops"))
    assert ready(catching) == []  # of the room gone nothing is known yet
    catching.refused("gone")
    assert ready(catching) == [1, 2, 3, 4, 5]
    catching.page("lobby", page(5, 8, room="lobby"))
    assert ready(catching) == [6, 7, 8, 9]


def test_a_room_without_history_is_live_all_the_same() -> None:
    catching = in_dev()
    list(catching.requests())
    live(catching, 4)
    with pytest.raises(BadHistory):
        catching.page("dev", page(2, 1))
    catching.give_up("dev")
    live(catching, 5)
    assert (ready(catching), list(catching.requests())) == ([4, 5], [])


def test_a_hole_is_told_once() -> None:
    catching = in_dev()
    list(catching.requests())
    catching.page("dev", page(1, 2, more=True))
    assert ready(catching) == [1, 2]
    list(catching.requests())
    assert catching.page("dev", page(7, 8, more=True))
    assert ready(catching) == [7, 8]
    list(catching.requests())
    assert not catching.page("dev", page(8, 9))
    assert ready(catching) == [9]


def test_who_cannot_answer_now_is_asked_again() -> None:
    catching = in_dev()
    (asked,) = catching.requests()
    catching.ask_again("dev")
    assert list(catching.requests()) == [asked]


class ChancyServer:
    """A log of two rooms, of which its reader is told in any order that a server may choose: pages are made
    at one time and come later, before or behind what is live; some of that is skipped; links break.
    """

    def __init__(self, seed: int, **span: int) -> None:
        self.random = Random(seed)
        self.log: list[Said] = []
        self.printed: list[int] = []
        self.unsent: list[Event] = []
        self.asked: list[History] = []
        self.catching = CatchingUp(["dev", "lobby"], **span)
        self.say(self.random.randint(5, 20))
        self.open(resumed=False)

    def say(self, count: int) -> None:
        for _ in range(count):
            id = (self.log[-1].id if self.log else 0) + self.random.randint(1, 3)
            self.log.append(said(id, self.random.choice(["dev", "lobby"])))

    def open(self, resumed: bool) -> None:
        """What was on its way is lost; the same person is told what it missed."""
        lost = {event.id for event in self.unsent if isinstance(event, Said)}
        self.unsent = [one for one in self.log if one.id in lost] if resumed else []
        self.asked.clear()
        self.catching.opened(resumed)
        self.catching.joined("dev")

    def step(self) -> None:
        before = len(self.log)
        self.say(self.random.choice([0, 0, 1, 3, 9]))
        self.unsent += self.log[before:]
        if self.asked and self.random.random() < 0.6:
            place = self.random.randint(max(0, len(self.unsent) - 4), len(self.unsent))
            self.unsent.insert(place, self.answer(self.asked.pop(0)))
        if self.random.random() < 0.1:
            self.skip()
        for _ in range(self.random.randrange(8)):
            self.tell()
        if self.random.random() < 0.05:
            self.open(resumed=self.random.random() < 0.5)
        self.look()

    def skip(self) -> None:
        """The first messages of a room that are not sent yet."""
        unsent = [one for one in self.unsent if isinstance(one, Said) and one.room == "dev"]
        gone = unsent[: self.random.randint(1, 3)]
        if gone:
            self.unsent = [one for one in self.unsent if one not in gone]
            self.catching.skipped("dev", gone[-1].id + 1)

    def answer(self, ask: History) -> HistoryPage:
        found = [one for one in self.log if one.room == ask.room and one.at >= (ask.since or 0)]
        if ask.after is None:
            found = [one for one in found if one.id < (ask.before or 10**9)]
            return HistoryPage(room=ask.room, messages=found[-3:], more=len(found) > 3, ref=ask.ref)
        found = [one for one in found if one.id > (ask.after or 0)]
        return HistoryPage(room=ask.room, messages=found[:4], more=len(found) > 4, ref=ask.ref)

    def tell(self) -> None:
        if self.unsent:
            event = self.unsent.pop(0)
            if isinstance(event, HistoryPage):
                assert not self.catching.page(str(event.room), event)
            else:
                assert self.catching.live(b"", event)
            self.look()

    def look(self) -> None:
        self.printed += ready(self.catching)
        self.asked += self.catching.requests()

    def settle(self) -> None:
        while self.unsent or self.asked:
            self.unsent += [self.answer(ask) for ask in self.asked]
            self.asked.clear()
            self.tell()


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("span", [{}, {"since": 5}, {"newest": 1}, {"newest": 5}])
def test_no_gap_and_nothing_twice(seed: int, span: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catching_up, "HELD", 10)
    server = ChancyServer(seed, **span)
    server.look()
    for _ in range(60):
        server.step()
    server.settle()
    for room in ("dev", "lobby"):
        there = [one.id for one in server.log if one.room == room]
        told = [id for id in server.printed if id in there]
        assert told == there[len(there) - len(told) :]
        if "newest" not in span:
            assert len(told) == sum(one >= span.get("since", 0) for one in there)
        else:
            assert told
