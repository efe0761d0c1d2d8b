"""Coming back where the log takes its time: what happens until what was missed is read."""

from collections.abc import Callable

from msgspec.structs import replace

from chatd.behaviour.presence import go_down
from chatd.behaviour.resuming import ask_on
from chatd.protocol.events import Cause
from chatd.state.account_store import always
from chatd.state.stored_entries import EntryKind, Gap, Missed, MissedPage, StoredEntry
from chatd.store.memory import MemoryLog
from tests.support.resuming import (
    EventFields,
    come_back,
    events,
    hello,
    robot_and_alice,
    said,
    types,
)
from tests.support.world import Player, World


class PagedLog(MemoryLog):
    """Gives what was missed when it is told to."""

    takes = True

    def __init__(self) -> None:
        super().__init__(lambda: 10**9)
        self.asked: list[Callable[[], None]] = []
        self.pages: list[MissedPage] = []  # in place of what there is

    def read_missed(
        self,
        missed: Missed,
        then: Callable[[MissedPage | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        def give(fails: bool = False) -> None:
            if fails:
                then(None)
            elif self.pages:
                then(self.pages.pop(0))
            else:
                super(PagedLog, self).read_missed(missed, then)

        if self.takes:
            self.asked.append(give)
        return self.takes


def paged_world() -> tuple[World, PagedLog, Player, Player, list[EventFields]]:
    """A robot that was lost and comes back, and waits for its page."""
    world, robot, alice = robot_and_alice()
    log = PagedLog()
    old = world.state.log
    log.published, log.acknowledged, log.failed = old.published, old.acknowledged, old.failed
    world.state.log = log
    alice.feed("before\n")
    robot.lines()
    robot.broken(Cause.RESET)
    world.settle(alice)
    robot, told = come_back(world, robot, seen=0)
    return world, log, robot, alice, told


def test_what_is_said_while_it_is_read_comes_once() -> None:
    world, log, robot, alice, told = paged_world()
    assert types(told) == ["welcome"]
    alice.feed("meanwhile\n/dm robot psst\n/users\n")
    assert alice.lines() == ["[dm to robot] psst", "* 1 here: alice"]
    assert robot.lines() == []
    log.asked.pop()()
    told = events(robot)
    assert said(told) == [("lobby", "before"), ("lobby", "meanwhile"), ("alice", "psst")]
    alice.feed("/dm robot live\n")
    assert said(events(robot)) == [("alice", "live")]
    world.pass_time(1)
    assert alice.lines() == ["* robot is back after 2 s", "[dm to robot] live"]


def test_who_drops_while_it_is_read_was_never_back() -> None:
    world, log, robot, alice, _ = paged_world()
    robot.broken(Cause.RESET)
    log.asked.pop()()
    world.pass_time(1)
    assert alice.lines() == []
    assert world.state.roster.get("robot") is None
    robot, _ = come_back(world, robot, seen=0)
    log.asked.pop()()
    assert said(events(robot)) == [("lobby", "before")]


def test_who_takes_over_and_drops_while_it_is_read_is_lost() -> None:
    world, log, robot, alice, _ = paged_world()
    log.asked.pop()()
    world.settle(alice, robot)
    robot, _ = come_back(world, robot, seen=0)
    robot.broken(Cause.RESET)
    world.pass_time(1)
    assert alice.lines() == ["* robot lost connection (reset)"]


def test_who_takes_over_is_in_the_lists_while_it_is_read_unless_it_is_lost() -> None:
    world, log, robot, alice, _ = paged_world()
    log.asked.pop()()
    robot.feed('{"type":"join","room":"dev"}\n')
    alice.feed("/join dev\n")
    world.settle(alice, robot)
    robot, _ = come_back(world, robot, seen=0)
    alice.feed("/users\n/users lobby\n")
    assert alice.lines() == ["* 2 in #dev: alice, robot", "* 2 here: alice, robot"]
    robot.broken(Cause.RESET)
    alice.feed("/users\n/users lobby\n")
    assert alice.lines()[:2] == ["* 1 in #dev: alice", "* 1 here: alice"]
    world.settle(alice)
    robot, _ = come_back(world, robot, seen=0)
    alice.feed("/users\n")
    assert alice.lines() == ["* 1 in #dev: alice"]  # that it is back will be told


def test_who_comes_back_twice_at_once_is_back_once() -> None:
    world, log, robot, alice, _ = paged_world()
    new, _ = come_back(world, robot, seen=0)
    for give in log.asked:
        give()
    assert robot.lines() == ['{"type":"bye","reason":"your name was taken over by a new connection"}']
    assert said(events(new)) == [("lobby", "before")]
    world.pass_time(1)
    assert alice.lines() == ["* robot is back after 2 s"]


def test_what_cannot_be_read_is_a_gap() -> None:
    _, log, robot, _, _ = paged_world()
    log.asked.pop()(fails=True)  # type: ignore[call-arg]
    told = events(robot)
    assert [(one["room"], one["after"], one["before"]) for one in told if one["type"] == "skipped"] == [
        ("lobby", 0, log.last_id + 1),
        ("", 0, log.last_id + 1),
    ]
    assert types(told)[-2:] == ["room", "users"]


def test_a_gap_is_told_once_though_every_page_knows_of_it() -> None:
    """Where old messages were removed from the middle; more may be removed while somebody reads."""
    world, log, robot, _, _ = paged_world()
    entry = StoredEntry(1, 0, 2, 0, "alice", 5, EntryKind.MESSAGE, None, "two")
    later = replace(entry, id=8, text="eight")
    log.pages = [
        MissedPage([entry], True, [Gap(1, 1, 0, 6)]),
        MissedPage([later], True, [Gap(1, 1, 2, 6)]),
        MissedPage([], False, [Gap(1, 1, 2, 8)]),
    ]
    while log.pages:
        log.asked.pop()()
        if log.pages:
            assert ask_on(world.state, robot.session)
    told = events(robot)
    assert types(told)[:4] == ["skipped", "said", "said", "skipped"]
    assert [(one["after"], one["before"]) for one in told if one["type"] == "skipped"] == [(0, 6), (2, 8)]


def test_the_server_goes_down_while_it_is_read() -> None:
    world, log, robot, _, _ = paged_world()
    go_down(world.state, robot.session)
    log.asked.pop()()
    assert types(events(robot)) == ["bye"]
    assert len(world.lobby) == 1


def test_too_many_ask() -> None:
    world, log, robot, _, _ = paged_world()
    log.asked.pop()()
    robot.broken(Cause.RESET)
    log.takes = False
    player = Player(world)
    player.session.in_flight = 1  # nobody asks again by itself
    assert [one["type"] for one in hello(player, "robot", robot.session.token, seen=0)] == ["welcome"]
    player.session.in_flight = 0
    assert not ask_on(world.state, player.session) and player.session.in_flight == 0
    log.takes = True
    assert ask_on(world.state, player.session) and player.session.in_flight == 1
    log.asked.pop()()
    assert said(events(player)) == [("lobby", "before")]
    assert not ask_on(world.state, player.session)  # it is back
