"""What waits for one client, in order.

A client that keeps up has nothing but `queue`: its room's feed appends what was said, once a round, replies
and direct messages come in between, and the flusher sends it. When the socket does not take all, the outbox
falls BEHIND: what is left moves into a backlog, from which the drain writes; the queue is from now on only
where more arrives, and `settle` moves it over, once a round, under the bounds.

    KEEPING_UP --short write--> BEHIND --past the bound--> SKIPPING
        ^                        |  ^                         |
        +----all written---------+  +---drained to half-------+        any --close--> CLOSED

The rules (MUSTs 2 and 6 of ARCHITECTURE.md):

1. KEEPING_UP: only the flusher writes. BEHIND and SKIPPING: only the drain does. What a short write left
   over stays at the head.
2. Room messages past their bound are skipped and counted. Private ones (replies, direct messages) never
   are: whoever adds them asks `takes` first, or is not read until the client has taken them. A message
   of a room is one line; the room's feed joins them, and only at the bound they are told apart again.
3. The notice of a gap stands at its place: behind all room messages that came before it, before all that
   come after. Private pieces do not wait for it.
"""

from collections import deque
from collections.abc import Callable
from enum import Enum
from typing import Final

from chatd.protocol.limits import Limits


class Private(bytes):
    """Bytes for this client alone, which are never skipped."""

    __slots__ = ()


class Flow(Enum):
    """See the picture above."""

    KEEPING_UP = 1
    BEHIND = 2
    SKIPPING = 3
    CLOSED = 4


_NOTHING: Final[deque[bytes]] = deque(maxlen=0)


def _closed(data: bytes) -> int:
    raise BrokenPipeError("the outbox has no socket")


class Outbox:
    """`send` is the one non-blocking way to the socket: bytes in, how many it took out. `net/` puts it there
    and is the only one to call it. Times are seconds of the server's monotonic clock."""

    __slots__ = (
        "_backlog",
        "_limits",
        "_offset",
        "_room_bytes",
        "flow",
        "private",
        "progress_at",
        "queue",
        "send",
        "skipped",
    )

    def __init__(self, limits: Limits, send: Callable[[bytes], int] = _closed) -> None:
        self.queue: list[bytes] = []
        self.flow = Flow.KEEPING_UP
        self.send = send
        self.private = 0  # bytes of Private pieces, in queue and backlog
        self.skipped = 0  # room messages of the gap that is open
        self.progress_at = 0.0  # when the socket last took a byte, or the backlog began
        self._limits = limits
        self._backlog = _NOTHING
        self._offset = 0  # how much of the backlog's first piece is written
        self._room_bytes = 0  # of the backlog

    # -- adding --------------------------------------------------------------------------------------

    def post(self, data: bytes) -> None:
        """Add a reply or a direct message."""
        self.queue.append(Private(data))
        self.private += len(data)

    def takes(self, size: int) -> bool:
        """Whether someone else's direct message of `size` bytes may be added. Who keeps up takes more: each
        writer waits for the next round then (see `crowded`)."""
        keeps_up = self.flow is Flow.KEEPING_UP
        bound = self._limits.private_round if keeps_up else self._limits.private_waiting
        return self.private + size <= bound

    @property
    def crowded(self) -> bool:
        """Whether a writer should wait for the next round before it adds more."""
        return self.flow is Flow.KEEPING_UP and self.private > self._limits.private_waiting // 2

    @property
    def waiting(self) -> bool:
        """Whether anything is still to be written."""
        return bool(self.queue or self._backlog)

    # -- the flusher's side --------------------------------------------------------------------------

    def taken(self) -> None:
        """The socket took all of the queue."""
        self.queue.clear()
        self.private = 0

    def fall_behind(self, written: int, now: float) -> None:
        """The socket took only `written` bytes of the queue: the rest is the drain's from here on."""
        self.flow = Flow.BEHIND
        self.progress_at = now
        self._backlog = deque()
        self._offset = self._room_bytes = 0
        first = 0
        while written >= len(piece := self.queue[first]):
            written -= self._leave(piece, len(piece))
            first += 1
        self._room_bytes = 0
        if written:
            self._backlog.append(piece)
            self._room_bytes = 0 if type(piece) is Private else len(piece)
            self._offset = self._leave(piece, written)
            first += 1
        del self.queue[:first]
        self.move_to_backlog()

    def _leave(self, piece: bytes, size: int) -> int:
        """Count `size` bytes of `piece` as no longer waiting."""
        if type(piece) is Private:
            self.private -= size
        else:
            self._room_bytes -= size
        return size

    def move_to_backlog(self) -> None:
        """Move what arrived into the backlog, under the bound for room messages."""
        for arrived in self.queue:
            if type(arrived) is Private:
                self._backlog.append(arrived)
            elif not self._keep(arrived):
                for message in arrived.splitlines(keepends=True):
                    if not self._keep(message):
                        self.flow = Flow.SKIPPING
                        self.skipped += 1
        self.queue.clear()

    def _keep(self, messages: bytes) -> bool:
        """Move them to the backlog, unless they go past the bound, or come behind one that did."""
        size = self._room_bytes + len(messages)
        if self.flow is Flow.SKIPPING or size > self._limits.room_waiting:
            return False
        self._backlog.append(messages)
        self._room_bytes = size
        return True

    # -- the drain's side ----------------------------------------------------------------------------

    def head(self, size: int) -> bytes:
        """About `size` bytes to be written next."""
        parts: list[bytes | memoryview] = []
        room = size
        offset = self._offset
        for piece in self._backlog:
            part = memoryview(piece)[offset : offset + room]
            parts.append(part)
            room -= len(part)
            offset = 0
            if room <= 0:
                break
        return b"".join(parts)

    def advance(self, written: int, now: float) -> bool:
        """The socket took `written` bytes of the head. True when the gap can be closed: see `resume`."""
        if written:
            self.progress_at = now
        while written:
            piece = self._backlog[0]
            part = self._leave(piece, min(written, len(piece) - self._offset))
            written -= part
            self._offset += part
            if self._offset == len(piece):
                self._backlog.popleft()
                self._offset = 0
        if self.flow is Flow.SKIPPING:
            return self._room_bytes <= self._limits.room_waiting // 2
        if not self._backlog:
            self._catch_up()
        return False

    def resume(self, notice: bytes) -> None:
        """Close the gap: `notice` tells how many were skipped, and room messages are taken again."""
        self.flow = Flow.BEHIND
        self.skipped = 0
        self._backlog.append(Private(notice))
        self.private += len(notice)

    def _catch_up(self) -> None:
        self.flow = Flow.KEEPING_UP
        self._backlog = _NOTHING

    def close(self) -> None:
        """Forget everything; nothing is written any more."""
        self.flow = Flow.CLOSED
        self.queue.clear()
        self._backlog = _NOTHING
        self.private = self.skipped = 0
        self.send = _closed
