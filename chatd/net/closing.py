"""The end of a connection, as TCP wants it.

Our side is closed first; then what the client still sends is read and dropped, since unread input would turn
the close into a reset, and cost it our last words.
"""

from collections.abc import Callable
from typing import Final

from gevent import Timeout

from chatd.net.flusher import Flusher
from chatd.net.pacing import ALIVE_INTERVAL
from chatd.net.reading import RECEIVE
from chatd.net.transports import Transport
from chatd.net.yielding import give_way
from chatd.state.sessions import Session, SessionState

#: How often it is checked whether a client has taken its last words, when the server goes down.
_HURRY_INTERVAL: Final = 0.02


def finish(
    session: Session, transport: Transport, flusher: Flusher, leave_time: float, lingers: Callable[[], bool]
) -> bool:
    """Write what waits, within `leave_time` seconds, then close our side; whether all was written, as far as
    the other side's acknowledgement tells. While `lingers()`, wait for the client to close its side, too;
    else return once TCP has acknowledged everything."""
    with Timeout(leave_time, False):  # type: ignore[arg-type]  # as documented
        while session.outbox.waiting:
            flusher.wait(session)
        if session.state is SessionState.LEAVING:
            transport.shutdown()
            while _drop_input(transport) and (lingers() or transport.unacknowledged()):
                transport.wait_readable(ALIVE_INTERVAL if lingers() else _HURRY_INTERVAL)
            return True
    return False


def _drop_input(transport: Transport) -> bool:
    """Read and drop what there is; False when the client closed its side."""
    try:
        while transport.receive(RECEIVE):
            give_way()
    except BlockingIOError:
        return True
    return False
