"""Proxies that say for whom they speak: each connection begins with a header (protocol/proxy_header.py).

Only from addresses that were named: anyone else could say anything. From those a header has to come, too,
since whoever reaches the proxy's network could do without one, and would be the proxy.
"""

from collections.abc import Iterable
from typing import Final

from gevent import Timeout, sleep

from chatd.net.transports.tcp import TcpTransport
from chatd.protocol.address_ranges import AddressRange
from chatd.protocol.limits import Limits
from chatd.protocol.proxy_header import BadProxyHeader, ProxyHeader, parse_proxy_header
from chatd.state.address_bans import AddressRanges
from chatd.state.networks import UNIX, host_of

#: Seconds between two looks at a header of which a part came.
_PAUSE: Final = 0.01
#: Bytes of a header before its addresses, of version 2.
_BEGINNING: Final = 16


class NoHeader(OSError):
    """A proxy did not say for whom it speaks."""


class Proxies:
    """Those in `ranges`; `unix` among them is whoever comes over a Unix socket."""

    def __init__(self, ranges: Iterable[AddressRange | str], limits: Limits) -> None:
        self._ranges: Final = AddressRanges()
        self._unix = False
        for network in ranges:
            if isinstance(network, str):
                self._unix = True
            else:
                self._ranges.add(network, str(network))
        self._limits: Final = limits

    def is_one(self, peer: str) -> bool:
        """Whether a connection of `peer` has to begin with a header."""
        host = host_of(peer)
        return self._unix if host == UNIX else bool(self._ranges.find(host))

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
            transport.comes_from(*header.source, header.encrypted)

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
                if transport.input_ended():
                    raise NoHeader("it ended within its PROXY header")
                sleep(_PAUSE)  # a Unix socket does not wait for more than one byte
            header = parse_proxy_header(start)
            if header is not None:
                return header
            came = len(start)
            transport.wait_for_more(came, self._limits.handshake_time)
