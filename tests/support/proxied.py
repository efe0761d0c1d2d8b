"""Headers of the PROXY protocol, version 2, as a proxy makes them."""

from ipaddress import IPv4Address, ip_address
from typing import Final

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
#: The proxy speaks for itself.
LOCAL_HEADER: Final = SIGNATURE + b"\x20\0\0\0"


def binary_header(source: str, port: int, tlvs: bytes = b"") -> bytes:
    """A client of that address, by TCP."""
    address = ip_address(source)
    family = b"\x11" if isinstance(address, IPv4Address) else b"\x21"
    body = 2 * address.packed + port.to_bytes(2, "big") + b"\x13\xba" + tlvs
    return SIGNATURE + b"\x21" + family + len(body).to_bytes(2, "big") + body
