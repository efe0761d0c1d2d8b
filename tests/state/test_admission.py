"""Who may come in, by address: what each may have at a time and in ten minutes, and what is remembered."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.config import LOOPBACK
from chatd.protocol.address_ranges import parse_range
from chatd.protocol.limits import DEFAULT
from chatd.state.admission import Admission
from chatd.state.networks import UNIX

LIMITS = replace(
    DEFAULT, address_here=3, address_connects=6, address_time=60.0, addresses=4, address_patience=30.0
)
HERE, THERE = "192.0.2.1", "192.0.2.2"


def entered(admission: Admission, address: str, times: int, now: float) -> None:
    for _ in range(times):
        assert admission.enter(address, now) is None


def come_and_go(admission: Admission, address: str, times: int, now: float) -> None:
    for _ in range(times):
        entered(admission, address, 1, now)
        admission.leave(address, now)


def told_to_wait(admission: Admission, address: str, now: float) -> int | None:
    """The seconds in what it is told."""
    refused = admission.enter(address, now)
    if refused is None:
        return None
    found = re.fullmatch(r"too many connections came from your address; please come back in (\d+) s", refused)
    assert found, refused
    return int(found[1])


def test_an_address_has_so_many_connections_at_a_time() -> None:
    admission = Admission(LIMITS)
    entered(admission, HERE, 3, 0.0)
    entered(admission, THERE, 1, 0.0)
    refused = admission.enter(HERE, 0.0)
    assert refused == (
        "3 connections of your address are here; please close one, or come back when one has ended"
    )
    admission.leave(HERE, 1.0)
    entered(admission, HERE, 1, 1.0)
    assert admission.enter(HERE, 1.0) is not None


def test_and_makes_so_many_in_a_time_then_one_after_the_other() -> None:
    admission = Admission(LIMITS)
    come_and_go(admission, HERE, 6, 100.0)
    assert told_to_wait(admission, HERE, 100.001) == 10
    assert told_to_wait(admission, HERE, 107.5) == 3  # to be turned away costs nothing
    come_and_go(admission, HERE, 1, 110.001)
    assert told_to_wait(admission, HERE, 110.002) == 10
    come_and_go(admission, THERE, 6, 110.001)
    come_and_go(admission, HERE, 6, 200.0)


def test_an_address_of_ipv6_is_a_network() -> None:
    admission = Admission(LIMITS)
    entered(admission, "[2001:db8::1]", 2, 0.0)
    entered(admission, "[2001:db8::2]", 1, 0.0)
    assert admission.enter("[2001:db8::ffff:3]", 0.0) is not None
    entered(admission, "[2001:db8:0:1::1]", 1, 0.0)
    admission.leave("[2001:db8::2]", 0.0)
    entered(admission, "[2001:db8::4]", 1, 0.0)
    assert admission.share_of("[2001:db8::9]") is admission.share_of("[2001:db8::1]") is not None


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "[::1]", "[::ffff:127.0.0.1]", UNIX])
def test_who_is_exempt_has_no_bounds(address: str) -> None:
    admission = Admission(LIMITS, LOOPBACK)
    entered(admission, address, 20, 0.0)
    admission.failed(address, 1000, 0.0)
    assert admission.share_of(address) is None
    for _ in range(20):
        admission.leave(address, 0.0)
    assert len(admission) == 0


def test_one_of_a_network_that_is_exempt_does_not_count_for_the_others() -> None:
    admission = Admission(LIMITS, [parse_range("2001:db8::1")])
    entered(admission, "[2001:db8::2]", 3, 0.0)
    entered(admission, "[2001:db8::1]", 5, 0.0)
    assert admission.share_of("[2001:db8::1]") is None
    admission.leave("[2001:db8::1]", 0.0)
    assert admission.enter("[2001:db8::3]", 0.0) is not None


def test_what_fails_costs_as_much_as_so_many_connections() -> None:
    admission = Admission(LIMITS)
    entered(admission, HERE, 1, 0.0)
    admission.failed(HERE, 4, 0.0)
    admission.leave(HERE, 0.0)
    come_and_go(admission, HERE, 1, 0.0)
    assert told_to_wait(admission, HERE, 0.001) == 10
    admission.failed(THERE, 5, 0.0)  # of one that has gone, and of which nothing was known
    come_and_go(admission, THERE, 1, 0.0)
    assert told_to_wait(admission, THERE, 0.001) == 10


def test_however_much_failed_one_may_come_in_soon() -> None:
    admission = Admission(LIMITS)
    admission.failed(HERE, 10_000, 0.0)
    assert told_to_wait(admission, HERE, 0.001) == 30
    come_and_go(admission, HERE, 1, 30.0)


def test_what_is_used_up_is_forgotten_when_it_is_made_good() -> None:
    admission = Admission(LIMITS)
    come_and_go(admission, HERE, 2, 0.0)
    assert len(admission) == 1
    come_and_go(admission, THERE, 1, 30.0)
    assert len(admission) == 1  # that of the other


def flood(admission: Admission, now: float) -> None:
    """Of more addresses than there are places."""
    for number in range(10):
        come_and_go(admission, f"198.51.100.{number}", 6, now)


def test_who_is_remembered_is_not_pushed_out_by_others() -> None:
    admission = Admission(LIMITS)
    come_and_go(admission, HERE, 6, 0.0)
    flood(admission, 0.0)
    assert len(admission) == 4
    assert told_to_wait(admission, HERE, 0.001) == 10


def test_nor_while_it_is_here() -> None:
    admission = Admission(LIMITS)
    come_and_go(admission, HERE, 5, 0.0)
    entered(admission, HERE, 1, 0.0)
    flood(admission, 0.0)
    admission.leave(HERE, 0.0)
    assert len(admission) == 4
    assert told_to_wait(admission, HERE, 0.001) == 10


def test_where_there_is_no_place_new_ones_are_let_in_all_the_same() -> None:
    admission = Admission(LIMITS)
    flood(admission, 0.0)
    entered(admission, HERE, 3, 0.0)
    assert admission.enter(HERE, 0.0) is not None  # at a time there are never more


def test_those_who_are_here_are_no_bound_for_those_who_are_remembered() -> None:
    admission = Admission(LIMITS)
    for number in range(10):
        entered(admission, f"198.51.100.{number}", 1, 0.0)
    come_and_go(admission, HERE, 6, 0.0)
    assert told_to_wait(admission, HERE, 0.001) == 10


def test_all_lines_of_an_address_have_a_rate() -> None:
    admission = Admission(replace(LIMITS, line_burst=2, line_rate=1.0, address_lines=4))
    entered(admission, HERE, 2, 0.0)
    share = admission.share_of(HERE)
    assert share is not None
    assert [share.take_lines(0.0, 1) for _ in range(10)] == [0.0] * 8 + [0.25, 0.5]
    assert share.take_lines(0.0, 0.5) == 0.75  # bytes, of what costs no line
    assert share.take_lines(0.0, 1) == 0.875
    assert share.take_lines(100.0, 1) == 0.0


def test_who_comes_again_has_no_burst_of_lines_again() -> None:
    admission = Admission(replace(LIMITS, line_burst=2, line_rate=1.0, address_lines=4))
    for expected in (0.0, 1.75):
        entered(admission, HERE, 1, 0.0)
        share = admission.share_of(HERE)
        assert share is not None
        assert share.take_lines(0.0, 7) == 0.0 if expected == 0.0 else share.take_lines(0.0, 8) == 0.0
        admission.leave(HERE, 0.0)
    entered(admission, HERE, 1, 0.0)
    share = admission.share_of(HERE)
    assert share is not None
    assert share.take_lines(0.0, 1) == 2.0


def test_where_lines_have_no_rate_all_of_an_address_have_none() -> None:
    admission = Admission(replace(LIMITS, line_rate=0.0))
    entered(admission, HERE, 1, 0.0)
    share = admission.share_of(HERE)
    assert share is not None
    assert share.take_lines(0.0, 1_000_000) == 0.0


_ADDRESSES = st.sampled_from([f"198.51.100.{number}" for number in range(8)])
_STEPS = st.lists(
    st.tuples(st.sampled_from(("enter", "leave", "failed", "later")), _ADDRESSES, st.integers(1, 20)),
    max_size=60,
)


@settings(max_examples=200)
@given(_STEPS)
def test_whatever_comes_the_bounds_hold(steps: list[tuple[str, str, int]]) -> None:
    """As many as came in are here, never more than may be; what is remembered is bounded, and in the end
    nothing is."""
    admission, now = Admission(LIMITS), 0.0
    here: dict[str, int] = {}
    for what, address, number in steps:
        if what == "later":
            now += number
        elif what == "failed":
            admission.failed(address, number, now)
        elif what == "enter" and admission.enter(address, now) is None:
            here[address] = here.get(address, 0) + 1
        elif what == "leave" and here.get(address):
            here[address] -= 1
            admission.leave(address, now)
        for one, count in here.items():
            share = admission.share_of(one)
            assert (0 if share is None else share.here) == count <= LIMITS.address_here
        assert len(admission) <= LIMITS.addresses
    for address, count in here.items():
        for _ in range(count):
            admission.leave(address, now)
    come_and_go(admission, HERE, 1, now + 1000.0)
    assert len(admission) <= 1
