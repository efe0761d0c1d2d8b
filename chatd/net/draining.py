"""The drain of one client: it writes what a short write left over, whenever the socket takes more."""

from collections.abc import Callable
from typing import Any, Final

from gevent import get_hub
from gevent.event import Event

from chatd.net import libev
from chatd.net.logs import log
from chatd.net.os_errors import cause_of
from chatd.protocol.events import Cause
from chatd.state.brake import ReaderPace
from chatd.state.outbox import Flow
from chatd.state.sessions import Session

#: What a drain offers the socket at a time: about what its buffer holds.
_DRAIN_SIZE = 128 * 1024
#: Our mistake, at one client's expense only (MUST 4).
FAILED: Final = "an error while writing to %s; the connection is closed"


def pulse(event: Event) -> None:
    """Wake all who wait now, and nobody later."""
    event.set()
    event.clear()


class Drain:
    """Writes the backlog of one client whenever its socket is writable, until it is empty: then `done` is
    called. A watcher, not a greenlet: a thousand frozen readers need no stacks. `moved` is pulsed when
    something was written, `pace` is how fast the client takes it."""

    __slots__ = ("_done", "_event", "_now", "_session", "_watcher", "moved", "pace")

    def __init__(self, session: Session, now: Callable[[], float], done: Callable[[Session], None]) -> None:
        self._session = session
        self._now = now
        self._done = done
        self.moved = Event()
        self.pace = ReaderPace(now())
        self._watcher = self._watch()

    def _watch(self) -> Any:
        """Wait for what the transport needs to send."""
        connection = self._session.connection
        self._event = libev.READ if connection.send_needs_input else libev.WRITE
        watcher = get_hub().loop.io(connection.fileno(), self._event)
        watcher.start(self.write)
        return watcher

    def write(self) -> None:
        """As much as the socket takes now."""
        session, outbox = self._session, self._session.outbox
        try:
            session.advance(outbox.send(outbox.backlog.head(_DRAIN_SIZE)), self._now())
        except BlockingIOError:
            pass
        except OSError as error:
            session.connection.broken(cause_of(error, data_waits=True))
            return
        except Exception:
            log.exception(FAILED, session.nick)
            session.connection.broken(Cause.ERROR)
            return
        if outbox.flow is Flow.KEEPING_UP:
            self._done(session)
            return
        if session.connection.send_needs_input is not (self._event == libev.READ):
            self._unwatch()
            self._watcher = self._watch()
        pulse(self.moved)

    def _unwatch(self) -> None:
        self._watcher.stop()
        self._watcher.close()

    def stop(self) -> None:
        self._unwatch()
        self.moved.set()
