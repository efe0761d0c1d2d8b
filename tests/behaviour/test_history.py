"""Pages of what was said, from the engine in memory."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.state.account_store import always
from chatd.state.stored_entries import Conversation, Page, Span
from chatd.store.memory import MemoryLog
from tests.support.resuming import hello
from tests.support.world import Player, World


def ask(player: Player, **request: object) -> dict[str, object]:
    """The answer to a program's request for history."""
    player.lines()
    player.feed(json.dumps({"type": "history", **request}) + "\n")
    (answer,) = player.lines()
    return dict(json.loads(answer))


def texts(page: dict[str, object]) -> list[str]:
    messages = page["messages"]
    assert isinstance(messages, list)
    return [message["text"] for message in messages]


def talk(world: World, count: int) -> tuple[Player, Player, list[int]]:
    """alice said 1, 2, 3, … in the lobby, and a robot is there; the ids."""
    alice, robot = world.player("alice"), world.player("robot", json=True)
    ids = []
    for number in range(1, count + 1):
        alice.feed(f"{number}\n")
        ids.append(world.state.log.last_id)
    world.settle(alice, robot)
    return alice, robot, ids


def test_the_newest_and_the_pages_before_and_after() -> None:
    _, robot, ids = talk(World(), 10)
    page = ask(robot, room="lobby", limit=3, ref="1")
    assert (texts(page), page["more"], page["room"], page["ref"]) == (["8", "9", "10"], True, "lobby", "1")
    page = ask(robot, room="lobby", limit=3, before=ids[7])
    assert (texts(page), page["more"]) == (["5", "6", "7"], True)
    page = ask(robot, room="lobby", limit=5, before=ids[4])
    assert (texts(page), page["more"]) == (["1", "2", "3", "4"], False)
    page = ask(robot, room="lobby", limit=2, after=ids[6])
    assert (texts(page), page["more"]) == (["8", "9"], True)
    page = ask(robot, room="lobby", after=ids[2], before=ids[5])
    assert (texts(page), page["more"]) == (["4", "5"], False)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"before": -5}, []),
        ({"after": -5}, ["1", "2"]),
        ({"after": 2**63 - 1}, []),
        ({"before": 2**63 - 1, "limit": 10**9}, ["1", "2"]),
    ],
)
def test_any_id_and_any_limit(asked: dict[str, int], found: list[str]) -> None:
    _, robot, _ = talk(World(), 2)
    page = ask(robot, room="lobby", **asked)
    assert (texts(page), page["more"]) == (found, False)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "usage"),
        ({"room": "lobby", "with": "alice"}, "usage"),
        ({"room": "attic"}, "no-such-room"),
        ({"room": "dev"}, "not-in-room"),
        ({"with": "nobody"}, "no-such-nick"),
        ({"room": "lobby", "limit": 0}, "bad-json"),
        ({"room": "lobby", "before": 10**40}, "bad-json"),
    ],
)
def test_what_is_refused(asked: dict[str, object], code: str) -> None:
    alice, robot, _ = talk(World(), 1)
    alice.feed("/join dev\n")
    answer = ask(robot, ref="7", **asked)
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "7")


def test_a_page_in_text() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    alice.feed("/join dev\nhello\n/me waves\n/topic work\n/dm bob psst\n")
    bob.feed("/dm alice yes?\n")
    world.settle(alice, bob)
    alice.feed("/history\n/history 1\n/history with BOB\n")
    assert alice.lines() == [
        "* 3 messages of #dev, times in UTC:",
        "1970-01-01 00:16 #dev <alice> hello",
        "1970-01-01 00:16 #dev ** alice waves",
        "1970-01-01 00:16 * alice set the topic of #dev: work",
        "* 1 message of #dev, times in UTC:",
        "1970-01-01 00:16 * alice set the topic of #dev: work",
        "* 2 messages of you and bob, times in UTC:",
        "1970-01-01 00:16 [dm to bob] psst",
        "1970-01-01 00:16 [dm from bob] yes?",
    ]


def test_who_takes_a_name_next_reads_nothing_of_the_one_before() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    alice.feed("/dm bob a secret\n")
    bob.feed("/quit\n")
    other = world.player("bob", json=True)
    assert texts(ask(other, **{"with": "alice"})) == []


def test_a_room_that_is_made_anew_has_no_past() -> None:
    """It went since there are too many."""
    world = World(replace(DEFAULT, rooms=2, line_rate=0))
    robot = world.player("robot", json=True)
    for room, request in (
        *(("dev", '"join"'), ("dev", '"say","text":"old"'), ("dev", '"leave"')),
        *(("ops", '"join"'), ("ops", '"leave"'), ("dev", '"join"')),
    ):
        robot.feed(f'{{"type":{request},"room":"{room}"}}\n')
    assert texts(ask(robot, room="dev")) == []


def test_what_does_not_fit_into_a_page_is_asked_for_again() -> None:
    alice, robot, _ = talk(World(replace(DEFAULT, page_bytes=25)), 0)
    for number in range(5):
        alice.feed(f"{number}" * 10 + "\n")
    page = ask(robot, room="lobby")
    assert (texts(page), page["more"]) == (["3" * 10, "4" * 10], True)
    page = ask(robot, room="lobby", after=0)
    assert (texts(page), page["more"]) == (["0" * 10, "1" * 10], True)


def test_the_oldest_are_forgotten() -> None:
    world = World()
    log = world.state.log
    assert isinstance(log, MemoryLog)
    small = MemoryLog(lambda: 10**9, recent=3)
    small.published, small.acknowledged = log.published, log.acknowledged
    world.state.log = small
    alice, robot = world.player("alice"), world.player("robot", json=True)
    ids = []
    for text in ("1", "/dm robot psst", "2", "3"):
        alice.feed(text + "\n")
        ids.append(small.last_id)
    page = ask(robot, room="lobby")
    assert (texts(page), page["floor"]) == (["2", "3"], ids[0])
    assert "floor" not in ask(talk(World(), 1)[1], room="lobby")
    assert texts(ask(robot, **{"with": "alice"})) == ["psst"]
    alice.feed("4\n")
    page = ask(robot, **{"with": "alice"})
    assert (texts(page), page["floor"]) == ([], ids[1])
    assert texts(ask(robot, room="lobby", limit=2)) == ["3", "4"]


class SlowLog(MemoryLog):
    """Gives its pages when it is told to."""

    takes = True

    def __init__(self) -> None:
        super().__init__(lambda: 10**9)
        self.asked: list[Callable[[Page | None], None]] = []

    def read(
        self,
        conversation: Conversation,
        span: Span,
        then: Callable[[Page | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        if self.takes:
            self.asked.append(then)
        return self.takes


def slow_world() -> tuple[World, SlowLog, Player]:
    world, log = World(), SlowLog()
    log.published, log.acknowledged = world.state.log.published, world.state.log.acknowledged
    world.state.log = log
    robot = world.player("robot", json=True)
    robot.feed('{"type":"join","room":"dev"}\n')
    robot.lines()
    robot.feed('{"type":"history","room":"dev","ref":"1"}\n')
    return world, log, robot


def test_a_page_that_comes_later_is_in_flight_until_then() -> None:
    _, log, robot = slow_world()
    assert (robot.lines(), robot.session.in_flight) == ([], 1)
    log.asked[0](Page([], False))
    assert robot.lines() == ['{"type":"page","room":"dev","messages":[],"more":false,"ref":"1"}']
    assert robot.session.in_flight == 0


def test_who_left_the_room_meanwhile_gets_no_page() -> None:
    world, log, robot = slow_world()
    world.state.rooms["dev"].remove(robot.session)
    log.asked[0](Page([], False))
    (answer,) = robot.lines()
    assert '"code":"not-in-room"' in answer
    assert '"ref":"1"' in answer


def test_who_is_gone_meanwhile_is_told_nothing() -> None:
    _, log, robot = slow_world()
    robot.close()
    robot.lines()
    log.asked[0](Page([], False))
    assert robot.lines() == []


def test_a_page_that_cannot_be_read_is_an_error() -> None:
    _, log, robot = slow_world()
    log.asked[0](None)
    (answer,) = robot.lines()
    assert '"code":"unavailable"' in answer


def test_when_too_many_ask_one_is_told_so() -> None:
    _, log, robot = slow_world()
    SlowLog.takes, before = False, SlowLog.takes
    try:
        robot.feed('{"type":"history","room":"dev","ref":"2"}\n')
    finally:
        SlowLog.takes = before
    (answer,) = robot.lines()
    assert '"code":"busy"' in answer
    assert (robot.session.in_flight, len(log.asked)) == (1, 1)


def test_own_direct_messages_have_their_keys_and_the_reader_its_name_of_now() -> None:
    world = World()
    alice, bob = world.player("alice", json=True), world.player("bob", json=True)
    alice.feed('{"type":"dm","to":"bob","text":"psst","key":"k"}\n')
    bob.close()
    again = Player(world)
    hello(again, "robert", bob.session.token)
    for player, whom, key in ((alice, "robert", "k"), (again, "alice", None)):
        messages = ask(player, **{"with": whom})["messages"]
        assert isinstance(messages, list)
        assert [(one["to"], one.get("key")) for one in messages] == [("robert", key)]


def test_since_a_time_and_around_a_message() -> None:
    world = World()
    alice, robot = world.player("alice"), world.player("robot", json=True)
    ids = []
    for number in range(9):
        world.now += 1
        alice.feed(f"{number}\n")
        ids.append(world.state.log.last_id)
    world.settle(alice, robot)  # two seconds
    page = ask(robot, room="lobby", since=1_007_000, limit=2)
    assert (texts(page), page["more"]) == (["6", "7"], True)
    page = ask(robot, room="lobby", since=1_007_000, after=ids[7])
    assert (texts(page), page["more"]) == (["8"], False)
    page = ask(robot, room="lobby", since=-4000)
    assert texts(page) == ["6", "7", "8"]
    page = ask(robot, room="lobby", around=ids[4], limit=5)
    assert (texts(page), page["more"]) == (["2", "3", "4", "5", "6"], True)
    page = ask(robot, room="lobby", around=ids[0], limit=3)
    assert (texts(page), page["more"]) == (["0", "1"], False)
    answer = ask(robot, room="lobby", around=ids[0], since=1)
    assert answer["code"] == "usage"


def test_around_a_message_what_is_near_fits_first() -> None:
    _, robot, ids = talk(World(replace(DEFAULT, page_bytes=3)), 7)
    page = ask(robot, room="lobby", around=ids[3])
    assert (texts(page), page["more"]) == (["3", "4", "5"], True)
