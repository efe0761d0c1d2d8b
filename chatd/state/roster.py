"""Who is here, by name; and the rest of what the server knows.

`Roster` gives a name to one session at a time. `ServerState` is everything in memory, the one argument that
all functions of `behaviour/` share; what it needs from outside (clocks, secrets, a way to wake the
flusher) is handed to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
from chatd.state.rooms import Room
from chatd.state.sessions import Session


class Roster:
    """Names and their holders, in order of arrival. Case does not tell two names apart."""

    __slots__ = ("_holders",)

    def __init__(self) -> None:
        self._holders: dict[str, Session] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def __iter__(self) -> Iterator[Session]:
        return iter(self._holders.values())

    def get(self, nick: str) -> Session | None:
        return self._holders.get(fold(nick))

    def put(self, session: Session) -> None:
        """Make `session` the holder of its name; it keeps the place of the one before it."""
        self._holders[fold(session.nick)] = session

    def remove(self, session: Session) -> None:
        del self._holders[fold(session.nick)]


class PendingWrites:
    """What the next round has to carry: rooms in which something was said, sessions with something of their
    own. `wake` is called when there was nothing before; the flusher puts itself there."""

    __slots__ = ("rooms", "sessions", "wake")

    def __init__(self) -> None:
        self.rooms: set[Room] = set()
        self.sessions: list[Session] = []
        self.wake: Callable[[], None] = lambda: None

    def __bool__(self) -> bool:
        return bool(self.rooms or self.sessions)

    def add(self, session: Session) -> None:
        """Something waits for `session` itself."""
        if not self:
            self.wake()
        self.sessions.append(session)

    def add_room(self, room: Room) -> None:
        """Something waits for all of `room`."""
        if room in self.rooms:
            return
        if not self:
            self.wake()
        self.rooms.add(room)

    def round(self, size: int) -> Iterator[list[Session]]:
        """One round: everyone for whom something waits, once, `size` at a time. What was said in their room,
        up to the moment in which they are given, is in their queues."""
        rooms, sessions = self.rooms, self.sessions
        self.rooms, self.sessions = set(), []
        for room in rooms:
            room.begin_round()
        alone = [session for session in sessions if session.room not in rooms]
        for room in rooms:
            for feed in list(room.audience.values()):
                for some in _parts(list(feed.members), size):
                    feed.hand_out(some)
                    yield some
        yield from _parts(alone, size)
        for room in rooms:
            room.end_round()


def _parts(sessions: list[Session], size: int) -> Iterator[list[Session]]:
    for at in range(0, len(sessions), size):
        yield sessions[at : at + size]


@dataclass(slots=True)
class ServerState:
    """`now` is a monotonic clock in seconds, `at` the time of day in milliseconds since the epoch,
    `new_token` makes a secret."""

    limits: Limits
    now: Callable[[], float]
    at: Callable[[], int]
    new_token: Callable[[], str]
    roster: Roster = field(default_factory=Roster)
    rooms: dict[str, Room] = field(default_factory=dict)
    pending: PendingWrites = field(default_factory=PendingWrites)
    last_direct_id: int = 0  # the one sequence of all direct messages
