"""The loop rests between two calls of epoll where it is busy, and nobody waits who comes to an idle one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from gevent import get_hub

from chatd.net.poll_interval import LONGEST, REST_SHARE, SAVED, PollInterval
from chatd.net.yielding import give_way

WORK = LONGEST / 8
#: Of other tests' sockets and timers the loop may make a turn of its own, or find two of ours in one.
A_TURN_OR_TWO = 2 * WORK * REST_SHARE


class Clock:
    """Stands still, unless a test moves it, or someone sleeps; and each call of epoll waits for `idle`."""

    def __init__(self, idle: float = 0.0) -> None:
        self.time = 100.0
        self.idle = idle
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    def poll(self) -> None:
        self.time += self.idle


@contextmanager
def polling(clock: Clock) -> Iterator[None]:
    poll_interval = PollInterval(clock.now, clock.sleep)
    poll_interval.start()
    poll = get_hub().loop.prepare(ref=False, priority=-2)  # after the rest
    poll.start(clock.poll)
    try:
        yield
    finally:
        poll.stop()
        poll.close()
        poll_interval.stop()


def work(clock: Clock, turns: int, seconds: float = WORK) -> None:
    for _ in range(turns):
        clock.time += seconds
        give_way()


def test_work_is_followed_by_rests() -> None:
    clock = Clock()
    with polling(clock):
        work(clock, 100)
        assert sum(clock.slept) == pytest.approx(100 * WORK * REST_SHARE - SAVED, abs=A_TURN_OR_TWO)
        assert max(clock.slept) <= LONGEST - WORK


def test_a_turn_and_its_rest_are_no_longer_than_the_bound() -> None:
    clock = Clock()
    with polling(clock):
        work(clock, 100, 0.9 * LONGEST)
        assert max(clock.slept) == pytest.approx(0.1 * LONGEST)


def test_nobody_waits_where_the_loop_was_idle_for_as_long_as_its_rests_would_be() -> None:
    clock = Clock(idle=WORK * REST_SHARE)
    with polling(clock):
        work(clock, 100)
        assert clock.slept == []


def test_an_idle_loop_has_rested_in_advance_within_a_bound() -> None:
    clock = Clock(idle=100 * SAVED)
    with polling(clock):
        give_way()
        clock.idle = 0.0
        work(clock, 100)
        assert sum(clock.slept) == pytest.approx(100 * WORK * REST_SHARE - SAVED, abs=A_TURN_OR_TWO)


def test_nobody_waits_where_there_is_much_to_do() -> None:
    clock = Clock()
    with polling(clock):
        work(clock, 100, LONGEST)
        assert clock.slept == []


@pytest.mark.parametrize("still", [10 * LONGEST, 1000.0])
def test_a_long_turn_is_followed_by_one_rest_at_most(still: float) -> None:
    """Such as one in which the process was stopped (SIGSTOP): what it owes is bounded."""
    clock = Clock()
    with polling(clock):
        work(clock, 1, still)
        assert clock.slept == []
        work(clock, 1)
        assert sum(clock.slept) <= 2 * LONGEST  # it may be two turns
        clock.idle = 2 * SAVED
        give_way()
        slept = len(clock.slept)
        work(clock, 10)
        assert len(clock.slept) == slept


def test_stopped_it_lets_the_loop_go() -> None:
    clock = Clock()
    with polling(clock):
        pass
    work(clock, 100)
    assert clock.slept == []
