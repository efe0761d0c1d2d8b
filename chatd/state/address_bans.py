"""Which range of addresses an address is in, however many ranges there are."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from chatd.protocol.address_ranges import AddressRange

#: An address as a number, and how many bits it has.
_Bits = tuple[int, int]


def _bits_of(address: str) -> _Bits | None:
    """Of an address as a connection has it: with brackets and a zone, or none at all. Nearly all are of IPv4,
    and each join asks: ipaddress takes ten times as long."""
    try:
        if address.count(".") == 3 and ":" not in address:
            return int.from_bytes(map(int, address.split("."))), 32
        found: IPv4Address | IPv6Address = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return int(found), found.max_prefixlen


class AddressRanges:
    """Each range has a name. To look for an address takes a step for each length of prefix there is, of which
    people use a handful."""

    __slots__ = ("_lengths", "_names")

    def __init__(self) -> None:
        self._names: dict[tuple[int, int], dict[int, str]] = {}  # by (bits of an address, length), by prefix
        self._lengths: list[tuple[int, int]] = []  # the former, shortest first

    def add(self, network: AddressRange, name: str) -> None:
        key = network.max_prefixlen, network.prefixlen
        self._names.setdefault(key, {})[_prefix(network)] = name
        self._lengths = sorted(self._names)

    def remove(self, network: AddressRange) -> None:
        key = network.max_prefixlen, network.prefixlen
        names = self._names[key]
        del names[_prefix(network)]
        if not names:
            del self._names[key]
            self._lengths = sorted(self._names)

    def find(self, address: str) -> list[str]:
        """The names of those in which the address is, widest first."""
        if not self._names or (bits := _bits_of(address)) is None:
            return []
        number, size = bits
        found = []
        for of, length in self._lengths:
            if of == size and (name := self._names[of, length].get(number >> (size - length))) is not None:
                found.append(name)
        return found


def _prefix(network: AddressRange) -> int:
    return int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
