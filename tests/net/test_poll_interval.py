"""The loop calls epoll at most so often, and makes nobody wait who comes to an idle one."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chatd.net.poll_interval import INTERVAL, PollInterval
from chatd.net.yielding import give_way


class Clock:
    """Stands still, unless a test moves it or someone sleeps."""

    def __init__(self) -> None:
        self.time = 100.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


@contextmanager
def polling(clock: Clock) -> Iterator[None]:
    poll_interval = PollInterval(clock.now, clock.sleep)
    poll_interval.start()
    try:
        yield
    finally:
        poll_interval.stop()


def test_two_epoll_calls_are_apart() -> None:
    clock = Clock()
    with polling(clock):
        give_way()
        began, calls = clock.time, len(clock.slept)
        for _ in range(10):
            give_way()
        assert len(clock.slept) > calls + 1
        assert clock.time - began == pytest.approx(INTERVAL * (len(clock.slept) - calls))


def test_nobody_waits_at_an_idle_loop_nor_at_one_with_much_to_do() -> None:
    clock = Clock()
    with polling(clock):
        for _ in range(10):
            clock.time += INTERVAL  # what a turn does takes as long as that, or nobody came meanwhile
            give_way()
        assert clock.slept == []


def test_stopped_it_lets_the_loop_go() -> None:
    clock = Clock()
    with polling(clock):
        pass
    for _ in range(3):
        give_way()
    assert clock.slept == []
