"""Which addresses are counted together."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.state.networks import network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("[2001:db8:1:2:3:4:5:6]", "2001:db8:1:2::/64"),
        ("[2001:db8:0:2::1]", "2001:db8:0:2::/64"),
        ("[2001:db8::1]", "2001:db8:0:0::/64"),
        ("[::1]", "0:0:0:0::/64"),
        ("[::]", "0:0:0:0::/64"),
        ("[1::]", "1:0:0:0::/64"),
        ("[fe80::1%eth0]", "fe80:0:0:0::/64"),
        ("[::ffff:192.0.2.1]", "192.0.2.1"),
    ],
)
def test_an_address_of_ipv6_is_one_of_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_two_addresses_are_one_where_their_first_64_bits_are_the_same(
    high: int, low: int, other: int
) -> None:
    address = ipaddress.IPv6Address((high << 64) + low)
    if not str(address).count("."):
        assert network_of(f"[{address}]") == network_of(
            str(ipaddress.IPv6Address((high << 64) + (other | 2**63)))
        )
        assert ipaddress.IPv6Network(network_of(str(address)))[0] == ipaddress.IPv6Address(high << 64)
