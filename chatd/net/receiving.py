"""How a client's bytes are waited for; what they mean is said by whoever reads them: see reading.py for lines
and frame_reading.py for WebSocket's frames."""

from abc import ABC, abstractmethod
from typing import Final

from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.errors import ChatError
from chatd.protocol.requests import Request

#: What one read brings at most. Before the name, and while someone waits for the rate, it is a line.
RECEIVE: Final = 16 * 1024


class InputReader(ABC):
    """`receive` bytes, then take `next_request` until it is None. `ended`: the client closed its side;
    `received` counts its bytes. `time_slice` is that of the greenlet that reads: a fresh one begins after
    each wait."""

    __slots__ = ("_emptied", "_quiet", "_slice", "_transport", "ended", "received")

    def __init__(self, transport: Transport, time_slice: TimeSlice) -> None:
        self._transport = transport
        self._slice = time_slice
        self._emptied = False  # the last read left nothing in the socket
        self._quiet = False  # nothing came for a while
        self.ended = False
        self.received = 0

    def receive(self, patience: float | None, size: int) -> bool:
        """Take what comes, up to `size` bytes. False when nothing came in `patience` seconds. Where it need
        not wait, it yields when the time slice is used up."""
        came = True
        while True:
            if self._emptied:  # skip a read that would only raise BlockingIOError
                came = self._transport.wait_readable(patience)
                self._slice.begin()
            else:
                self._slice.check()
            try:
                data = self._transport.receive(size)
                break
            except BlockingIOError:
                # On a busy loop the timer may come first, so the socket is read once more in any case.
                if not came:
                    self._quiet = True
                    return False
                self._emptied = True
        self._emptied = len(data) < size
        if data:
            self.received += len(data)
            self.feed(data)
        else:
            self.ended = True
            self.finish()
        return True

    @property
    def begun(self) -> bool:
        """Whether anything was said."""
        return True

    @property
    def undecided(self) -> bool:
        """Whether it is not known yet what is spoken, and a short silence would tell something."""
        return False

    @property
    @abstractmethod
    def lines_ahead(self) -> int:
        """How many complete lines wait, or what counts as one."""

    @abstractmethod
    def next_request(self) -> Request | ChatError | None:
        """What the client asks for next, or what is wrong with it; None when more bytes are needed."""

    @abstractmethod
    def feed(self, data: bytes) -> None:
        """Bytes of the client."""

    def finish(self) -> None:
        """There are no more."""
        return

    def drop(self) -> int:
        """Forget what came and was not handled, where people type it; how many bytes that was."""
        return 0

    def farewell(self, going_down: bool) -> bytes:
        """What is written behind a session's last words, where the protocol wants that."""
        return b""
