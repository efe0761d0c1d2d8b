"""Whole scenarios against a reception that is right or wrong: what ends behind the last notice, who loses a
connection unseen, and what is left of a run that was interrupted."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from socket import socketpair
from threading import Thread

import pytest
from msgspec.structs import replace

from chatd.protocol.events import Ack, Event, Joined, Lost, Pong, Said
from chatd.protocol.requests import LOBBY
from loadtests.engine.codecs import CODECS
from loadtests.engine.many_rooms import SilentMember
from loadtests.measure.errors import Fault
from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.rooms import RoomTalk
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm
from loadtests.servers.target import ServerUnderTest
from tests.support.reception import Reception, Spoil, receiving, right
from tests.support.stub_server import Delay, Stream, StubServer, Wrong
from tests.support.ticks import at_each_tick


def ran(scenario: Scenario, spoil: Spoil = right, tick: Callable[[Run], None] = lambda run: None) -> Run:
    """It, against a reception."""
    run = Run("chatd")
    with receiving(spoil) as address, at_each_tick(lambda: tick(run)):
        perform(scenario, RunContext(ServerUnderTest("chatd", address), run))
    return run


# -- storm ---------------------------------------------------------------------------------------------

STORM = Storm(people=20, witnesses=2, patience=5)


def test_a_storm_counts_joins_and_not_deliveries() -> None:
    run = ran(STORM)
    assert run.faults == [] and run.noun == "joins"
    assert run.figures["back s"] > 0 and run.figures["join p99 ms"] > 0


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (Joined(["s00003"], 1), "told of 41 of 40 that came, and of 20 of 20 that went"),
        (Lost(["s00003"], 1, "closed"), "told of 40 of 40 that came, and of 21 of 20 that went"),
    ],
    ids=["came", "went"],
)
def test_a_witness_who_is_told_of_one_too_many_behind_the_last(extra: Event, sentence: str) -> None:
    pongs = Counter[str]()

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if nick != "w00000" or not isinstance(event, Pong):
            return (event,)
        pongs[nick] += 1
        return (extra, event) if pongs[nick] == 3 else (event,)  # the last fence

    run = ran(STORM, spoil)
    assert run.faults and sentence in run.faults[0]


# -- rooms ---------------------------------------------------------------------------------------------

ROOMS = RoomTalk(rooms=3, members=4, idle=4, rate=300, seconds=0.2)


def test_people_talk_in_one_room_and_then_in_their_own() -> None:
    run = ran(ROOMS)
    assert run.faults == []
    assert run.figures["deliveries"] == 60 * 3 and run.figures["messages/s"] > 0
    assert run.figures["one room p99 ms"] > 0 and run.figures["all in s"] > 0


def test_idle_rooms_have_people_of_their_own_who_hear_nothing() -> None:
    plan = RoomTalk(rooms=3, members=4, idle=250).plan
    assert (plan.talking, plan.people) == (12, 15)
    assert [len(plan.rooms_of(number)) for number in range(15)] == [1] * 12 + [100, 100, 50]
    assert [number for number in range(15) if plan.talks(number)] == [0, 1, 4, 5, 8, 9]
    ours, theirs = socketpair()
    with ours, theirs:
        one = SilentMember(ours, "p00012", CODECS["chatd"].reader)
        one.hear(memoryview(b""))
        with pytest.raises(Fault, match=r"p00012 got b'#i00003 .*, and nobody talks in its rooms"):
            one.hear(memoryview(b"#i00003 <p00000> 00000001 0000000000000000005 x\n"))


def in_room(event: Event) -> bool:
    return isinstance(event, Said) and event.room != LOBBY


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda said: (replace(said, room="r00001"),), "'#r00001 <p00000> "),
        (lambda said: (), "message 1 came in place of 0: missing|is not what the others got.*: missing"),
        (lambda said: (said, said), "message 0 came in place of 1: doubled|not what the others.*: doubled"),
        (
            lambda said: (said, replace(said, sender="p00004")),
            "not a message.*p00004|p00004.*(one too many|changed)",
        ),
    ],
    ids=["of another room", "missing", "doubled", "said by somebody of another room"],
)
def test_what_is_wrong_in_one_room_fails_the_run(
    change: Callable[[Said], Sequence[Event]], sentence: str
) -> None:
    wronged = list[Event]()

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if nick != "p00002" or not in_room(event) or wronged:
            return (event,)
        wronged.append(event)
        assert isinstance(event, Said)
        return change(event)

    run = ran(ROOMS, spoil)
    assert wronged and run.faults and re.search(sentence, run.faults[0]), run.faults


# -- saturate ------------------------------------------------------------------------------------------

TOLD = Saturate(readers=3, talkers=2, window=2, most=2, told=1, seconds=0.1)


def test_talkers_that_are_told_wait_for_it() -> None:
    run = ran(TOLD)
    assert run.faults == [] and run.figures["messages/s"] > 0
    assert run.figures["deliveries"] % 4 == 0


def test_who_is_told_twice_of_a_message_fails_the_run() -> None:
    run = ran(TOLD, lambda nick, event: (event, event) if isinstance(event, Ack) else (event,))
    assert run.faults and re.search("was told .* messages: doubled|was told 1 times of 0", run.faults[0])


# -- idle ----------------------------------------------------------------------------------------------

IDLE = Idle(people=6, seconds=0.1)


def test_idle_watches_connections() -> None:
    run = ran(IDLE)
    assert (run.faults, run.noun) == ([], "connections")
    assert run.figures["connections"] == 6
    assert "idle %" in run.figures and "join p99 ms" in run.figures and "p99 ms" not in run.figures


def test_a_connection_that_ends_during_the_watch_is_a_fault() -> None:
    server = Reception(right)
    thread = Thread(target=server.run)
    thread.start()
    run = Run("chatd")

    def tick() -> None:
        if "KiB each" in run.figures:  # the watch has begun
            server.stop()

    with at_each_tick(tick):
        perform(IDLE, RunContext(ServerUnderTest("chatd", server.address), run))
    thread.join()
    assert len(run.faults) == 1 and re.fullmatch(r"i\d{5} was closed by the server", run.faults[0])


# -- interrupted ---------------------------------------------------------------------------------------


def later(run: Run, ticks: int) -> bool:
    """Some way into the load."""
    return ticks > 20


@pytest.mark.parametrize(
    ("scenario", "when", "figures"),
    [
        (
            Saturate(readers=3, talkers=2, seconds=5),
            later,
            {"window", "deliveries/s", "capacity/s", "p99 ms"},
        ),
        (Broadcast(readers=3, talkers=2, seconds=5), later, {"deliveries/s", "p99 ms"}),
        (RoomTalk(rooms=2, rate=1000, seconds=5), later, {"all in s", "deliveries/s", "p99 ms"}),
        (DirectMessaging(people=16, seconds=5), later, {"messages/s", "capacity/s", "p99 ms"}),
        (Mixed(people=3, seconds=5), later, {"said", "written", "came", "deliveries/s", "p99 ms"}),
        (STORM, lambda run, ticks: "all in s" in run.figures, {"join p99 ms"}),
        (IDLE, lambda run, ticks: "KiB each" in run.figures, {"idle %", "join p99 ms"}),
    ],
    ids=lambda value: value.name if isinstance(value, Scenario) else "",
)
def test_who_is_interrupted_tells_what_there_is(
    scenario: Scenario, when: Callable[[Run, int], bool], figures: set[str]
) -> None:
    runs: list[Run] = []
    ticks = count()

    def tick(run: Run) -> None:
        runs[:] = [run]
        if when(run, next(ticks)):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ran(scenario, tick=tick)
    (run,) = runs
    assert run.interrupted and run.faults == []
    assert figures | {"generator %", "server %", "disturbed %"} <= set(run.figures)


# -- slow ----------------------------------------------------------------------------------------------


def test_what_a_slow_reader_gets_behind_the_last_message_is_a_fault() -> None:
    """10 messages and a fence of 2, without and with slow ones: the odd line comes behind the 24th."""
    server = StubServer(Wrong(Stream.READER, "a?"), Delay(), at=23)
    thread = Thread(target=server.run)
    thread.start()
    try:
        run = Run("chatd")
        scenario = SlowReaders(readers=5, slow=4, talkers=2, size=100, rate=100, seconds=0.1)
        perform(scenario, RunContext(ServerUnderTest("chatd", server.address), run))
    finally:
        server.stop()
        thread.join()
    assert len(run.faults) == 1 and "r00003, frozen: b'* nobody expects this line" in run.faults[0]
