"""Ranges of addresses, as bans name them: `10.0.0.7`, `10.0.0.0/24`, `2001:db8::/64`; with `*@` before, or
without."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from chatd.protocol.errors import ChatError, Code

AddressRange = IPv4Network | IPv6Network


def looks_like_address(word: str) -> bool:
    """Whether it is meant as an address or a range: no name has such characters."""
    return word.startswith("*@") or "." in word or ":" in word or "/" in word


def parse_range(word: str) -> AddressRange:
    """Raises ChatError. Bits behind the prefix do not matter, and an address of IPv4 that is written as one
    of IPv6 is one of IPv4."""
    try:
        found = ip_network(word.removeprefix("*@"), strict=False)
    except ValueError:
        raise ChatError(
            Code.BAD_ADDRESS,
            "that is no address; please write one like 10.0.0.7, or a range like 10.0.0.0/24",
        ) from None
    if isinstance(found, IPv6Network) and found.prefixlen >= 96:
        inner = found.network_address.ipv4_mapped
        if inner is not None:
            return IPv4Network((inner, found.prefixlen - 96))
    return found
