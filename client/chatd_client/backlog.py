"""Events that nobody has taken yet, in bounded memory: past it the oldest are dropped, and counted."""

from collections import deque
from typing import Final

from chatd.protocol.events import Event, Skipped
from chatd.protocol.requests import LOBBY
from chatd_client.incoming import RawLine

BACKLOG: Final = 4 * 1024 * 1024
#: Bytes that an event takes in memory besides those of its line: an estimate.
OVERHEAD: Final = 256


class EventBacklog:
    """A queue of events."""

    def __init__(self) -> None:
        self._events: deque[tuple[Event, int]] = deque()  # with the bytes that the event takes
        self._bytes = 0
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event, line: RawLine = b"") -> None:
        """Append the event that was in this line."""
        size = OVERHEAD + (len(line) if isinstance(line, bytes) else 0)
        self._events.append((event, size))
        self._bytes += size
        while self._bytes > BACKLOG and len(self._events) > 1:
            self._pop()
            self._dropped += 1

    def take(self) -> Event:
        """The next event; where events were dropped first a `Skipped`, which says how many."""
        dropped, self._dropped = self._dropped, 0
        return Skipped(room=LOBBY, count=dropped) if dropped else self._pop()

    def take_all(self) -> list[Event]:
        """Every event, likewise."""
        return [self.take() for _ in range(len(self._events) + bool(self._dropped))]

    def _pop(self) -> Event:
        event, size = self._events.popleft()
        self._bytes -= size
        return event
