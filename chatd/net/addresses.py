"""Whether an address belongs to the public network.

What is sent to an address that somebody else chose must not reach this machine or its neighbours: services
that take whoever is near for a friend, and the metadata of cloud machines at 169.254.169.254. Python's
`is_global` follows IANA's registries; what it leaves open, or says differently in different versions, stands
here: an address of IPv6 that stands for one of IPv4 is judged as that, or refused.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

#: Multicast, and the relays of 6to4.
_REFUSED: Final = tuple(map(ip_network, ("224.0.0.0/4", "192.88.99.0/24", "192.0.0.0/24")))
#: All that is global unicast (RFC 4291), and what of it leads to addresses of IPv4 (Teredo, 6to4) or is for
#: documentation.
_UNICAST: Final = IPv6Network("2000::/3")
_REFUSED_6: Final = tuple(map(ip_network, ("2001::/32", "2002::/16", "2001:db8::/32", "3fff::/20")))
#: The last 32 bits of these are an address of IPv4: mapped, and of NAT64 (RFC 6052).
_IPV4_INSIDE: Final = tuple(map(IPv6Network, ("::ffff:0:0/96", "64:ff9b::/96")))


def is_public(word: str) -> bool:
    """Of an address in numbers. What is none is not."""
    try:
        address = ip_address(word)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if not any(address in network for network in _IPV4_INSIDE):
            within = address in _UNICAST and not any(address in network for network in _REFUSED_6)
            return within and address.is_global
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not any(address in network for network in _REFUSED)
