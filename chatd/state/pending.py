"""What the flusher's next round has to write."""

from collections.abc import Callable, Iterator

from chatd.state.rooms import Room
from chatd.state.rows import ReaderRow
from chatd.state.sessions import Session


class PendingWrites:
    """Rooms in which something was said, sessions with something of their own. `wake` is called when there
    was nothing before; the flusher puts its own wake-up there. `talked` are the rooms of past rounds, until
    somebody clears it."""

    __slots__ = ("_in_round", "_rooms", "_sessions", "talked", "wake")

    def __init__(self) -> None:
        self._rooms: set[Room] = set()
        self._in_round: set[Room] = set()  # whose members the current round visits
        self.talked: set[Room] = set()
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

    def catch_up_but(self, room: Room) -> None:
        """Put into the outboxes what is said in all rooms but this one. (Who is in several rooms gets what
        each said in order, but of two rooms not always what was said first.)"""
        others = (self._rooms | self._in_round) - {room}
        for session in {session for other in others for session in other.members}:  # in however many
            session.catch_up()

    def round(self, size: int) -> Iterator[ReaderRow]:
        """One round: every session for which something waits, in rows of `size` at most. Each is to be caught
        up with its rooms when it is written to, not when the round begins. Who is visited for a room gets
        what is its own there, too."""
        rooms, sessions = self._rooms, self._sessions
        self._in_round, self._rooms, self._sessions = rooms, set(), []
        self.talked |= rooms
        for room in rooms:
            room.begin_round()
        for room in rooms:
            yield from room.rows(size)
        for at in range(0, len(sessions), size):
            yield ReaderRow([session for session in sessions[at : at + size] if session.outbox.queued])
        for room in rooms:
            room.end_round()
        self._in_round = set()

    @property
    def full(self) -> bool:
        """Whether the next round has enough to carry, so that a rest would gather nothing."""
        return any(room.full for room in self._rooms)
