"""Ranges of addresses, as bans name them."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatd.protocol.address_ranges import looks_like_address, parse_range
from chatd.protocol.errors import ChatError, Code
from tests.protocol.test_names import LATER


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("10.0.0.7", "10.0.0.7/32"),
        ("*@10.0.0.7", "10.0.0.7/32"),
        ("10.0.0.7/24", "10.0.0.0/24"),
        ("*@10.0.0.0/24", "10.0.0.0/24"),
        ("10.0.0.7/255.255.255.0", "10.0.0.0/24"),
        ("10.0.0.7/0.0.0.255", "10.0.0.0/24"),
        ("10.0.0.7/024", "10.0.0.0/24"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.0.0.7/0", "0.0.0.0/0"),
        ("::/0", "::/0"),
        ("::1", "::1/128"),
        ("2001:DB8::7/64", "2001:db8::/64"),
        ("*@2001:db8:0:0:0:0:0:7", "2001:db8::7/128"),
        # IPv4 that is written as IPv6
        ("::ffff:10.0.0.7", "10.0.0.7/32"),
        ("::FFFF:a00:7", "10.0.0.7/32"),
        ("*@::ffff:10.0.0.7/120", "10.0.0.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        # the card by which it is reached
        ("fe80::1%eth0", "fe80::1/128"),
        ("fe80::1%eth0/64", "fe80::/64"),
        ("fe80::%br-lan.1_a/64", "fe80::/64"),
        ("::ffff:10.0.0.7%eth0", "10.0.0.7/32"),
    ],
)
def test_a_range(word: str, shown: str) -> None:
    assert looks_like_address(word)
    found = parse_range(word)
    assert str(found) == shown
    assert parse_range(shown) == found


@pytest.mark.parametrize(
    "word",
    [
        *(
            "",
            "*@",
            "*@*",
            "*",
            "@10.0.0.7",
            "*@*@10.0.0.7",
            "bob@10.0.0.7",
            "*!*@10.0.0.7",
            "10.0.0.*",
            "a.b",
        ),
        *(
            "10",
            "10.0.0",
            "10.0.0.256",
            "10.0.0.7.8",
            "010.0.0.7",
            "0x0a.0.0.7",
            "10.0.0.7:5050",
            "10.0.0.-1",
        ),
        *("10.0.0.7/", "10.0.0.7/33", "10.0.0.7/-1", "10.0.0.7/24/24", "10.0.0.7/٣", "١٠.0.0.7", "/24", "/"),
        *("10.0.0.7/255.0.255.0", " 10.0.0.7", "10.0.0.7 ", "10.0.0.0/24\n", "10.0.0.7\x00", "10.0.0.0 /24"),
        *("10.0.0.7%eth0.1.x:y", "10%eth0.0.0.7", "%eth0", "1%e0.0.0.7"),
        *("[::1]", ":", "::1::", "::g", "::1/129", "::1/x", "1:2:3:4:5:6:7:8:9", "::ffff:10.0.0.256"),
        *("::ffff:10.0.0.7/24", "::ffff:10.0.0.7/95", "::ffff:0:0/0"),  # below 96 bits: all that there is
        *("fe80::1%", "fe80::1%a%b", "fe80::1%é", "fe80::%a\nb/64", "fe80::%\x1b/64", "fe80::1/64%eth0%eth1"),
        *("9" * 4000 + ".0.0.1", "10.0.0.7/" + "9" * 4000, ":" * 4000),
    ],
)
def test_what_is_none_is_a_sentence(word: str) -> None:
    with pytest.raises(ChatError) as caught:
        parse_range(word)
    assert (caught.value.code, caught.value.text) == (
        Code.BAD_ADDRESS,
        "that is no address; please write one like 10.0.0.7, or a range like 10.0.0.0/24",
    )


@given(st.ip_addresses(), st.integers(0, 128))
def test_a_range_is_that_of_the_standard_library(address: IPv4Address | IPv6Address, bits: int) -> None:
    if bits <= address.max_prefixlen and getattr(address, "ipv4_mapped", None) is None:
        assert parse_range(f"*@{address}/{bits}") == ip_network((address, bits), strict=False)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_of_ipv4_in_one_of_ipv6_is_that_of_ipv4(address: IPv4Address, bits: int) -> None:
    assert parse_range(f"::ffff:{address}/{bits + 96}") == ip_network((address, bits), strict=False)


@given(st.text())
def test_nothing_but_an_address_gets_into_a_range(word: str) -> None:
    for each in (word, f"fe80::%{word}/64", f"10.0.0.0/{word}"):
        try:
            shown = str(parse_range(each))
        except ChatError:
            continue
        assert set(shown) <= set("0123456789abcdef.:/")


@given(st.text(LATER))
@example("dead_beef")
@example("fe80")
def test_no_name_looks_like_one(name: str) -> None:
    assert not looks_like_address(name)
