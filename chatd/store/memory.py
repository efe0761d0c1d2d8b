"""The engine that keeps nothing: an entry is published in the same breath, and never safer than then."""

from collections.abc import Callable

from chatd.state.message_log import Entry, EntryClock


class MemoryLog:
    """A MessageLog. `now` is the time of day in milliseconds since the epoch."""

    __slots__ = ("_clock", "acknowledged", "published")

    def __init__(self, now: Callable[[], int]) -> None:
        self._clock = EntryClock(now)
        self.published: Callable[[Entry], None] = lambda entry: None
        self.acknowledged: Callable[[Entry], None] = lambda entry: None

    @property
    def last_id(self) -> int:
        return self._clock.id

    def append(self, entry: Entry) -> None:
        self._clock.stamp(entry)
        self.published(entry)
        self.acknowledged(entry)
