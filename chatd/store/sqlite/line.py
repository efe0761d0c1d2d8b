"""What waits to be handed to the thread that commits: entries, and between them what is not stored."""

from collections import deque
from collections.abc import Callable
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.message_log import Entry

#: An entry, or an act that has its place among them.
LineItem = Entry | Callable[[], None]


class WaitingLine:
    """Counts entries and their bytes until they are `done`: also while the thread has them. Times are seconds
    of the server's monotonic clock."""

    __slots__ = ("_bytes", "_entries", "_items", "_limits", "_now")

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self._limits: Final = limits
        self._now: Final = now
        self._items: deque[tuple[float, LineItem]] = deque()
        self._entries = 0
        self._bytes = 0

    def __bool__(self) -> bool:
        return bool(self._items)

    @property
    def crowded(self) -> bool:
        return self._entries > self._limits.log_pending or self._bytes > self._limits.log_pending_bytes

    @property
    def oldest(self) -> float:
        """When the first one came."""
        return self._items[0][0]

    def add(self, item: LineItem) -> None:
        if isinstance(item, Entry):
            self._entries += 1
            self._bytes += len(item.text)
        self._items.append((self._now(), item))

    def take(self, most: int | None = None) -> list[LineItem]:
        """The first ones, or all of them."""
        if most is None:
            items = [item for _, item in self._items]
            self._items.clear()
            return items
        return [self._items.popleft()[1] for _ in range(min(most, len(self._items)))]

    def put_back(self, items: list[LineItem]) -> None:
        """They are the first again."""
        now = self._now()
        self._items.extendleft((now, item) for item in reversed(items))

    def expired(self) -> list[LineItem]:
        """Take those that have waited for too long."""
        since, items = self._now() - self._limits.log_patience, []
        while self._items and self._items[0][0] <= since:
            items.append(self._items.popleft()[1])
        return items

    def done(self, items: list[LineItem]) -> None:
        """These do not wait any more: they are stored, or have failed."""
        for item in items:
            if isinstance(item, Entry):
                self._entries -= 1
                self._bytes -= len(item.text)
