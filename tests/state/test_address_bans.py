"""Which ranges of addresses an address is in."""

import pytest

from chatd.protocol.address_ranges import parse_range
from chatd.state.address_bans import AddressRanges

NAMES = (
    "10.0.0.0/8",
    "10.0.0.0/24",
    "10.0.2.0/24",
    "10.0.0.7",
    "2001:db8::/32",
    "2001:db8::7",
    "0.0.0.0/0",
    "::/0",
)


def ranges() -> AddressRanges:
    these = AddressRanges()
    for name in NAMES:
        these.add(parse_range(name), name)
    return these


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("10.0.0.7", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.7"]),
        ("10.0.0.8", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24"]),
        ("10.1.0.0", ["0.0.0.0/0", "10.0.0.0/8"]),
        ("11.0.0.0", ["0.0.0.0/0"]),
        ("::ffff:10.0.0.8", ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24"]),
        ("[2001:db8::7]", ["::/0", "2001:db8::/32", "2001:db8::7"]),
        ("[2001:db8:ffff::%eth0]", ["::/0", "2001:db8::/32"]),
        ("2001:db9::", ["::/0"]),
        ("", []),
        ("somewhere", []),
        ("10.0.0.256", []),
        ("a.b.c.d", []),
    ],
)
def test_the_widest_comes_first(address: str, found: list[str]) -> None:
    assert ranges().find(address) == found


def test_without_any_none_is_found() -> None:
    these = ranges()
    for name in NAMES:
        these.remove(parse_range(name))
    assert these.find("10.0.0.7") == []
    assert AddressRanges().find("10.0.0.7") == []
