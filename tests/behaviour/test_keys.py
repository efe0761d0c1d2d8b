"""A message with a key is said once, however often it is sent."""

import json
from dataclasses import replace

from chatd.protocol.limits import DEFAULT
from chatd.state.message_log import Entry
from chatd.store.memory import MemoryLog
from tests.support.world import Player, World

SAY = {"type": "say", "text": "hi", "key": "k"}


def send(player: Player, **request: object) -> list[dict[str, object]]:
    player.feed(json.dumps(request) + "\n")
    return [json.loads(line) for line in player.lines()]


def test_the_same_key_is_said_once_and_answered_with_the_first_id() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    (first,) = send(robot, **SAY, ref="1")
    (second,) = send(robot, **SAY, ref="2")
    assert (second["type"], second["ref"], second["id"]) == ("ack", "2", first["id"])
    assert send(robot, **SAY) == []
    (direct,) = send(robot, type="dm", to="other", text="psst", key="d", ref="3")
    (again,) = send(robot, type="dm", to="other", text="psst", key="d", ref="4")
    assert direct["id"] == again["id"] != first["id"]
    assert other.lines() == ["<robot> hi", "[dm from robot] psst"]


def test_a_key_is_ones_own() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other", json=True)
    world.settle(robot, other)
    send(robot, **SAY)
    send(other, **SAY)
    assert len(world.player("late", json=True).lines()) == 0
    assert world.state.log.last_id % 2048 == 1  # two were said


def test_with_the_token_one_is_the_same_person() -> None:
    world = World()
    old, other = world.player("robot", json=True), world.player("other")
    world.settle(old, other)
    (first,) = send(old, **SAY, ref="1")
    new = world.player()
    new.feed(f'{{"type":"hello","nick":"robot","token":"{old.session.token}"}}\n')
    new.lines()
    (again,) = send(new, **SAY, ref="2")
    assert again["id"] == first["id"]
    assert other.lines() == ["<robot> hi"]


def test_a_refused_message_leaves_its_key_free() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    (refused,) = send(robot, type="dm", to="nobody", text="psst", key="k", ref="1")
    assert refused["code"] == "no-such-nick"
    (ack,) = send(robot, type="dm", to="other", text="psst", key="k", ref="2")
    assert ack["type"] == "ack"


def test_a_direct_message_that_was_said_is_answered_so_where_its_reader_is_gone() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    direct = {"type": "dm", "to": "other", "text": "psst", "key": "k"}
    (first,) = send(robot, **direct, ref="1")
    other.close()
    told = send(robot, **direct, ref="2")
    assert {"type": "ack", "ref": "2", "id": first["id"]} in told


def test_a_bad_key_is_refused() -> None:
    robot = World().player("robot", json=True)
    for key in ("", "x" * 65, "é" * 33):
        (error,) = send(robot, type="say", text="hi", key=key, ref="1")
        assert (error["code"], error["ref"]) == ("bad-key", "1")
    (ack,) = send(robot, type="say", text="hi", key="é" * 32, ref="1")
    assert ack["type"] == "ack"


def test_keys_are_forgotten_in_time_and_beyond_their_number() -> None:
    world = World(replace(DEFAULT, key_time_memory=60, keys=2))
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    for key in ("a", "b", "c"):
        send(robot, type="say", text=key, key=key)
    send(robot, type="say", text="b again", key="b")
    send(robot, type="say", text="a again", key="a")  # which is forgotten by now
    world.now += 61
    send(robot, type="say", text="new", key="new")
    send(robot, type="say", text="c again", key="c")
    said = [f"<robot> {text}" for text in ("a", "b", "c", "a again", "new", "c again")]
    assert other.lines() == said


class HeldLog(MemoryLog):
    """Keeps what is appended until it is told what becomes of it."""

    def __init__(self) -> None:
        super().__init__(lambda: 1000)
        self.held: list[Entry] = []

    def append(self, entry: Entry) -> None:
        self.held.append(entry)


def held_world() -> tuple[HeldLog, Player, Player]:
    world, log = World(), HeldLog()
    told = world.state.log
    log.published, log.acknowledged, log.failed = told.published, told.acknowledged, told.failed
    world.state.log = log
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    assert send(robot, **SAY, ref="1") == send(robot, **SAY, ref="2") == []
    assert (len(log.held), robot.session.in_flight) == (1, 1)
    return log, robot, other


def test_what_is_sent_again_meanwhile_shares_the_fate_of_the_first() -> None:
    log, robot, other = held_world()
    assert send(robot, **SAY) == []  # it asks for no answer
    MemoryLog.append(log, log.held.pop())
    answers = [json.loads(line) for line in robot.lines()]
    assert [(one["type"], one["ref"]) for one in answers] == [("ack", "1"), ("ack", "2")]
    assert (len({one["id"] for one in answers}), robot.session.in_flight) == (1, 0)
    assert other.lines() == ["<robot> hi"]


def test_after_a_failure_all_are_told_and_the_key_is_free() -> None:
    log, robot, other = held_world()
    log.failed(log.held.pop())
    answers = [json.loads(line) for line in robot.lines()]
    assert [(one["code"], one["ref"]) for one in answers] == [("unavailable", "1"), ("unavailable", "2")]
    assert robot.session.in_flight == 0
    send(robot, **SAY, ref="3")
    assert len(log.held) == 1
    assert other.lines() == []


def test_a_key_that_was_forgotten_while_its_message_was_on_its_way_harms_nobody() -> None:
    log, robot, _ = held_world()
    world = robot.world
    keys = world.state.keys
    first = log.held[0]
    keys.failed(first)
    assert keys.said(first) == []


def test_a_message_that_is_on_its_way_is_not_forgotten() -> None:
    """Who sent it again meanwhile would wait for ever."""
    log, robot, _ = held_world()
    keys = robot.world.state.keys
    for number in range(10):
        keys.add(99, str(number), robot.world.now + DEFAULT.key_time_memory + 1)
    MemoryLog.append(log, log.held.pop())
    assert robot.session.in_flight == 0
    assert [json.loads(line)["ref"] for line in robot.lines()] == ["1", "2"]


def test_what_the_log_knows_from_before_is_not_newer_than_what_was_said_since() -> None:
    world = World()
    robot, other = world.player("robot", json=True), world.player("other")
    world.settle(robot, other)
    person = robot.session.person.number
    world.state.keys.restore(person, "k", 7, world.now)
    assert send(robot, **SAY, ref="1") == [{"type": "ack", "ref": "1", "id": 7}]
    world.state.keys.restore(person, "k", 8, world.now)
    assert send(robot, **SAY, ref="2") == [{"type": "ack", "ref": "2", "id": 7}]
    assert other.lines() == []
