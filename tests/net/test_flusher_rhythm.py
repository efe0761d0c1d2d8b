"""When a round rests, and how long: on a clock that only moves when something is written or someone rests."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chatd.net.flusher import Flusher
from chatd.protocol.limits import DEFAULT, Limits
from chatd.store.memory import MemoryLog
from tests.support.world import Player, ScriptedSocket, World

SEND = 0.001  # seconds that a write takes


#: A rest as long as the work, which idle time pays for six times over.
LIMITS = replace(DEFAULT, rest_share=1.0, idle_worth=6)


class Slow(ScriptedSocket):
    """A write takes its time."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def send(self, data: bytes | memoryview) -> int:
        self.world.now += SEND
        return super().send(data)


class Rests:
    """In the flusher's place of waiting: how long it rested each time; `full` ends all rests."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken: list[float] = []
        self.full = False
        self.meanwhile: Callable[[], None] = lambda: None  # called in the middle of a rest

    def is_set(self) -> bool:
        return self.full

    def wait(self, timeout: float) -> None:
        self.world.now += timeout / 2
        self.meanwhile()
        self.world.now += timeout / 2
        self.taken.append(timeout)


class BusyRoom:
    """`people` readers and alice, who may talk while a round goes on; `rests` is what the flusher took."""

    def __init__(self, people: int, limits: Limits = LIMITS) -> None:
        self.world = World(limits)
        self.alice = self.world.player("alice")
        self.readers = [self.world.player(f"r{number}", Slow(self.world)) for number in range(people)]
        self.world.settle()
        for reader in self.readers:
            reader.read()
        self.flusher = Flusher(self.world.state)
        self.rests = Rests(self.world)
        self.flusher._full = self.rests  # type: ignore[assignment]

    def round(self) -> list[float]:
        self.rests.taken.clear()
        self.flusher._round()
        self.flusher._pause(rest=True)
        return self.rests.taken


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Player, str]]:
    """What is said the next time that the flusher gives way without a rest."""
    said: list[tuple[Player, str]] = []

    def give_way() -> None:
        if said:
            player, line = said.pop()
            player.feed(line)

    monkeypatch.setattr("chatd.net.flusher.give_way", give_way)
    return said


def test_a_round_is_followed_by_a_rest_as_long_and_of_20_ms_at_most(talk: list[tuple[Player, str]]) -> None:
    for people, rests in ((10, [0.010]), (100, [0.020, 0.020])):
        room = BusyRoom(people)
        for rest in rests:
            room.alice.feed("one\n")
            assert room.round() == [pytest.approx(rest)]
            assert all(reader.read() == ["<alice> one"] for reader in room.readers)


def test_a_round_rests_in_between_when_the_next_has_something(talk: list[tuple[Player, str]]) -> None:
    """After 31 writes, since alice is one of the first 32; and after every 32, which take 32 ms."""
    room = BusyRoom(100, replace(LIMITS, rest_share=0.25))
    room.alice.feed("one\n")
    talk.append((room.alice, "two\n"))
    rests = room.round()
    assert rests[0] == pytest.approx(0.25 * (31 + 32) * SEND)
    assert sum(rests) == pytest.approx(LIMITS.rest_max)  # all of them together
    heard = [reader.read() for reader in room.readers]
    assert heard == [["<alice> one"]] * 31 + [["<alice> one", "<alice> two"]] * 69


def test_a_round_rests_in_between_when_something_is_on_its_way_into_the_log(
    talk: list[tuple[Player, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It will be told soon; and it was no time to spare until then."""
    room = BusyRoom(100, replace(LIMITS, rest_share=0.25))
    room.alice.feed("one\n")
    monkeypatch.setattr(MemoryLog, "since", room.world.now)
    rests = room.round()
    assert rests[0] == pytest.approx(0.25 * 31 * SEND)
    assert sum(rests) == pytest.approx(LIMITS.rest_max)


def test_who_yields_while_something_is_on_its_way_into_the_log_is_not_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = BusyRoom(10)
    away: list[float] = []

    def others() -> None:
        room.world.now += away.pop() if away else 0

    monkeypatch.setattr("chatd.net.flusher.give_way", others)
    for since, rest in ((None, 0.004), (room.world.now, 0.010)):  # 1 ms pays for 6
        away.append(0.001)
        monkeypatch.setattr(MemoryLog, "since", since)
        room.flusher._pause(rest=False)
        monkeypatch.setattr(MemoryLog, "since", None)
        room.alice.feed("one\n")
        assert room.round() == [pytest.approx(rest)]


def test_nobody_rests_when_the_next_round_is_full(talk: list[tuple[Player, str]]) -> None:
    room = BusyRoom(10)
    room.rests.full = True
    room.alice.feed("one\n")
    assert room.round() == []


@pytest.mark.parametrize(
    ("away", "waiting", "stretch"),
    [(0.001, 1, 0.002), (0.008, 1, 0.004), (10.0, 1, 0.020), (10.0, 0, 0.002)],
)
def test_in_a_crowd_the_flushers_turn_is_as_long_as_its_absence_asks_for(
    monkeypatch: pytest.MonkeyPatch, away: float, waiting: int, stretch: float
) -> None:
    """Its turns are rare where others use up their slices: its share of the processor must not shrink."""
    room = BusyRoom(1)
    room.flusher.turns.wait(waiting)

    def others() -> None:
        room.world.now += away

    monkeypatch.setattr("chatd.net.flusher.give_way", others)
    room.flusher._pause(rest=False)
    assert room.flusher._stretch == pytest.approx(stretch)


@pytest.mark.parametrize(("at_half", "saved"), [(False, 0.010), (True, 0.005)])
def test_the_part_of_a_rest_in_which_nothing_waited_pays_for_the_next(
    talk: list[tuple[Player, str]], at_half: bool, saved: float
) -> None:
    room = BusyRoom(10)
    room.alice.feed("one\n")
    if at_half:
        room.rests.meanwhile = lambda: room.alice.feed("two\n")
    room.flusher._wake.clear()
    assert room.round() == [pytest.approx(0.010)]
    room.rests.meanwhile = lambda: None
    if not at_half:
        room.alice.feed("two\n")
    room.flusher._wake.clear()
    idle_worth = LIMITS.idle_worth
    assert room.flusher._rests.due == 0
    room.flusher._rests.worked(saved * idle_worth + 0.001)
    assert room.flusher._rests.due == pytest.approx(0.001)


def test_what_waits_already_when_a_rest_begins_makes_none_of_it_idle(talk: list[tuple[Player, str]]) -> None:
    room = BusyRoom(10)
    room.alice.feed("one\n")
    room.flusher._wake.clear()
    room.flusher._round()
    room.alice.feed("two\n")
    room.world.now += 0.001
    room.flusher._pause(rest=True)
    assert room.rests.taken == [pytest.approx(0.011)]
    room.flusher._rests.worked(0.001)
    assert room.flusher._rests.due == pytest.approx(0.001)


def test_the_idle_part_of_a_rest_ends_with_the_first_thing_that_waits(talk: list[tuple[Player, str]]) -> None:
    room = BusyRoom(10)

    def meanwhile() -> None:
        room.alice.feed("two\n")
        room.world.now += 0.001
        room.world.state.pending.wake()

    room.rests.meanwhile = meanwhile
    room.alice.feed("one\n")
    room.flusher._wake.clear()
    assert room.round() == [pytest.approx(0.010)]  # and rested for 11 ms, of which 5 were idle
    room.flusher._rests.worked(0.001 + 0.005 * LIMITS.idle_worth + 0.002)
    assert room.flusher._rests.due == pytest.approx(0.002)


class Ended(Exception):
    """How the flusher's loop is left."""


@pytest.mark.parametrize(
    ("more", "idle", "then"),
    [
        (False, 1.0, ["waits", "waits"]),
        (True, 1.0, ["yields", "yields"]),
        (False, 0.0, ["rests", "waits"]),
    ],
)
def test_what_follows_a_round(
    monkeypatch: pytest.MonkeyPatch, more: bool, idle: float, then: list[str]
) -> None:
    """It waits for something to do, or rests where that is due; where there is `more` to do it yields."""
    steps: list[str] = []

    def step(how: str) -> Callable[..., None]:
        def note(*_: object) -> None:
            steps.append(how)
            if len(steps) == len(then):
                raise Ended

        return note

    room = BusyRoom(1)
    monkeypatch.setattr("chatd.net.flusher.give_way", step("yields"))
    monkeypatch.setattr(room.flusher, "_sleep", step("waits"))
    monkeypatch.setattr(room.rests, "wait", step("rests"))
    monkeypatch.setattr(room.rests, "clear", lambda: None, raising=False)
    room.flusher._rests.idle(idle)
    if more:
        monkeypatch.setattr(room.flusher._slow_readers, "check", lambda: room.alice.feed("two\n"))
    room.alice.feed("one\n")
    with pytest.raises(Ended):
        room.flusher.run()
    assert steps == then


class Naps:
    """The flusher's `_wake`: whenever it sleeps, alice says something `idle` seconds later, `count` times."""

    def __init__(self, room: BusyRoom, idle: float, count: int) -> None:
        self.room, self.idle, self.count = room, idle, count
        self.woken = False

    def is_set(self) -> bool:
        return self.woken

    def set(self) -> None:
        self.woken = True

    def clear(self) -> None:
        self.woken = False

    def wait(self, timeout: float | None) -> None:
        if not self.count:
            raise Ended
        self.count -= 1
        self.room.world.now += self.idle
        self.room.alice.feed("one\n")


@pytest.mark.parametrize(("idle", "rests"), [(0.0010, []), (0.0001, [0.0004]), (0.0, [0.001])])
def test_the_flusher_rests_where_it_sleeps_for_less_than_a_seventh_of_the_time(
    monkeypatch: pytest.MonkeyPatch, idle: float, rests: list[float]
) -> None:
    """A write takes 1 ms."""
    room = BusyRoom(1)
    room.flusher._wake = Naps(room, idle, 10)  # type: ignore[assignment]
    monkeypatch.setattr(room.rests, "clear", lambda: None, raising=False)
    with pytest.raises(Ended):
        room.flusher.run()
    assert room.rests.taken[:1] == pytest.approx(rests)
    assert room.readers[0].read() == ["<alice> one"] * 10
