"""What waits for one client, in order.

For a client that keeps up everything is in the queue: batches of its rooms' messages, added once a round, and
in between replies and direct messages; the flusher writes it. When the socket takes only a part, the outbox
falls BEHIND: the rest moves to the backlog, from which the drain writes. From then on the queue only takes in
what arrives, and `move_to_backlog` moves it, once a round, under the bounds.

    KEEPING_UP --short write--> BEHIND --past the bound--> SKIPPING
        ^                        |  ^                         |
        +----all written---------+  +---drained to half-------+        any --close--> CLOSED

The rules (MUSTs 2 and 6 of ARCHITECTURE.md):

1. KEEPING_UP: only the flusher writes. BEHIND and SKIPPING: only the drain does. What a short write left
   over stays at the head.
2. Room messages past their bound are skipped, and counted by room. Private ones (replies, direct messages)
   never are: who posts to another session checks `takes` first, and a client with too many unsent replies is
   not read. A batch is kept whole where it fits, else as many of its messages as do.
3. The notice of a gap stands at its place: behind all room messages that came before it, before all that
   come after. Private messages do not wait for it.
"""

from collections import deque
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.feed import Batch

#: What waits in the queue: messages of a room, or bytes for this client alone (private).
Piece = Batch | bytes


class Private(bytes):
    """Private bytes in the backlog. Those of rooms are plain there: where messages end in them is known no
    more, and needed no more, so the messages themselves can be freed."""

    __slots__ = ()


class Flow(Enum):
    """See the picture above."""

    KEEPING_UP = 1
    BEHIND = 2
    SKIPPING = 3
    CLOSED = 4


_NO_BACKLOG: Final[deque[bytes]] = deque(maxlen=0)
_NO_GAP: Final[dict[str, int]] = {}


def _closed(data: bytes) -> int:
    raise BrokenPipeError("the outbox has no socket")


def _data(piece: Piece) -> bytes:
    return piece if type(piece) is bytes else piece.data  # type: ignore[union-attr]


class Outbox:
    """`send` is the one non-blocking way to the socket: bytes in, how many it took out. `net/` provides it
    and is the only one to call it. Times are seconds of the server's monotonic clock."""

    __slots__ = (
        "_backlog",
        "_limits",
        "_offset",
        "_queue",
        "_room_bytes",
        "flow",
        "private",
        "progress_at",
        "send",
        "skipped",
    )

    def __init__(self, limits: Limits, send: Callable[[bytes], int] = _closed) -> None:
        self.flow = Flow.KEEPING_UP
        self.send = send
        self.private = 0  # bytes of private messages, in queue and backlog
        self.skipped = _NO_GAP  # room messages of the gap that is open, by room
        self.progress_at = 0.0  # when the socket last took a byte, or the backlog began
        self._limits = limits
        self._queue: list[Piece] = []
        self._backlog = _NO_BACKLOG
        self._offset = 0  # how much of the backlog's first piece is written
        self._room_bytes = 0  # of the backlog

    # -- adding --------------------------------------------------------------------------------------

    def add(self, batch: Batch) -> None:
        """Add messages of a room."""
        self._queue.append(batch)

    def post(self, data: bytes) -> bool:
        """Add a reply or a direct message; whether the queue was empty before."""
        self.private += len(data)
        self._queue.append(data)
        return len(self._queue) == 1

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
    def queued(self) -> bool:
        """Whether something waits for the next round."""
        return bool(self._queue)

    @property
    def waiting(self) -> bool:
        """Whether anything is still to be written."""
        return bool(self._queue or self._backlog)

    # -- the flusher's side --------------------------------------------------------------------------

    def joined(self) -> bytes:
        """All of the queue, to be written in one send."""
        queue = self._queue
        if len(queue) == 1:  # nearly always: the room's one batch
            piece = queue[0]
            return piece if type(piece) is bytes else piece.data  # type: ignore[union-attr]  # no call: hot
        return b"".join(map(_data, queue))

    def taken(self) -> None:
        """The socket took all of the queue."""
        self._queue.clear()
        self.private = 0

    def fall_behind(self, written: int, now: float) -> None:
        """The socket took only `written` bytes of the queue: the rest is the drain's from here on."""
        self.flow = Flow.BEHIND
        self.progress_at = now
        self._backlog = deque()
        self._offset = self._room_bytes = 0
        first = 0
        while written >= (size := len(_data(piece := self._queue[first]))):
            written -= size
            self.private -= size if type(piece) is bytes else 0
            first += 1
        del self._queue[:first]
        if written:
            self._cut(written)
        self.move_to_backlog()

    def _cut(self, written: int) -> None:
        """The socket took `written` bytes of the queue's first piece. The message in which they end has to be
        sent whole; those behind it in the same batch wait as if they had just arrived."""
        piece = self._queue.pop(0)
        if isinstance(piece, Batch):
            messages, written = piece.after(written)
            begun = 1 if written else 0
            if len(messages) > begun:
                self._queue.insert(0, Batch(piece.room, messages[begun:]))
            if not begun:
                return
            self._backlog.append(messages[0])
            self._room_bytes = len(messages[0]) - written
        else:
            self._backlog.append(Private(piece))
            self.private -= written
        self._offset = written

    def move_to_backlog(self) -> None:
        """Move what arrived to the backlog, under the bound for room messages."""
        for piece in self._queue:
            if isinstance(piece, Batch):
                self._keep(piece)
            else:
                self._backlog.append(Private(piece))
        self._queue.clear()

    def _keep(self, batch: Batch) -> None:
        """As many of its messages as there is room for; from the first that is too much all are skipped."""
        free = 0 if self.flow is Flow.SKIPPING else self._limits.room_waiting - self._room_bytes
        if len(batch.data) <= free:
            self._backlog.append(batch.data)
            self._room_bytes += len(batch.data)
            return
        kept, size = 0, 0
        while size + len(batch.messages[kept]) <= free:
            size += len(batch.messages[kept])
            kept += 1
        if kept:
            self._backlog.append(b"".join(batch.messages[:kept]))
            self._room_bytes += size
        self.flow = Flow.SKIPPING
        skipped = self.skipped.get(batch.room, 0) + len(batch.messages) - kept
        self.skipped = {**self.skipped, batch.room: skipped}

    # -- the drain's side ----------------------------------------------------------------------------

    def head(self, size: int) -> bytes:
        """About `size` bytes to be written next."""
        parts: list[bytes | memoryview] = []
        free = size
        offset = self._offset
        for piece in self._backlog:
            part = memoryview(piece)[offset : offset + free]
            parts.append(part)
            free -= len(part)
            offset = 0
            if free <= 0:
                break
        return b"".join(parts)

    def advance(self, written: int, now: float) -> bool:
        """The socket took `written` bytes of the head. True when the gap can be closed: see `resume`."""
        if written:
            self.progress_at = now
        while written:
            piece = self._backlog[0]
            part = min(written, len(piece) - self._offset)
            if type(piece) is Private:
                self.private -= part
            else:
                self._room_bytes -= part
            written -= part
            self._offset += part
            if self._offset == len(piece):
                self._backlog.popleft()
                self._offset = 0
        if self.flow is Flow.SKIPPING:
            return self._room_bytes <= self._limits.room_waiting // 2
        self._leave_backlog()
        return False

    def resume(self, notices: Iterable[bytes]) -> None:
        """Close the gap: the notices tell how many were skipped, and room messages are taken again. A dialect
        may have no words for it (b"")."""
        self.flow = Flow.BEHIND
        self.skipped = _NO_GAP
        for notice in filter(None, notices):
            self._backlog.append(Private(notice))
            self.private += len(notice)
        self._leave_backlog()

    def _leave_backlog(self) -> None:
        """Keep up again, where nothing is left of it."""
        if not self._backlog:
            self.flow = Flow.KEEPING_UP
            self._backlog = _NO_BACKLOG

    def close(self) -> None:
        """Forget everything; nothing is written any more."""
        self.flow = Flow.CLOSED
        self._queue.clear()
        self._backlog = _NO_BACKLOG
        self.private = 0
        self.skipped = _NO_GAP
        self.send = _closed
