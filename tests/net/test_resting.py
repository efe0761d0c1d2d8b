"""How long the flusher rests: what is owed for work, and what idle time pays."""

from dataclasses import replace

import pytest

from chatd.net.resting import RestAccount
from chatd.protocol.limits import DEFAULT

LIMITS = replace(DEFAULT, rest_share=0.5, rest_max=0.020, idle_worth=4, rest_saved=0.040)


def test_work_is_followed_by_its_share_of_rest() -> None:
    rests = RestAccount(LIMITS)
    assert rests.due == 0
    rests.worked(0.010)
    assert rests.due == pytest.approx(0.005)
    rests.rested(0.005)
    assert rests.due == 0


def test_what_was_rested_too_long_is_taken_off_the_next_rest() -> None:
    rests = RestAccount(LIMITS)
    rests.worked(0.010)
    rests.rested(0.006)
    rests.worked(0.010)
    assert rests.due == pytest.approx(0.004)


def test_a_round_rests_for_so_long_at_most_and_what_is_more_is_forgotten() -> None:
    rests = RestAccount(LIMITS)
    rests.worked(1.0)
    assert rests.due == pytest.approx(0.020)
    rests.rested(0.015)
    rests.worked(1.0)
    assert rests.due == pytest.approx(0.005)
    rests.rested(0.005)
    rests.worked(1.0)
    assert rests.due == pytest.approx(0)
    rests.begin_round()
    rests.worked(0.010)
    assert rests.due == pytest.approx(0.005)


def test_a_rest_in_which_the_machine_was_suspended_makes_up_for_no_more_than_what_is_saved() -> None:
    rests = RestAccount(LIMITS)
    rests.worked(0.010)
    rests.rested(100.0)
    rests.worked(0.010)  # in the same round
    rests.begin_round()
    rests.worked(0.080)
    assert rests.due == pytest.approx(0.005)


@pytest.mark.parametrize(("idle", "due"), [(0.0, 0.005), (0.0005, 0.003), (0.002, 0.0)])
def test_idle_time_pays_for_more_than_it_lasts(idle: float, due: float) -> None:
    rests = RestAccount(LIMITS)
    rests.idle(idle)
    rests.worked(0.010)
    assert rests.due == pytest.approx(due)


def test_so_much_is_paid_in_advance_at_most() -> None:
    """A burst of 80 ms of work, in a server that was idle for an hour, is not rested for."""
    rests = RestAccount(LIMITS)
    rests.idle(3600)
    rests.worked(0.080)
    assert rests.due == 0
    rests.worked(0.010)
    assert rests.due == pytest.approx(0.005)


@pytest.mark.parametrize(("busy", "rested"), [(0.5, False), (0.75, False), (0.95, True)])
def test_there_are_no_rests_where_the_flusher_is_idle_for_a_fifth_of_the_time(
    busy: float, rested: bool
) -> None:
    rests = RestAccount(replace(LIMITS, rest_share=1.0))
    due = []
    for _ in range(50):
        rests.begin_round()
        rests.worked(0.010 * busy)
        due.append(rests.due)
        rests.rested(rests.due)
        rests.idle(0.010 * (1 - busy))
    assert any(due[25:]) is rested
