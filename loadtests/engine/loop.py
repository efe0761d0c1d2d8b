"""The event loop of the load generator: epoll over raw sockets."""

from collections.abc import Callable, Iterable
from select import EPOLLIN
from time import monotonic
from typing import Final, Protocol, TypeVar

from loadtests.engine.connection import LoadConnection
from loadtests.engine.system import original
from loadtests.measure.errors import Fault

_epoll: Final = original("select", "epoll")
_select: Final = original("select", "select")
#: Events handled in one turn; between two turns the talkers send what is due.
_BATCH: Final = 64

#: select() takes descriptors below this only (FD_SETSIZE in glibc).
_SELECTABLE: Final = 1024

_One = TypeVar("_One")


class Readable(Protocol):
    """A socket, or a pipe."""

    def fileno(self) -> int: ...


def block(fd: int, seconds: float) -> None:
    """Wait until `fd` is readable. epoll's own timeout counts whole milliseconds, too coarse for latencies of
    a few; select's counts microseconds."""
    _select([fd], [], [], seconds)


class Loop:
    """epoll over raw sockets, with a handler for each. `tick` is called every turn, which is at least every
    50 ms."""

    def __init__(self, tick: Callable[[], None] = lambda: None) -> None:
        self._epoll = _epoll()
        if self._epoll.fileno() >= _SELECTABLE:
            raise RuntimeError("a loop has to be made before the connections: select() knows few files")
        self._handlers: dict[int, Callable[[], None]] = {}
        self.tick = tick
        #: Those whose socket did not take all that they had to send.
        self.unsent: set[LoadConnection] = set()
        #: When something was read last, seconds of `monotonic`.
        self.active = monotonic()

    def watch(self, sock: Readable, handler: Callable[[], None]) -> None:
        """From now on call `handler` whenever `sock` is readable."""
        if sock.fileno() not in self._handlers:
            self._epoll.register(sock.fileno(), EPOLLIN)
        self._handlers[sock.fileno()] = handler

    def forget(self, sock: Readable) -> None:
        """Stop watching the socket."""
        if self._handlers.pop(sock.fileno(), None):
            self._epoll.unregister(sock.fileno())

    def turn(self, wait: float) -> None:
        """Handle the sockets that are readable now, or become so within `wait` seconds."""
        if wait > 0:
            block(self._epoll.fileno(), min(wait, 0.001) if self.unsent else wait)
        events = self._epoll.poll(0, _BATCH)
        for fd, _ in events:
            self._handlers[fd]()
        if events:
            self.active = monotonic()
        if self.unsent:
            self.unsent -= {one for one in [*self.unsent] if one.push()}
        self.tick()

    def push_later(self, ones: Iterable[LoadConnection]) -> None:
        """Go on with what these have written, where it still waits."""
        self.unsent.update(one for one in ones if one.waiting)

    def until(self, done: Callable[[], bool], seconds: float, what: Callable[[], str]) -> None:
        """Turn until `done`; after `seconds` raise a Fault that says `what` is missing."""
        deadline = monotonic() + seconds
        while not done():
            if monotonic() > deadline:
                raise Fault(f"after {max(seconds, 0):g} s: {what()}")
            self.turn(0.05)

    def until_all(
        self, left: list[_One], done: Callable[[_One], bool], seconds: float, what: Callable[[], str]
    ) -> None:
        """The same for many: turn until each of those who are `left` is done. Only the last of them is asked,
        and taken out once it is done: there may be thousands, and they are read in between. When `what` is
        called only those are left who are not done."""

        def all_done() -> bool:
            while left and done(left[-1]):
                left.pop()
            return not left

        def missing() -> str:
            left[:] = [one for one in left if not done(one)]
            return what()

        self.until(all_done, seconds, missing)

    def fileno(self) -> int:
        """Readable whenever one of the sockets is: for whoever waits in a loop of their own."""
        return int(self._epoll.fileno())

    def close(self) -> None:
        self._epoll.close()
