"""What trying a password costs, and whom."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.login_rates import LoginRates

LIMITS = replace(DEFAULT, login_burst=3, login_rate=0.1, account_burst=5, account_rate=0.5)
HERE, THERE = "192.0.2.1", "192.0.2.2"


def tried(rates: LoginRates, address: str, person: int | None, times: int, now: float) -> None:
    for _ in range(times):
        assert rates.wait(address, person, now) == 0.0
        rates.take(address, person, now)


def test_an_address_has_a_burst_and_then_waits() -> None:
    rates = LoginRates(LIMITS)
    tried(rates, HERE, None, 3, 100.0)
    assert rates.wait(HERE, None, 100.0) == pytest.approx(10)
    assert rates.wait(HERE, 7, 104.0) == pytest.approx(6)
    assert rates.wait(THERE, None, 100.0) == 0.0
    tried(rates, HERE, None, 1, 110.001)
    assert rates.wait(HERE, None, 110.001) == pytest.approx(10, abs=0.01)


def test_an_account_has_one_of_its_own_from_wherever_it_is_tried() -> None:
    rates = LoginRates(LIMITS)
    tried(rates, HERE, 7, 3, 0.0)
    tried(rates, THERE, 7, 2, 0.0)
    assert rates.wait("192.0.2.3", 7, 0.0) == pytest.approx(2)
    assert rates.wait("192.0.2.3", 8, 0.0) == rates.wait("192.0.2.3", None, 0.0) == 0.0


def test_who_is_right_has_paid_nothing() -> None:
    rates = LoginRates(LIMITS)
    tried(rates, HERE, 7, 2, 0.0)
    for at in range(1, 100):
        tried(rates, HERE, 7, 1, at / 1000)
        rates.give_back(HERE, 7, at / 1000)
    assert rates.wait(HERE, 7, 0.1) == 0.0
    rates.take(HERE, 7, 0.1)
    assert rates.wait(HERE, 7, 0.1) > 9


def test_many_at_a_time_gain_nothing_and_what_is_given_back_late_harms_nobody() -> None:
    rates = LoginRates(LIMITS)
    tried(rates, HERE, None, 3, 0.0)
    assert rates.wait(HERE, None, 0.0) > 0
    rates.give_back(HERE, None, 0.0)
    assert rates.wait(HERE, None, 0.0) == 0.0
    rates.give_back(HERE, None, 0.0)
    rates.give_back(HERE, None, 0.0)
    assert len(rates) == 0
    rates.give_back(HERE, 7, 0.0)  # forgotten meanwhile
    tried(rates, HERE, 7, 3, 0.0)
    assert rates.wait(HERE, 7, 0.0) > 0


def test_whose_bucket_is_full_again_is_forgotten() -> None:
    rates = LoginRates(LIMITS)
    for host in range(100):
        tried(rates, f"192.0.2.{host}", host, 1, 0.0)
    assert len(rates) == 200
    rates.wait(HERE, 1, 40.0)
    assert len(rates) == 0


def test_nobody_gets_a_fresh_bucket_by_pushing_others_out() -> None:
    rates = LoginRates(replace(LIMITS, addresses=10))
    tried(rates, HERE, None, 3, 0.0)
    for host in range(9):
        tried(rates, f"198.51.100.{host}", None, 1, 0.0)
    newcomer = "203.0.113.1"
    assert 0 < rates.wait(newcomer, None, 5.0) <= 15  # until one of the others is full again
    for host in range(100):  # who does not wait is not remembered either
        rates.take(f"203.0.113.{host}", None, 5.0)
    assert len(rates) == 10
    assert rates.wait(HERE, None, 5.0) == pytest.approx(5)
    assert rates.wait(newcomer, None, 25.0) == 0.0


def test_a_network_of_ipv6_is_one_address() -> None:
    rates = LoginRates(LIMITS)
    for host in range(3):
        tried(rates, f"[2001:db8::{host}]", None, 1, 0.0)
    assert rates.wait("[2001:db8::ffff]", None, 0.0) > 0
    assert rates.wait("[2001:db8:0:1::1]", None, 0.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans(), st.sampled_from((HERE, THERE, "[::1]")))))
def test_no_address_tries_more_wrong_passwords_than_its_rate(does: list[tuple[int, bool, str]]) -> None:
    rates, now, wrong = LoginRates(LIMITS), 0.0, dict[str, list[float]]()
    for passes, right, address in does:
        now += passes / 2
        if rates.wait(address, None, now) > 0:
            continue
        rates.take(address, None, now)
        if right:
            rates.give_back(address, None, now)
        else:
            wrong.setdefault(address, []).append(now)
    for times in wrong.values():
        for first, start in enumerate(times):
            for count, end in enumerate(times[first:], 1):
                assert count <= LIMITS.login_burst + LIMITS.login_rate * (end - start) + 1e-6


def test_those_who_wait_do_not_look_in_the_same_moment() -> None:
    rates = LoginRates(LIMITS)
    turns = [rates.begin_waiting() for _ in range(100)]
    assert len(set(turns)) > 10 and max(turns) < 1
    for _ in turns:
        rates.end_waiting()
    assert rates.begin_waiting() == 0.0
