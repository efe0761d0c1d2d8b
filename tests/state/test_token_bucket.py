"""The line rate: a burst, then one at a time, by waiting."""

import pytest

from chatd.state.token_bucket import TokenBucket


def test_a_burst_passes_and_one_past_it_waits() -> None:
    bucket = TokenBucket(20, 10)
    for _ in range(20):
        assert bucket.wait(100.0) == 0
        bucket.take(100.0)
    assert bucket.wait(100.0) == pytest.approx(0.1)


def test_afterwards_one_passes_each_tenth_of_a_second() -> None:
    bucket = TokenBucket(2, 10)
    now = 5.0
    passed = []
    for _ in range(6):
        now += bucket.wait(now)
        bucket.take(now)
        passed.append(round(now, 3))
    assert passed == [5.0, 5.0, 5.1, 5.2, 5.3, 5.4]


def test_a_restored_bucket_has_the_whole_burst() -> None:
    bucket = TokenBucket(2, 10)
    bucket.take(5.0)
    bucket.take(5.0)
    assert bucket.wait(5.0) > 0
    bucket.restore()
    bucket.take(5.0)
    assert bucket.wait(5.0) == 0
    bucket.take(5.0)
    assert bucket.wait(5.0) > 0


def test_who_was_quiet_has_the_whole_burst_again_and_no_more() -> None:
    bucket = TokenBucket(3, 10)
    for now in (0.0, 0.0, 0.0, 1000.0, 1000.0, 1000.0):
        assert bucket.wait(now) == 0
        bucket.take(now)
    assert bucket.wait(1000.0) > 0


def test_what_costs_more_than_one_is_waited_for_afterwards() -> None:
    bucket = TokenBucket(3, 10)
    bucket.take(5.0, 5)
    assert bucket.wait(5.0) == pytest.approx(0.3)
