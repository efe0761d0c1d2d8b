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
2. Talk past its bound is skipped, and counted by room. A batch is kept whole where it fits, else as many of
   its messages as do. Notices of who came and left are never skipped, since a program would keep a ghost for
   ever: who has too many of them waiting is lost as too slow (`overfull`). Neither are private messages
   (replies, direct messages): who posts to another session checks `takes` first, and a client with too many
   unsent replies is not read.
3. The gap is told at its place: behind all talk that came before it, before all that comes after. Notices
   and private messages do not wait for it.
4. Of a client that leaves nothing is skipped any more, so nothing follows its last words (`end`).
"""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.backlog import Backlog, PieceKind
from chatd.state.feed import Batch, Notice

#: What waits in the queue: messages of a room, or bytes for this client alone (private).
Piece = Batch | bytes | memoryview


class Flow(Enum):
    """See the picture above."""

    KEEPING_UP = 1
    BEHIND = 2
    SKIPPING = 3
    CLOSED = 4


#: Looked up for every message: by way of its Enum, Python 3.11 takes as long for it as for a call.
KEEPING_UP: Final = Flow.KEEPING_UP
_NO_BACKLOG: Final = Backlog()  # never added to
_NO_GAP: Final[dict[str, int]] = {}
_NO_ENDS: Final[dict[str, tuple[bytes, bytes]]] = {}


def _closed(data: bytes | memoryview) -> int:
    raise BrokenPipeError("the outbox has no socket")


def _data(piece: Piece) -> bytes | memoryview:
    return piece.data if type(piece) is Batch else piece  # type: ignore[return-value]


class Outbox:
    """`send` is the one non-blocking way to the socket: bytes in, how many it took out. `net/` provides it
    and is the only one to call it. Times are seconds of the server's monotonic clock."""

    __slots__ = (
        "_ends",
        "_limits",
        "_queue",
        "backlog",
        "flow",
        "gap_ends",
        "private",
        "progress_at",
        "send",
        "skipped",
    )

    def __init__(self, limits: Limits, send: Callable[[bytes | memoryview], int] = _closed) -> None:
        self.flow = Flow.KEEPING_UP
        self.send = send
        self.private = 0  # bytes of private messages, in queue and backlog
        self.skipped = _NO_GAP  # messages of the gap that is open, by room
        self.gap_ends = _NO_ENDS  # the first and the last of them
        self.progress_at = 0.0  # when the socket last took a byte, or the backlog began
        self.backlog = _NO_BACKLOG
        self._limits = limits
        self._queue: list[Piece] = []
        self._ends = False

    # -- adding --------------------------------------------------------------------------------------

    def add(self, batch: Batch) -> None:
        """Add messages of a room."""
        self._queue.append(batch)

    def post(self, data: bytes | memoryview) -> bool:
        """Add a reply or a direct message; whether the queue was empty before."""
        self.private += len(data)
        self._queue.append(data)
        return len(self._queue) == 1

    def take_back(self, size: int) -> None:
        """Take out again what was posted last, of so many bytes."""
        self._queue.pop()
        self.private -= size

    def end(self) -> None:
        """The client leaves: nothing is added after its last words, and nothing is skipped any more."""
        self._ends = True

    def takes(self, size: int) -> bool:
        """Whether someone else's direct message of `size` bytes may be added. Who keeps up takes more: each
        writer waits for the next round then (see `crowded`)."""
        keeps_up = self.flow is KEEPING_UP
        bound = self._limits.private_round if keeps_up else self._limits.private_waiting
        return self.private + size <= bound

    @property
    def crowded(self) -> bool:
        """Whether a writer should wait for the next round before it adds more."""
        return self.flow is KEEPING_UP and self.private > self._limits.private_waiting // 2

    @property
    def queued(self) -> bool:
        """Whether something waits for the next round."""
        return bool(self._queue)

    @property
    def waiting(self) -> bool:
        """Whether anything is still to be written."""
        return bool(self._queue or self.backlog)

    @property
    def size(self) -> int:
        """How many bytes are to be written, but for what its rooms said since the last round."""
        waiting = sum(len(_data(piece)) for piece in self._queue)
        return waiting + sum(self.backlog.size(kind) for kind in PieceKind)

    @property
    def overfull(self) -> bool:
        """Whether more notices wait than a client may leave unread."""
        return self.backlog.size(PieceKind.NOTICE) > self._limits.notices_waiting

    # -- the flusher's side --------------------------------------------------------------------------

    def joined(self) -> bytes | memoryview:
        """All of the queue, to be written in one send."""
        queue = self._queue
        if len(queue) == 1:  # nearly always: the room's one batch
            piece = queue[0]
            return piece.data if type(piece) is Batch else piece  # type: ignore[return-value]  # no call: hot
        return b"".join(map(_data, queue))

    def taken(self) -> None:
        """The socket took all of the queue."""
        self._queue.clear()
        self.private = 0

    def fall_behind(self, written: int, now: float) -> None:
        """The socket took only `written` bytes of the queue: the rest is the drain's from here on."""
        self.flow = Flow.BEHIND
        self.progress_at = now
        self.backlog = Backlog()
        first = 0
        while written >= (size := len(_data(piece := self._queue[first]))):
            written -= size
            self.private -= 0 if isinstance(piece, Batch) else size
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
                self._queue.insert(0, Batch(piece.room, messages[begun:], piece.notices))
            if begun:
                self.backlog.append(_kind(messages[0]), messages[0], written)
        else:
            self.backlog.append(PieceKind.PRIVATE, piece, written)
            self.private -= written

    def move_to_backlog(self) -> None:
        """Move what arrived to the backlog, under the bound for talk."""
        for piece in self._queue:
            if isinstance(piece, Batch):
                self._keep(piece)
            else:
                self.backlog.append(PieceKind.PRIVATE, piece)
        self._queue.clear()

    def _keep(self, batch: Batch) -> None:
        """The notices, and talk up to the first message that is too much. Pieces are as long as can be, and
        who skips talk already costs one look at each stretch: a frozen reader must delay nobody."""
        skipped: list[bytes] = []
        for talk, messages, data in batch.stretches():
            if not talk:
                self.backlog.append(PieceKind.NOTICE, data)
            elif self._fits(len(data)):
                self.backlog.append(PieceKind.TALK, data)
            else:
                skipped += messages[self._keep_first(messages) :]
        if skipped:
            room = batch.room
            self.skipped = {**self.skipped, room: self.skipped.get(room, 0) + len(skipped)}
            self.gap_ends = {**self.gap_ends, room: (self.gap_ends.get(room, skipped)[0], skipped[-1])}

    def _keep_first(self, messages: list[bytes]) -> int:
        """As many of them as fit; from then on talk is skipped."""
        kept = 0
        while self._fits(len(messages[kept])):
            self.backlog.append(PieceKind.TALK, messages[kept])
            kept += 1
        self.flow = Flow.SKIPPING
        return kept

    def _fits(self, size: int) -> bool:
        """Whether so much talk may wait, too."""
        if self.flow is Flow.SKIPPING:
            return False
        return self._ends or self.backlog.size(PieceKind.TALK) + size <= self._limits.room_waiting

    # -- the drain's side ----------------------------------------------------------------------------

    def advance(self, written: int, now: float) -> bool:
        """The socket took `written` bytes of the backlog. True when the gap can be closed: see `resume`."""
        if written:
            self.progress_at = now
        backlog = self.backlog
        before = backlog.size(PieceKind.PRIVATE)
        backlog.advance(written)
        self.private -= before - backlog.size(PieceKind.PRIVATE)
        if self.flow is Flow.SKIPPING:
            return backlog.size(PieceKind.TALK) <= self._limits.room_waiting // 2
        self._leave_backlog()
        return False

    def resume(self, told: Iterable[bytes]) -> None:
        """Close the gap: the client is `told` how many messages were skipped, and talk is taken again. A
        dialect may have no words for it (b"")."""
        self.flow = Flow.BEHIND
        self.skipped, self.gap_ends = _NO_GAP, _NO_ENDS
        for words in filter(None, told):
            self.backlog.append(PieceKind.PRIVATE, words)
            self.private += len(words)
        self._leave_backlog()

    def _leave_backlog(self) -> None:
        """Keep up again, where nothing is left of it."""
        if not self.backlog:
            self.flow = Flow.KEEPING_UP
            self.backlog = _NO_BACKLOG

    def close(self) -> None:
        """Forget everything; nothing is written any more."""
        self.flow = Flow.CLOSED
        self._queue.clear()
        self.backlog = _NO_BACKLOG
        self.private = 0
        self.skipped, self.gap_ends = _NO_GAP, _NO_ENDS
        self.send = _closed


def _kind(message: bytes) -> PieceKind:
    return PieceKind.NOTICE if type(message) is Notice else PieceKind.TALK
