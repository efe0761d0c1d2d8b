"""One send to each client, without blocking: all that waits for it."""

from collections.abc import Callable

from chatd.net.draining import FAILED
from chatd.net.logs import log
from chatd.net.os_errors import cause_of
from chatd.protocol.dialects.contract import Dialect
from chatd.protocol.events import Cause, Mark
from chatd.state.memberships import InStep
from chatd.state.outbox import KEEPING_UP
from chatd.state.rows import ReaderRow
from chatd.state.sessions import Session


def write(session: Session, now: Callable[[], float], mark: Callable[[Session], int] | None = None) -> bool:
    """Everything that waits for one client, in one send; False when the socket did not take all, and a drain
    is to go on. Whoever has a drain already is not written to here, but what arrived moves to its backlog.
    `mark` is called for one that is in several rooms, when all that they said is in its outbox, and returns
    how many bytes it added; they are taken back where the socket did not take all before them, since some of
    that may be skipped."""
    session.catch_up()
    outbox = session.outbox
    if outbox.flow is not KEEPING_UP:
        outbox.move_to_backlog()
        return True
    size = marked = 0
    if session.in_several_rooms and mark is not None:
        marked = session.marked
        size = mark(session)
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
    if size and sent <= len(data) - size:
        outbox.take_back(size)
        session.marked = marked
    outbox.fall_behind(sent, now())
    return False


class RoundWriter:
    """Writes to rows of clients. `newest` is the id of the last entry that was published. `behind` is called
    with a client that a drain is to go on with; one that cannot be written to is ended (MUST 4)."""

    def __init__(
        self, now: Callable[[], float], newest: Callable[[], int], behind: Callable[[Session], None]
    ) -> None:
        self._now = now
        self._newest = newest
        self._behind = behind
        self._marks: dict[Dialect, bytes] = {}  # that of the id ...
        self._marked = 0

    def _mark(self, session: Session) -> int:
        """Tell one in several rooms up to where it has everything: of these each is in order, but not what
        two of them said. Who only gets answers is told nothing new."""
        newest = self._newest()
        if newest == session.marked or session.dialect.typed or not session.outbox.queued:
            return 0
        if newest != self._marked:
            self._marks.clear()
            self._marked = newest
        mark = self._marks.get(session.dialect)
        if mark is None:
            mark = self._marks[session.dialect] = session.dialect.encode_for(session, Mark(id=newest))
        session.marked = newest
        session.outbox.post(mark)
        return len(mark)

    def write_row(self, row: ReaderRow) -> None:
        """One send to each of them."""
        step = row.in_step
        if step is not None and self._write_in_step(step, row):
            return
        now, mark = self._now, self._mark
        for session in row.sessions:
            try:
                if not write(session, now, mark):
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
