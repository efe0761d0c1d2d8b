"""What the flusher's next round has to write."""

from collections.abc import Callable, Iterator

from chatd.state.rooms import Room
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
        if not self:
            self.wake()
        self._sessions.append(session)

    def add_room(self, room: Room) -> None:
        """Something waits for all of `room`."""
        if room in self._rooms:
            return
        if not self:
            self.wake()
        self._rooms.add(room)

    def round(self, size: int) -> Iterator[list[Session]]:
        """One round: every session for which something waits, once, however many rooms it is in, `size` at a
        time. Each part is caught up with its rooms when it is yielded, not when the round begins."""
        rooms, sessions = self._rooms, self._sessions
        self._rooms, self._sessions = set(), []
        for room in rooms:
            room.begin_round()
        waiting = [session for room in rooms for session in room.members] + sessions
        everyone = list(dict.fromkeys(waiting))
        for at in range(0, len(everyone), size):
            some = everyone[at : at + size]
            for session in some:
                session.catch_up()
            yield some
        for room in rooms:
            room.end_round()
