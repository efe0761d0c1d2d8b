"""Proxies that say for whom they speak: each connection begins with a header (protocol/proxy_header.py).

Only from addresses that were named: anyone else could say anything. From those a header has to come, too,
since whoever reaches the proxy's network could do without one, and would be the proxy.
"""

from collections.abc import Iterable
from typing import Final

from gevent import Timeout

from chatd.net.transports.tcp import TcpTransport
from chatd.protocol.address_ranges import AddressRange
from chatd.protocol.limits import Limits
from chatd.protocol.proxy_header import BadProxyHeader, ProxyHeader, parse_proxy_header
from chatd.state.address_bans import AddressRanges
from chatd.state.networks import host_of

#: Bytes of a header before its addresses, of version 2.
_BEGINNING: Final = 16


class NoHeader(OSError):
    """A proxy did not say for whom it speaks."""


class Proxies:
    """Those in `ranges`."""

    def __init__(self, ranges: Iterable[AddressRange], limits: Limits) -> None:
        self._ranges: Final = AddressRanges()
        for network in ranges:
            self._ranges.add(network, str(network))
        self._limits: Final = limits

    def is_one(self, peer: str) -> bool:
        """Whether a connection of `peer` has to begin with a header."""
        return bool(self._ranges.find(host_of(peer)))

    def take_header(self, transport: TcpTransport) -> None:
        """Take it off, and make the transport that of whom the proxy speaks for; not a byte more is taken.
        Raises OSError."""
        try:
            with Timeout(self._limits.handshake_time, NoHeader("no PROXY header came in time")):
                header = self._header(transport)
        except BadProxyHeader as error:
            raise NoHeader(str(error)) from error
        transport.receive(header.size)
        if header.source is not None:
            transport.comes_from(*header.source)

    def _header(self, transport: TcpTransport) -> ProxyHeader:
        most = _BEGINNING + self._limits.proxy_header
        came = -1
        while True:
            try:
                start = transport.peek(most)
            except BlockingIOError:
                transport.wait_for_input(None)
                continue
            if not start:
                raise ConnectionAbortedError  # it only looked whether we are there
            if len(start) == came:
                raise NoHeader("it ended within its PROXY header")
            header = parse_proxy_header(start)
            if header is not None:
                return header
            came = len(start)
            transport.wait_for_more(came, self._limits.handshake_time)
