"""Whose an address is, as far as what it may do is counted by address."""

from typing import Final

#: In place of an address, of who comes over a Unix socket; its uid stands in place of the port.
UNIX: Final = "unix"


def host_of(peer: str) -> str:
    """The address in `ADDRESS:PORT`."""
    return peer.rpartition(":")[0]


def network_of(address: str) -> str:
    """The address itself; of IPv6, with or without brackets, its first 64 bits: a customer has all of those
    addresses at least (RFC 6177), and would be as many as it likes."""
    host = address.strip("[]").partition("%")[0]
    if ":" not in host:
        return host
    if "." in host:  # an address of IPv4 that is written as one of IPv6
        return host.rpartition(":")[2]
    head, gap, tail = host.partition("::")
    groups = head.split(":") if head else []
    if gap:
        behind = tail.split(":") if tail else []
        groups += ["0"] * (8 - len(groups) - len(behind)) + behind
    return ":".join(groups[:4]) + "::/64"
