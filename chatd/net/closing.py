"""The end of a connection, as TCP wants it.

Our side is closed first; then what the client still sends is read and dropped, since unread input would turn
the close into a reset, and may cost it our last words. That is done for a while, and for so many bytes.
"""

from collections.abc import Callable
from typing import Final

from gevent import Timeout

from chatd.net.flusher import Flusher
from chatd.net.pacing import ALIVE_INTERVAL
from chatd.net.receiving import RECEIVE
from chatd.net.transports import Transport
from chatd.net.yielding import give_way
from chatd.protocol.limits import Limits
from chatd.state.sessions import Session, SessionState

#: How often it is checked whether a client has taken its last words, when the server goes down.
_HURRY_INTERVAL: Final = 0.02


def finish(
    session: Session, transport: Transport, flusher: Flusher, limits: Limits, lingers: Callable[[], bool]
) -> bool:
    """Write what waits, within `limits.leave_time`, then close our side; whether all was written, as far as
    the other side's acknowledgement tells. While `lingers()`, wait for the client to close its side, too;
    else return once TCP has acknowledged everything."""
    flusher.write_now(session)  # a round may take long under load, and meanwhile the socket would be open
    with Timeout(limits.leave_time, False):  # type: ignore[arg-type]  # as documented
        while session.outbox.waiting:
            flusher.wait(session)
        if session.state is SessionState.LEAVING:
            transport.shutdown()
            return drop_input(transport, limits.dropped, lingers)
    return False


def drop_input(transport: Transport, most: int, lingers: Callable[[], bool]) -> bool:
    """Read and drop what comes, for as long as `finish` says; of who just goes on sending no more than `most`
    bytes, which has got our last words by then, or never reads them."""
    while True:
        try:
            data = transport.receive(RECEIVE)
        except BlockingIOError:
            if not lingers() and not transport.unacknowledged():
                return True
            transport.wait_readable(ALIVE_INTERVAL if lingers() else _HURRY_INTERVAL)
            continue
        if not data:
            return True
        most -= len(data)
        if most < 0:
            return not transport.unacknowledged()
        give_way()
