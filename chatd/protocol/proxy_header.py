"""The PROXY protocol, versions 1 and 2: with which address a proxy vouches for whom it passes on.

One header comes before all else (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt). Version 1 is a
line of text, version 2 is binary; of what a header holds behind the addresses (TLVs) it only matters whether
the client spoke TLS with the proxy. Where a proxy speaks for itself, as in its health checks (LOCAL), or does
not know an address (UNKNOWN, AF_UNSPEC, AF_UNIX), the address of the connection itself counts.

It is as strict as the specification asks: what is not understood to the last byte is no header, since a
reader that guesses could be told another's address.
"""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from chatd.protocol.limits import DEFAULT

_V1: Final = b"PROXY "
_V2: Final = b"\r\n\r\n\0\r\nQUIT\n"
#: A line of version 1 with its end (2.1), and the bytes of version 2 before the addresses (2.2).
_LONGEST_LINE: Final = 107
_HEAD: Final = 16

_VERSION: Final = 0x20
_LOCAL: Final = 0
_PROXY: Final = 1
#: The first word of version 1 behind PROXY; bytes of an address in version 2, by what stands before it.
_Kind = type[IPv4Address] | type[IPv6Address]
_BY_WORD: Final[dict[bytes, _Kind]] = {b"TCP4": IPv4Address, b"TCP6": IPv6Address}
_BY_SIZE: Final[dict[int, _Kind]] = {4: IPv4Address, 16: IPv6Address}
_SIZES: Final = {
    0x00: 0,  # AF_UNSPEC
    0x11: 4,  # IPv4, as a stream or ...
    0x12: 4,  # ... datagrams
    0x21: 16,
    0x22: 16,
    0x31: 108,  # AF_UNIX
    0x32: 108,
}
_PORT: Final = 2
#: Of a TLV the bytes before its value; the type of the one about TLS, and the bit for a client that spoke it.
_TLV: Final = 3
_SSL: Final = 0x20
_CLIENT_SSL: Final = 0x01
_LAST_PORT: Final = 65535


class BadProxyHeader(ValueError):
    """What came is no header; the text says why, for the log."""


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """`size` bytes are to be taken off; `source` is the client's address and port, None where that of the
    connection counts. `encrypted`: the client spoke TLS with the proxy."""

    size: int
    source: tuple[str, int] | None
    encrypted: bool = False


def parse_proxy_header(start: bytes) -> ProxyHeader | None:
    """The header with which a connection begins, of which `start` came; None while more of it has to come,
    which is a few bytes at least. Raises BadProxyHeader."""
    if start.startswith(_V1):
        return _line(start)
    if start.startswith(_V2):
        return _binary(start)
    if _V1.startswith(start) or _V2.startswith(start):
        return None
    raise BadProxyHeader("it does not begin with a PROXY header")


def _line(start: bytes) -> ProxyHeader | None:
    line, end, _ = start[:_LONGEST_LINE].partition(b"\r\n")
    if not end:
        if len(start) >= _LONGEST_LINE or b"\n" in line or b"\r" in line[:-1]:
            raise BadProxyHeader("its PROXY line has no end")
        return None
    size = len(line) + len(end)
    match line.removeprefix(_V1).split(b" "):
        case [b"UNKNOWN", *_]:
            return ProxyHeader(size, None)
        case [word, source, target, source_port, target_port] if word in _BY_WORD:
            kind = _BY_WORD[word]
            _address(kind, target)
            _port(target_port)
            return ProxyHeader(size, (_address(kind, source), _port(source_port)))
        case _:
            raise BadProxyHeader("its PROXY line is not understood")


def _address(kind: _Kind, word: bytes) -> str:
    try:
        return _shown(kind(word.decode("ascii")))
    except (AddressValueError, UnicodeDecodeError) as error:
        raise BadProxyHeader("its PROXY line has an address that is none") from error


def _port(word: bytes) -> int:
    if not word.isdigit() or (word.startswith(b"0") and word != b"0") or len(word) > len(str(_LAST_PORT)):
        raise BadProxyHeader("its PROXY line has a port that is none")
    port = int(word)
    if port > _LAST_PORT:
        raise BadProxyHeader("its PROXY line has a port that is none")
    return port


def _shown(address: IPv4Address | IPv6Address) -> str:
    """An address of IPv4 that is written as one of IPv6 is one of IPv4."""
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            raise BadProxyHeader("its PROXY line has an address with a zone")
        return str(address.ipv4_mapped or address)
    return str(address)


def _binary(start: bytes) -> ProxyHeader | None:
    if len(start) < _HEAD:
        return None
    command, family = start[len(_V2)], start[len(_V2) + 1]
    length = int.from_bytes(start[len(_V2) + 2 : _HEAD], "big")
    if command not in (_VERSION | _LOCAL, _VERSION | _PROXY):
        raise BadProxyHeader(f"its PROXY header has an unknown version or command, {command:#04x}")
    if length > DEFAULT.proxy_header:
        raise BadProxyHeader(f"its PROXY header has {length} bytes, which is too long")
    if command == _VERSION | _PROXY:
        if family not in _SIZES:
            raise BadProxyHeader(f"its PROXY header has an unknown kind of address, {family:#04x}")
        if length < _addresses_of(family):
            raise BadProxyHeader("its PROXY header is too short for its addresses")
    size = _HEAD + length
    if len(start) < size:
        return None
    if command == _VERSION | _LOCAL:
        return ProxyHeader(size, None)
    return ProxyHeader(
        size,
        _source(start[_HEAD:size], family),
        encrypted=_says_tls(start[_HEAD + _addresses_of(family) : size]),
    )


def _addresses_of(family: int) -> int:
    """Bytes of both addresses and, where there are, their ports."""
    size = _SIZES[family]
    return 2 * (size + (_PORT if size in _BY_SIZE else 0))


def _source(data: bytes, family: int) -> tuple[str, int] | None:
    size = _SIZES[family]
    kind = _BY_SIZE.get(size)
    if kind is None:
        return None
    return _shown(kind(data[:size])), int.from_bytes(data[2 * size : 2 * size + _PORT], "big")


def _says_tls(data: bytes) -> bool:
    """Whether there is a TLV which says so (2.2.5)."""
    while len(data) > _TLV:
        size = _TLV + int.from_bytes(data[1:_TLV], "big")
        if data[0] == _SSL and _TLV < size <= len(data):
            return bool(data[_TLV] & _CLIENT_SSL)
        data = data[size:]
    return False
