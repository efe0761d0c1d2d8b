"""A room: who is in it, and what its members have in common.

The audience is kept by dialect, so that a message is encoded once for each, and put down once (see feed.py).
"""

from chatd.protocol.dialects import Dialect
from chatd.protocol.limits import Limits
from chatd.state.feed import Feed
from chatd.state.notices import Notices
from chatd.state.sessions import Session


class Room:
    """`unflushed` counts the bytes of messages that some member was not handed yet; `held` says that too many
    members are behind (the flusher's finding). `last_id` is the newest message's id."""

    __slots__ = ("_carried", "_limits", "audience", "held", "last_id", "name", "notices", "unflushed")

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.audience: dict[Dialect, Feed] = {}
        self.notices = Notices(limits.notice_interval)
        self.last_id = 0
        self.unflushed = 0
        self._carried = 0  # of them, by the round that goes on
        self.held = False
        self._limits = limits

    def __len__(self) -> int:
        return sum(len(feed.members) for feed in self.audience.values())

    def members(self) -> list[Session]:
        """All members, dialect by dialect."""
        return [session for feed in self.audience.values() for session in feed.members]

    def feed(self, session: Session) -> Feed:
        """The one that `session` reads."""
        return self.audience[session.dialect]

    def begin_round(self) -> None:
        """At its end every member was handed what was said up to now."""
        self._carried = self.unflushed
        for feed in self.audience.values():
            feed.begin()

    def end_round(self) -> None:
        self.unflushed -= self._carried
        for feed in self.audience.values():
            feed.finish()

    def add(self, session: Session) -> None:
        self.audience.setdefault(session.dialect, Feed()).add(session)
        session.room = self

    def remove(self, session: Session) -> None:
        self.feed(session).remove(session)
        self.notices.departed(session)
        session.room = None

    def next_id(self) -> int:
        """The one place where this room's message ids come from."""
        self.last_id += 1
        return self.last_id

    @property
    def full(self) -> bool:
        """Whether the next round has enough to carry."""
        return self.unflushed > self._limits.round_bytes

    @property
    def crowded(self) -> bool:
        """Whether talkers should wait: the next round is full, or too many are behind."""
        return self.held or self.unflushed > self._limits.round_bytes

    def assess(self, slow: int) -> None:
        """Take note that `slow` members are behind yet still taking bytes. Talkers are held when that is
        more than the bound's share of the room: so messages are skipped for a slow minority only."""
        self.held = slow >= self._limits.slow_least and slow > len(self) * self._limits.slow_share
