"""Whom talkers wait for: readers that are slow against their will, and as fast as the others, or nearly."""

from dataclasses import replace

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.state.brake import ReaderPace, RoomPace, RoomSample

LIMITS = replace(DEFAULT, slow_window=2.0, slow_rate=0.1, slow_private=100)


def rooms(*medians: float, held: float = 0.0, most_behind: bool = False) -> list[RoomSample]:
    return [RoomSample(median, held, most_behind) for median in medians]


def reader(taken: int, seconds: float = 2.0) -> ReaderPace:
    """One that is behind since then, and took so many bytes."""
    pace = ReaderPace(10.0)
    pace.measure(taken, 10.0 + seconds, LIMITS.slow_window)
    return pace


@pytest.mark.parametrize(("taken", "excused"), [(1999, True), (2000, False), (2001, False)])
def test_who_takes_less_than_a_tenth_of_the_median_is_excused(taken: int, excused: bool) -> None:
    pace = reader(taken)
    pace.judge(0, rooms(10_000, 500), LIMITS)
    assert pace.excused is excused


def test_nobody_is_excused_before_the_first_window_is_over() -> None:
    pace = reader(0, seconds=1.9)
    pace.judge(0, rooms(10_000), LIMITS)
    assert (pace.rate, pace.excused) == (None, False)


def test_a_rate_is_that_of_the_last_whole_window() -> None:
    pace = reader(4000)
    assert pace.rate == 2000
    pace.measure(5000, 13.0, LIMITS.slow_window)
    assert pace.rate == 2000
    pace.measure(5000, 14.0, LIMITS.slow_window)
    assert pace.rate == 500


def test_time_in_which_the_server_stood_still_does_not_count() -> None:
    pace = ReaderPace(10.0)
    pace.forgive(100.0)
    pace.measure(4000, 112.0, LIMITS.slow_window)
    assert pace.rate == 2000


@pytest.mark.parametrize(("private", "excused"), [(100, False), (101, True)])
def test_who_waits_for_what_it_asked_for_itself_is_excused(private: int, excused: bool) -> None:
    pace = reader(1_000_000)
    pace.judge(private, rooms(1), LIMITS)
    assert pace.excused is excused


def test_who_is_in_no_room_any_more_is_not_slow() -> None:
    pace = reader(0)
    pace.judge(0, [], LIMITS)
    assert not pace.excused


@pytest.mark.parametrize(("most_behind", "excused"), [(False, True), (True, False)])
def test_who_does_not_keep_up_though_talkers_are_held_is_excused_in_a_minority(
    most_behind: bool, excused: bool
) -> None:
    pace = reader(1_000_000)
    for _ in range(4):
        pace.judge(0, rooms(1, held=0.5, most_behind=most_behind), LIMITS)
        assert not pace.excused
    pace.judge(0, rooms(1, held=0.5, most_behind=most_behind), LIMITS)
    assert pace.excused is excused


def test_the_median_is_of_those_who_keep_up_unless_most_are_behind() -> None:
    def sampled(members: int, *behind: float) -> tuple[float, bool]:
        sample = RoomPace().sample(1000, members, list(behind), 1.0)
        return sample.median, sample.most_behind

    assert sampled(5, 1.0, 2.0) == (1000, False)
    assert sampled(5, 3.0, 1.0, 2.0) == (3, True)
    assert sampled(4, 9.0, 1.0, 2.0, 3.0) == (3, True)


def test_a_room_is_as_fast_as_while_its_talkers_are_not_held() -> None:
    room = RoomPace()
    room.sample(0, 5, [], 10.0)
    room.hold(True, 11.0)
    room.hold(True, 15.0)
    room.hold(False, 19.0)
    assert room.sample(2000, 5, [], 20.0) == RoomSample(1000, 8, False)


def test_a_room_that_is_held_or_quiet_forgets_its_rate_slowly() -> None:
    room = RoomPace()
    room.sample(1000, 5, [], 1.0)
    room.hold(True, 1.0)
    room.sample(1500, 5, [], 4.0)
    assert room.rate == pytest.approx(500)
    room.hold(False, 4.0)
    room.sample(1500, 5, [], 3604.0)
    assert room.rate == pytest.approx(0)
