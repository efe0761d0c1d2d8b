"""What an address may do a few times in an hour."""

from chatd.state.hourly_rates import HourlyRates


def test_so_often_in_any_hour_and_no_more() -> None:
    rates = HourlyRates(2, 10)
    done = [rates.take("192.0.2.1", at) for at in (0, 1000, 1001, 3599, 3600, 3601, 4600, 4601)]
    assert done == [True, True, False, False, True, False, True, False]


def test_what_was_refused_does_not_count_and_others_are_others() -> None:
    rates = HourlyRates(1, 10)
    assert rates.take("192.0.2.1", 0)
    assert not any(rates.take("192.0.2.1", at) for at in range(3599))
    assert rates.take("192.0.2.1", 3600)
    assert rates.take("192.0.2.2", 3600)


def test_a_network_of_ipv6_counts_as_one() -> None:
    rates = HourlyRates(2, 10)
    assert [rates.take(f"[2001:db8::{host}]", 0) for host in range(4)] == [True, True, False, False]
    assert rates.take("[2001:db8:0:1::1]", 0)


def test_who_has_many_addresses_makes_nobody_be_forgotten() -> None:
    rates = HourlyRates(1, 3)
    assert [rates.take(f"192.0.2.{host}", host) for host in range(6)] == [True] * 3 + [False] * 3
    assert not rates.take("192.0.2.0", 10)
    assert rates.take("192.0.2.5", 4000)
    assert len(rates._times) == 1
