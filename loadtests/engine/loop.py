"""epoll over raw sockets: the loop that everything of the generator turns in."""

import socket
from collections.abc import Callable
from select import EPOLLIN
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.stream import Fault
from loadtests.engine.system import original

_epoll: Final = original("select", "epoll")
_select: Final = original("select", "select")
#: Events taken at a time: between two such batches the talkers get their turn.
_BATCH: Final = 64


def block(fd: int, seconds: float) -> None:
    """Wait until there is something to read at `fd`. epoll's own timeout counts whole milliseconds, too
    coarse for latencies of a few; select's counts microseconds."""
    _select([fd], [], [], seconds)


class Loop:
    """epoll over raw sockets, with a handler for each. `wait` is how all loops of this process wait: where
    others live in it, as under locust, it is set to one that gives way to them."""

    wait: ClassVar[Callable[[int, float], None]] = staticmethod(block)

    def __init__(self) -> None:
        # Created before any client, so that its descriptor is one that select() takes.
        self._epoll = _epoll()
        self._handlers: dict[int, Callable[[], None]] = {}

    def watch(self, sock: socket.socket, handler: Callable[[], None]) -> None:
        """Call `handler` when `sock` has something, from now on."""
        if sock.fileno() not in self._handlers:
            self._epoll.register(sock.fileno(), EPOLLIN)
        self._handlers[sock.fileno()] = handler

    def forget(self, sock: socket.socket) -> None:
        """Do not read from it any more."""
        if self._handlers.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())

    def turn(self, wait: float) -> None:
        """Handle what is there, or comes within `wait` seconds."""
        if wait > 0:
            Loop.wait(self._epoll.fileno(), wait)
        for fd, _ in self._epoll.poll(0, _BATCH):
            self._handlers[fd]()

    def until(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Turn until `done`; raise Fault with `what` is missing after `seconds`."""
        deadline = monotonic() + seconds
        while not done():
            if monotonic() > deadline:
                raise Fault(f"after {max(seconds, 0):.0f} s: {what()}")
            self.turn(0.05)

    def close(self) -> None:
        self._epoll.close()
