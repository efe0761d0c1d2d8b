"""How bytes come: a transport is a module here and a row of the table, keyed by URI scheme."""

from typing import Final

from chatd.net.transports import tcp
from chatd.net.transports.contract import Scheme, Transport

SCHEMES: Final[dict[str, Scheme]] = {"tcp": Scheme(tcp.listen, tcp.TcpTransport)}

__all__ = ["SCHEMES", "Scheme", "Transport"]
