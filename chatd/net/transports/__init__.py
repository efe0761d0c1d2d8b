"""How bytes come: a transport is a module here and a row of the table, keyed by URI scheme."""

from typing import Final

from chatd.net.transports import tcp, unix
from chatd.net.transports.contract import Listen, Listener, Transport

SCHEMES: Final[dict[str, Listen]] = {"tcp": tcp.listen, "unix": unix.listen}

__all__ = ["SCHEMES", "Listener", "Transport"]
