"""Ranges of addresses, as bans name them: `10.0.0.7`, `10.0.0.0/24`, `2001:db8::/64`; with `*@` before, or
without."""

import re
from ipaddress import IPv4Network, IPv6Interface, IPv6Network, ip_interface
from typing import Final

from chatd.protocol.errors import ChatError, Code

AddressRange = IPv4Network | IPv6Network

#: The network card of this machine by which a link-local address is reached, as in `fe80::1%eth0`. It says
#: nothing of whose the address is; and as it is free text, it would get into what everyone reads.
_ZONE: Final = re.compile(r"%[A-Za-z0-9_.-]+")
#: Bits of an address of IPv6 before the one of IPv4 that is written in it: `::ffff:10.0.0.7`.
_MAPPED: Final = 96


def looks_like_address(word: str) -> bool:
    """Whether it is meant as an address or a range: no name has such characters."""
    return word.startswith("*@") or "." in word or ":" in word or "/" in word


def parse_range(word: str) -> AddressRange:
    """Raises ChatError. Bits behind the prefix do not matter, and an address of IPv4 that is written as one
    of IPv6 is one of IPv4."""
    try:
        found = ip_interface(_ZONE.sub("", word.removeprefix("*@"), count=1))
        if isinstance(found, IPv6Interface):
            inner = found.ip.ipv4_mapped
            if inner is not None:  # below 96 bits it is a range of all that there is
                return IPv4Network((inner, found.network.prefixlen - _MAPPED), strict=False)
            if found.scope_id is not None:
                raise ValueError("a zone that is none")
        return found.network
    except ValueError:
        raise ChatError(
            Code.BAD_ADDRESS,
            "that is no address; please write one like 10.0.0.7, or a range like 10.0.0.0/24",
        ) from None
