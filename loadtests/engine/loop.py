"""The event loop of the load generator: epoll over raw sockets."""

import socket
from collections.abc import Callable
from select import EPOLLIN
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.system import original
from loadtests.measure.errors import Fault

_epoll: Final = original("select", "epoll")
_select: Final = original("select", "select")
#: Events handled in one turn; between two turns the talkers send what is due.
_BATCH: Final = 64


def block(fd: int, seconds: float) -> None:
    """Wait until `fd` is readable. epoll's own timeout counts whole milliseconds, too coarse for latencies of
    a few; select's counts microseconds."""
    _select([fd], [], [], seconds)


class Loop:
    """epoll over raw sockets, with a handler for each. `wait` is how all loops of this process wait: where
    other code runs in the process, as under locust, it is replaced by one that yields to that code."""

    wait: ClassVar[Callable[[int, float], None]] = staticmethod(block)

    def __init__(self) -> None:
        # Created before any client, so that its descriptor is below the limit (1,024) of select().
        self._epoll = _epoll()
        self._handlers: dict[int, Callable[[], None]] = {}

    def watch(self, sock: socket.socket, handler: Callable[[], None]) -> None:
        """From now on call `handler` whenever `sock` is readable."""
        if sock.fileno() not in self._handlers:
            self._epoll.register(sock.fileno(), EPOLLIN)
        self._handlers[sock.fileno()] = handler

    def forget(self, sock: socket.socket) -> None:
        """Stop watching the socket."""
        if self._handlers.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())

    def turn(self, wait: float) -> None:
        """Handle the sockets that are readable now, or become so within `wait` seconds."""
        if wait > 0:
            Loop.wait(self._epoll.fileno(), wait)
        for fd, _ in self._epoll.poll(0, _BATCH):
            self._handlers[fd]()

    def until(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Turn until `done`; after `seconds` raise a Fault that says `what` is missing."""
        deadline = monotonic() + seconds
        while not done():
            if monotonic() > deadline:
                raise Fault(f"after {max(seconds, 0):.0f} s: {what()}")
            self.turn(0.05)

    def close(self) -> None:
        self._epoll.close()
