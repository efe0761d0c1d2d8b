"""Acts at their times, on a clock that moves only with what is done."""

from contextlib import closing

import pytest

from loadtests.engine import loads
from loadtests.engine.loads import LoadGroup, Schedule, TimedAct

MS = 1_000_000


class Acting(LoadGroup):
    """Each act takes `cost` nanoseconds."""

    def __init__(self, cost: int) -> None:
        super().__init__()
        self.now = 7 * MS
        self.done: list[int] = []
        self._cost = cost

    def act(self, number: int, due: int) -> None:
        self.done.append(number)
        self.now += self._cost


def test_a_load_that_is_too_much_leaves_time_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Acts are due every millisecond, and take three: each time those are done that were due at first."""
    with closing(Acting(cost=3 * MS)) as group:
        monkeypatch.setattr(loads, "monotonic_ns", lambda: group.now)
        schedule = Schedule(TimedAct(number * MS, Acting.act, (number,)) for number in range(10))
        for done in (1, 4, 10):
            assert schedule.pump(group) == (None if done == 10 else 0)
            assert len(group.done) == done
        assert group.done == [*range(10)]
        assert group.lateness.worst() == pytest.approx(9 * (3 - 1), abs=0.02)


def test_until_the_next_act_is_due_there_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Acting(cost=MS // 4)) as group:
        monkeypatch.setattr(loads, "monotonic_ns", lambda: group.now)
        schedule = Schedule(TimedAct(number * MS, Acting.act, (number,)) for number in range(2))
        assert schedule.pump(group) == pytest.approx(0.00075) and group.done == [0]
        group.now += MS
        assert schedule.pump(group) is None and group.done == [0, 1]
