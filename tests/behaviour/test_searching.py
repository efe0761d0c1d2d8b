"""Looking for what was said: what is asked of the log, and what its answer becomes."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.account_store import always
from chatd.state.stored_entries import (
    EntryKind,
    Found,
    NotFound,
    SearchFailure,
    StoredEntry,
    Wanted,
)
from chatd.store.memory import MemoryLog
from tests.support.world import Player, World

Then = Callable[[Found | NotFound], None]


class SearchedLog(MemoryLog):
    """Keeps what it is asked, and answers when it is told to."""

    def __init__(self) -> None:
        super().__init__(lambda: 10**9)
        self.takes = True
        self.asked: list[tuple[Wanted, Then, Callable[[], bool]]] = []

    def search(self, wanted: Wanted, then: Then, awaited: Callable[[], bool] = always) -> bool:
        if self.takes:
            self.asked.append((wanted, then, awaited))
        return self.takes

    @property
    def wanted(self) -> Wanted:
        return self.asked[-1][0]

    def answer(self, found: Found | NotFound) -> None:
        self.asked[-1][1](found)


def searching(limits: Limits = DEFAULT) -> tuple[World, SearchedLog, Player]:
    """alice and a robot, which is the person 2; both are in the room dev, which has the number 2."""
    world, log = World(limits), SearchedLog()
    log.published, log.acknowledged = world.state.log.published, world.state.log.acknowledged
    world.state.log = log
    alice, robot = world.player("alice"), world.player("robot", json=True)
    alice.feed("/join dev\n")
    robot.feed('{"type":"join","room":"dev"}\n')
    world.settle(alice, robot)
    return world, log, robot


def ask(robot: Player, **request: object) -> list[dict[str, Any]]:
    robot.feed(json.dumps({"type": "search", **request}) + "\n")
    return [json.loads(line) for line in robot.lines()]


def entry(id: int, first: int = 1, second: int = 0, text: str = "hi", person: int = 1) -> StoredEntry:
    return StoredEntry(first, second, id, 5, "alice", person, EntryKind.MESSAGE, "k", text, "robot")


ALL = ((1, 0), (2, 0), (0, 2))


@pytest.mark.parametrize(
    ("request_", "wanted"),
    [
        ({"words": "Green build"}, Wanted((("green",), ("build",)), ALL, 50)),
        ({"words": "x", "room": "#DEV", "limit": 10**6}, Wanted((("x",),), ((2, 0),), 500)),
        ({"words": "x", "with": "alice"}, Wanted((("x",),), ((1, 2),), 50)),
        ({"from": "Alice"}, Wanted((), ALL, 50, sender="alice")),
        (
            {"words": "x", "since": 7, "until": 9, "before": 5, "context": True},
            Wanted((("x",),), ALL, 50, since=7, until=9, before=5, context=True),
        ),
        (
            {"words": "x", "since": -1000, "until": -(2**63)},
            Wanted((("x",),), ALL, 50, since=1_001_000, until=0),
        ),
    ],
)
def test_what_is_asked_of_the_log(request_: dict[str, object], wanted: Wanted) -> None:
    _, log, robot = searching()
    assert ask(robot, **request_) == []
    assert log.wanted == wanted


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({}, "usage"),
        ({"words": "?! *"}, "usage"),
        ({"words": "?!", "from": "alice"}, "usage"),
        ({"words": "x", "room": "dev", "with": "alice"}, "usage"),
        ({"words": "x", "room": "attic"}, "no-such-room"),
        ({"words": "x", "room": "ops"}, "not-in-room"),
        ({"words": "x", "with": "nobody"}, "no-such-nick"),
        ({"words": "a b " * 20 + "c " * 2, "limit": 0}, "bad-json"),
        ({"words": " ".join(map(str, range(33)))}, "too-long"),
        ({"words": "x", "since": 10**30}, "bad-json"),
    ],
)
def test_what_is_refused(request_: dict[str, object], code: str) -> None:
    world, log, robot = searching()
    world.player("olga").feed("/join ops\n")
    world.settle(robot)
    (answer,) = ask(robot, ref="7", **request_)
    assert (answer["type"], answer["code"], answer["ref"]) == ("error", code, "7")
    assert (log.asked, robot.session.in_flight) == ([], 0)


def test_hits_come_newest_first_with_their_rooms_and_ones_own_keys() -> None:
    _, log, robot = searching()
    ask(robot, words="hi", ref="1")
    log.answer(Found([entry(9, 2), entry(8, 1, 2), entry(7, person=2)], True))
    (page,) = map(json.loads, robot.lines())
    assert (page["type"], page["found"], page["more"], page["ref"]) == ("page", True, True, "1")
    assert [(one["type"], one.get("room"), one["id"], one.get("key")) for one in page["messages"]] == [
        ("said", "dev", 9, None),
        ("dm", None, 8, None),
        ("said", "lobby", 7, "k"),
    ]
    assert "before" not in page


def test_the_context_of_each() -> None:
    _, log, robot = searching()
    ask(robot, words="hi", context=True)
    log.answer(Found([entry(9), entry(7)], False, context=[(entry(8), None), (None, entry(8))]))
    (page,) = map(json.loads, robot.lines())
    ids = {key: [one and one["id"] for one in page[key]] for key in ("messages", "before", "after")}
    assert ids == {"messages": [9, 7], "before": [8, None], "after": [None, 8]}


def test_nothing_of_a_room_that_was_left_meanwhile() -> None:
    world, log, robot = searching()
    ask(robot, words="hi")
    world.state.rooms["dev"].remove(robot.session)
    log.answer(Found([entry(9, 2), entry(8)], False))
    (page,) = map(json.loads, robot.lines())
    assert [one["id"] for one in page["messages"]] == [8]


def test_what_does_not_fit_into_a_page_is_asked_for_again() -> None:
    _, log, robot = searching(replace(DEFAULT, page_bytes=25))
    ask(robot, words="x")
    log.answer(Found([entry(9, text="x" * 20), entry(8, text="x" * 20)], False))
    (page,) = map(json.loads, robot.lines())
    assert ([one["id"] for one in page["messages"]], page["more"]) == ([9], True)


def test_what_stands_around_a_hit_takes_its_room_in_a_page_and_is_paid_for() -> None:
    _, log, robot = searching(replace(DEFAULT, page_bytes=50))
    ask(robot, words="hi", context=True)
    long = entry(8, text="é" * 10)
    log.answer(
        Found([entry(9), entry(7), entry(5)], False, context=[(long, None), (None, long), (long, None)])
    )
    (page,) = map(json.loads, robot.lines())
    assert ([one["id"] for one in page["messages"]], page["more"]) == ([9, 7], True)
    least = DEFAULT.search_least * DEFAULT.answer_bytes
    assert (len(page["before"]), len(page["after"]), robot.session.unpaid) == (2, 2, least + 44)


@pytest.mark.parametrize(
    ("why", "code", "text"),
    [
        (SearchFailure.UNREADABLE, "unavailable", "the server cannot search now"),
        (SearchFailure.TOO_SLOW, "busy", "that took too long"),
        (SearchFailure.NOT_READY, "unavailable", "what was said is being indexed, 43% is done"),
    ],
)
def test_why_there_is_no_answer(why: SearchFailure, code: str, text: str) -> None:
    _, log, robot = searching()
    ask(robot, words="x", ref="1")
    log.answer(NotFound(why, indexed=0.43))
    (answer,) = map(json.loads, robot.lines())
    assert (answer["code"], answer["ref"]) == (code, "1")
    assert answer["text"].startswith(text)
    assert robot.session.in_flight == 0


def test_who_is_gone_meanwhile_is_told_nothing() -> None:
    _, log, robot = searching()
    ask(robot, words="x")
    assert log.asked[0][2]()
    robot.close()
    robot.lines()
    assert not log.asked[0][2]()
    log.answer(NotFound(SearchFailure.UNWANTED))
    assert robot.lines() == []


def test_when_too_many_search_one_is_told_so() -> None:
    _, log, robot = searching()
    log.takes = False
    (answer,) = ask(robot, words="x", ref="1")
    assert (answer["code"], answer["ref"], robot.session.in_flight) == ("busy", "1", 0)


@pytest.mark.parametrize(
    ("seconds", "lines"), [(0.0, DEFAULT.search_least), (0.0075, 7), (9.0, DEFAULT.search_lines)]
)
def test_a_search_costs_lines_for_the_time_it_took(seconds: float, lines: int) -> None:
    _, log, robot = searching()
    ask(robot, words="x")
    assert robot.session.unpaid == 0
    log.answer(NotFound(SearchFailure.TOO_SLOW, seconds))
    assert robot.session.unpaid == lines * DEFAULT.answer_bytes
    ask(robot, words="x")
    log.answer(Found([entry(9, text="x" * 100)], False, seconds))
    assert robot.session.unpaid == lines * DEFAULT.answer_bytes + 100
