"""What the flusher's next round has to write."""

from collections.abc import Callable, Iterator

from chatd.state.rooms import Room
from chatd.state.rows import ReaderRow
from chatd.state.sessions import Session


class PendingWrites:
    """Rooms in which something was said, sessions with something of their own. `wake` is called when there
    was nothing before; the flusher puts its own wake-up there."""

    __slots__ = ("_rooms", "_sessions", "wake")

    def __init__(self) -> None:
        self._rooms: set[Room] = set()
        self._sessions: list[Session] = []
        self.wake: Callable[[], None] = lambda: None

    def __bool__(self) -> bool:
        return bool(self._rooms or self._sessions)

    def add(self, session: Session) -> None:
        """Something waits for `session` itself."""
        if not (self._rooms or self._sessions):  # as `not self`, without its call, for each message
            self.wake()
        self._sessions.append(session)

    def add_room(self, room: Room) -> None:
        """Something waits for all of `room`."""
        if room in self._rooms:
            return
        if not self:
            self.wake()
        self._rooms.add(room)

    def round(self, size: int) -> Iterator[ReaderRow]:
        """One round: every session for which something waits, in rows of `size` at most. Each is to be caught
        up with its rooms when it is written to, not when the round begins. Who is visited for a room gets
        what is its own there, too."""
        rooms, sessions = self._rooms, self._sessions
        self._rooms, self._sessions = set(), []
        for room in rooms:
            room.begin_round()
        for room in rooms:
            yield from room.rows(size)
        for at in range(0, len(sessions), size):
            yield ReaderRow([session for session in sessions[at : at + size] if session.outbox.queued])
        for room in rooms:
            room.end_round()
