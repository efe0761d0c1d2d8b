"""One send to each client, without blocking: all that waits for it."""

from collections.abc import Callable

from chatd.net.draining import FAILED
from chatd.net.logs import log
from chatd.net.os_errors import cause_of
from chatd.protocol.events import Cause
from chatd.state.memberships import InStep
from chatd.state.outbox import KEEPING_UP
from chatd.state.rows import ReaderRow
from chatd.state.sessions import Session


def write(session: Session, now: Callable[[], float]) -> bool:
    """Everything that waits for one client, in one send; False when the socket did not take all, and a drain
    is to go on. Whoever has a drain already is not written to here, but what arrived moves to its backlog."""
    session.catch_up()
    outbox = session.outbox
    if outbox.flow is not KEEPING_UP:
        outbox.move_to_backlog()
        return True
    data = outbox.joined()
    if not data:
        return True  # the queue is empty: nothing without bytes is ever added
    try:
        sent = outbox.send(data)
    except BlockingIOError:
        sent = 0
    if sent == len(data):
        outbox.taken()
        return True
    outbox.fall_behind(sent, now())
    return False


class RoundWriter:
    """Writes to rows of clients. `behind` is called with a client that a drain is to go on with; one that
    cannot be written to is ended (MUST 4)."""

    def __init__(self, now: Callable[[], float], behind: Callable[[Session], None]) -> None:
        self._now = now
        self._behind = behind

    def write_row(self, row: ReaderRow) -> None:
        """One send to each of them."""
        step = row.in_step
        if step is not None and self._write_in_step(step, row):
            return
        for session in row.sessions:
            try:
                if not write(session, self._now):
                    self._behind(session)
            except OSError as error:
                session.connection.broken(cause_of(error, data_waits=False))
            except Exception:
                log.exception(FAILED, session.nick)
                session.connection.broken(Cause.ERROR)
        row.form()

    def _write_in_step(self, step: InStep, row: ReaderRow) -> bool:
        """The same to all of them; False where that ended at one of them: what was written is noted, and for
        the others everything still waits."""
        if step.cursor == step.feed.end:
            return True
        data = step.feed.since(step.cursor).data
        size = sent = len(data)
        cause = None
        # As little as can be for each: between two sends the kernel has emptied the processor's caches.
        try:
            for send in step.sends:
                sent = send(data)
                if sent != size:
                    break
        except BlockingIOError:
            sent = 0
        except OSError as error:
            cause = cause_of(error, data_waits=False)
        except Exception:
            log.exception(FAILED, row.sessions[step.sends.index(send)].nick)
            cause = Cause.ERROR
        if sent == size and cause is None:
            step.cursor = step.feed.end
            return True
        served = step.sends.index(send)
        session = row.sessions[served]
        step.break_up(served)
        session.catch_up()
        if cause is None:
            session.outbox.fall_behind(sent, self._now())
            self._behind(session)
        else:
            session.connection.broken(cause)
        return False
