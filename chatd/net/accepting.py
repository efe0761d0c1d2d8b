"""From a listening socket to connections: a greenlet for each listener.

gevent's StreamServer is not used: an error of `accept` (no descriptors left, for example) it prints to stderr
with a traceback, each time, and a client gets a greenlet before anyone can say that it is one too many.
"""

from collections.abc import Callable
from typing import Final

import gevent

from chatd.net.logs import log
from chatd.net.repeated import RepeatedWarning
from chatd.net.transports import Listener, Transport
from chatd.net.yielding import give_way

#: Seconds to wait after an error: the first time, and at most, when it does not go away.
_SHORTEST: Final = 0.01
_LONGEST: Final = 1.0


class Acceptor:
    """From `start` to `stop`, which closes the listening socket. Each connection is handed to `admit`, which
    must not wait; after `accepts` of them everyone else has a turn, until `settled()`."""

    def __init__(
        self,
        listener: Listener,
        admit: Callable[[Transport], None],
        settled: Callable[[], bool],
        accepts: int,
        failures: RepeatedWarning,
    ) -> None:
        self._listener = listener
        self._admit = admit
        self._settled = settled
        self._accepts = accepts
        self._failures = failures
        self._greenlet = gevent.Greenlet(self._run)

    def start(self) -> None:
        self._greenlet.start()

    def stop(self) -> None:
        """Does not wait."""
        self._greenlet.kill(block=False)
        self._listener.close()

    def _run(self) -> None:
        pause = _SHORTEST
        while self._listener.sock.fileno() >= 0:
            try:
                for _ in range(self._accepts):
                    self._accept()
                    pause = _SHORTEST
            except OSError as error:
                self._failures.warn("cannot accept connections: %s", error.strerror or error)
                gevent.sleep(pause)
                pause = min(2 * pause, _LONGEST)
            give_way()
            while not self._settled():
                give_way()

    def _accept(self) -> None:
        """The next connection; waits for it. Raises OSError."""
        try:
            sock, peer = self._listener.sock.accept()
        except ConnectionAbortedError:
            return  # it is the client that went, meanwhile
        try:
            self._admit(self._listener.accept(sock, peer))
        except Exception:
            log.exception("an error while a connection was accepted; it is closed")
            sock.close()
