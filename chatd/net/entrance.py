"""Who may come in: what is asked when a connection was accepted, before anything is spent on it."""

import contextlib
from typing import Final

from chatd.net.logs import log
from chatd.net.proxies import NoHeader, Proxies
from chatd.net.repeated import RepeatedWarning
from chatd.net.transports import Transport
from chatd.net.transports.tcp import TcpTransport
from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import Code
from chatd.protocol.events import Error
from chatd.protocol.limits import Limits
from chatd.state.networks import host_of
from chatd.state.server_state import ServerState

_NO_HEADER: Final = TEXT.encode(
    Error(
        code=Code.NOT_ALLOWED,
        text="only a proxy connects from your address, and that begins with a header of the PROXY protocol; "
        "please have it send one, or connect from elsewhere",
    )
)


class Entrance:
    """By the bounds of `state.admission`; `leave` when a connection that came in has ended. A connection of
    a proxy comes in when it is known for whom that speaks."""

    def __init__(self, state: ServerState, proxies: Proxies) -> None:
        self._state: Final = state
        self._proxies: Final = proxies
        self._too_many: Final = RepeatedWarning()
        self._no_header: Final = RepeatedWarning()

    def is_proxy(self, transport: Transport) -> bool:
        """Whether it says for whom it speaks."""
        return self._proxies.is_one(transport.peer)

    def take_header(self, transport: Transport) -> bool:
        """Wait until a proxy has said for whom it speaks, and let that one in; False when it was closed
        instead. Raises OSError."""
        assert isinstance(transport, TcpTransport)
        proxy = transport.peer
        try:
            self._proxies.take_header(transport)
        except NoHeader as error:
            self._no_header.warn("a connection of the proxy %s was closed: %s", proxy, error)
            turn_away(transport, _NO_HEADER, self._state.limits)
            return False
        log.debug("%s passes on %s", proxy, transport.peer)
        return self.enter(transport)

    def enter(self, transport: Transport) -> bool:
        """Whether its address may have one more connection, which counts from now on; else it is told when it
        may, and closed."""
        refused = self._state.admission.enter(host_of(transport.peer), self._state.now())
        if refused is None:
            return True
        self._too_many.warn("%s was turned away: %s", transport.peer, refused)
        turn_away(transport, TEXT.encode(Error(code=Code.TOO_MANY, text=refused)), self._state.limits)
        return False

    def failed(self, transport: Transport) -> None:
        """Its handshake came to nothing."""
        state = self._state
        state.admission.failed(host_of(transport.peer), state.limits.handshake_cost, state.now())

    def leave(self, address: str) -> None:
        """One that came in has ended."""
        self._state.admission.leave(address, self._state.now())

    def stop(self) -> None:
        self._too_many.stop()
        self._no_header.stop()


def turn_away(transport: Transport, why: bytes, limits: Limits) -> None:
    """Send one line and no more, and close: an empty socket buffer takes it at once. What the client has
    sent by now is read, since unread input would turn the close into a reset, and cost it the line."""
    with contextlib.closing(transport), contextlib.suppress(OSError):
        transport.send(why)
        transport.receive(limits.line)
