"""The line rate: a burst, then one at a time, by waiting."""

import pytest

from chatd.state.token_bucket import Allowance


def test_a_burst_passes_and_one_past_it_waits() -> None:
    allowance = Allowance(20, 10)
    for _ in range(20):
        assert allowance.wait(100.0) == 0
        allowance.take(100.0)
    assert allowance.wait(100.0) == pytest.approx(0.1)


def test_afterwards_one_passes_each_tenth_of_a_second() -> None:
    allowance = Allowance(2, 10)
    now = 5.0
    passed = []
    for _ in range(6):
        now += allowance.wait(now)
        allowance.take(now)
        passed.append(round(now, 3))
    assert passed == [5.0, 5.0, 5.1, 5.2, 5.3, 5.4]


def test_a_restored_allowance_has_the_whole_burst() -> None:
    allowance = Allowance(2, 10)
    allowance.take(5.0)
    allowance.take(5.0)
    assert allowance.wait(5.0) > 0
    allowance.restore()
    allowance.take(5.0)
    assert allowance.wait(5.0) == 0
    allowance.take(5.0)
    assert allowance.wait(5.0) > 0


def test_who_was_quiet_has_the_whole_burst_again_and_no_more() -> None:
    allowance = Allowance(3, 10)
    for now in (0.0, 0.0, 0.0, 1000.0, 1000.0, 1000.0):
        assert allowance.wait(now) == 0
        allowance.take(now)
    assert allowance.wait(1000.0) > 0
