"""One client, from its first byte to its end.

    NEW --first line--> NAMELESS --hello--> PRESENT --quit, end of input--> LEAVING
                                            any --reset, error, too slow--> GONE

A session is in the roster and in its room exactly while it is PRESENT. LEAVING: nothing is added any more,
what waits is written, then the connection closes. GONE: there is nobody to write to.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import TYPE_CHECKING, Protocol

from chatd.protocol.dialects import TEXT, Dialect
from chatd.protocol.events import Cause, Skipped
from chatd.protocol.framing import LineBuffer
from chatd.protocol.limits import Limits
from chatd.protocol.requests import LOBBY
from chatd.state.outbox import Flow, Outbox

if TYPE_CHECKING:
    from chatd.state.rooms import Room


class SessionState(IntEnum):
    """See the picture above. (An IntEnum: looked up in sets for every line, and Enum's hash is slow.)"""

    NEW = 1
    NAMELESS = 2
    PRESENT = 3
    LEAVING = 4
    GONE = 5


#: States in which a session is over: whoever finds it there has nothing to end.
OVER = frozenset((SessionState.LEAVING, SessionState.GONE))


_WITH_BACKLOG = (Flow.BEHIND, Flow.SKIPPING)


class ConnectionHandle(Protocol):
    """What `net/` is to a session."""

    def fileno(self) -> int: ...

    def hang_up(self) -> None:
        """The session is over by someone else's doing: write what waits, if anyone is there, and close."""

    def broken(self, cause: Cause) -> None:
        """There is nobody to write to any more: end the session, if nobody has, and close."""


class NoConnection:
    """The link of a session whose connection has ended."""

    def fileno(self) -> int:
        return -1

    def hang_up(self) -> None: ...

    def broken(self, cause: Cause) -> None: ...


class Session:
    """`dialect` is a guess (text) until the first line came; `nick` is empty until the name is given. `send`
    is the outbox's."""

    __slots__ = ("buffer", "connection", "dialect", "nick", "outbox", "peer", "room", "state", "token")

    def __init__(
        self, limits: Limits, connection: ConnectionHandle, send: Callable[[bytes], int], peer: str = ""
    ) -> None:
        self.buffer = LineBuffer(limits.line_before_name, limits.line)
        self.outbox = Outbox(limits, send)
        self.connection = connection
        self.peer = peer
        self.state = SessionState.NEW
        self.dialect: Dialect = TEXT
        self.nick = ""
        self.token = ""
        self.room: Room | None = None

    def catch_up(self) -> None:
        """To be called before anything is added to the outbox: what the room said so far comes first."""
        if self.room is not None:
            self.room.feed(self).catch_up(self)

    def advance(self, written: int, now: float) -> None:
        """The drain wrote so many bytes; a gap that can be closed is told."""
        if self.outbox.advance(written, now):
            self._tell_gap()

    def close_gap(self) -> None:
        """The session is to end: what was skipped is told before its last words."""
        self.catch_up()
        if self.outbox.flow in _WITH_BACKLOG:
            self.outbox.move_to_backlog()
        if self.outbox.flow is Flow.SKIPPING:
            self._tell_gap()

    def _tell_gap(self) -> None:
        room = LOBBY if self.room is None else self.room.name
        self.outbox.resume(self.dialect.encode(Skipped(room=room, count=self.outbox.skipped)))
