"""By which names and addresses this machine may be reached, as far as it knows."""

import fcntl
import socket
import struct
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Final

#: netdevice(7): gives the IPv4 address of an interface, in a struct of 40 bytes that begins with its name.
_SIOCGIFADDR: Final = 0x8915
_REQUEST: Final = struct.Struct("16s4x4s16x")
#: proc(5): an interface's IPv6 address a line, as 32 digits in hex.
_IPV6: Final = Path("/proc/net/if_inet6")


def own_addresses() -> list[IPv4Address | IPv6Address]:
    """Those of its interfaces, without those that are good on one wire only (link-local)."""
    found: list[IPv4Address | IPv6Address] = [*_ipv4(), *_ipv6()]
    return [address for address in dict.fromkeys(found) if not address.is_link_local]


def _ipv4() -> Iterator[IPv4Address]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            with suppress(OSError):  # it has none
                answer = fcntl.ioctl(sock, _SIOCGIFADDR, _REQUEST.pack(name.encode(), b""))
                yield IPv4Address(_REQUEST.unpack(answer)[1])


def _ipv6() -> Iterator[IPv6Address]:
    with suppress(OSError):  # the system has no IPv6
        for line in _IPV6.read_text().splitlines():
            yield IPv6Address(bytes.fromhex(line[:32]))
