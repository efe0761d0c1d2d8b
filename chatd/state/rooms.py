"""A room: who is in it, and what its members have in common.

Members are grouped by variant, so that a message is encoded and appended once for each (see feed.py).
"""

from chatd.protocol.dialects.contract import Variant
from chatd.protocol.limits import Limits
from chatd.protocol.requests import LOBBY
from chatd.state.brake import RoomPace
from chatd.state.feed import Feed
from chatd.state.memberships import Membership
from chatd.state.notices import Notices
from chatd.state.rows import ReaderRow, rows_of
from chatd.state.sessions import Session


class Room:
    """`number` is the room's in the log, and of no other room, ever. `members` are in order of arrival.
    `has_history`: the log keeps what was said here. `unflushed` counts the bytes of messages that are not in
    every member's outbox yet, `delivered` those that are. `held` says that too many members are behind,
    `pace` how fast the room talks while they are not (see net/slow_readers.py). Somebody who is here from
    several devices is several members, and one of its people: that is its length. `version` counts how often
    a member came or went, `changes` how often one of its people did."""

    __slots__ = (
        "_carried",
        "_limits",
        "_people",
        "_rows",
        "_rows_of",
        "changes",
        "delivered",
        "feeds",
        "has_history",
        "held",
        "members",
        "name",
        "notices",
        "number",
        "pace",
        "topic",
        "unflushed",
        "version",
    )

    def __init__(self, name: str, limits: Limits, number: int = 0) -> None:
        self.name = name
        self.number = number
        self.members: dict[Session, Membership] = {}
        self.feeds: dict[Variant, Feed] = {}
        self.notices = Notices(limits, None if name == LOBBY else name)
        self.topic = ""
        self.has_history = False
        self.version = self.changes = self._people = 0
        self.unflushed = 0
        self._carried = 0  # of these, how many the current round delivers
        self.delivered = 0
        self.held = False
        self.pace = RoomPace()
        self._limits = limits
        self._rows: list[ReaderRow] = []
        self._rows_of = (-1, 0)  # the version and the size for which they were made

    def __len__(self) -> int:
        return self._people

    def add(self, session: Session) -> None:
        """Subscribe `session` to what is published from now on."""
        variant = session.dialect.variant(session)
        feed = self.feeds.get(variant)
        if feed is None:
            feed = self.feeds[variant] = Feed(self.name, variant)
        feed.readers += 1
        self.version += 1
        if not self._has_other(session):
            self._people += 1
            self.changes += 1
        session.catch_up()  # who is in several rooms is in step in none
        membership = self.members[session] = Membership(self.name, feed)
        session.hold((*session.memberships, membership))

    def remove(self, session: Session) -> None:
        """Deliver to `session` everything published so far, then unsubscribe it."""
        session.catch_up()
        self.version += 1
        membership = self.members.pop(session)
        if not self._has_other(session):
            self._people -= 1
            self.changes += 1
        session.hold(tuple(one for one in session.memberships if one is not membership))
        feed = membership.feed
        feed.readers -= 1
        if not feed.readers:
            del self.feeds[feed.variant]
        self.notices.departed(session)

    def _has_other(self, session: Session) -> bool:
        """Whether the same person is in it with another session."""
        return any(one is not session and one in self.members for one in session.person.sessions)

    def rows(self, size: int) -> list[ReaderRow]:
        """Its members in rows of `size` at most, which are the same until somebody comes or goes."""
        if self._rows_of != (self.version, size):
            self._rows = rows_of(self.members.items(), size)
            self._rows_of = self.version, size
        return self._rows

    def begin_round(self) -> None:
        """At the round's end everything published up to now is in every member's outbox."""
        self._carried = self.unflushed
        for feed in self.feeds.values():
            feed.begin_round()

    def end_round(self) -> None:
        self.unflushed -= self._carried
        self.delivered += self._carried
        for feed in self.feeds.values():
            feed.end_round()

    @property
    def full(self) -> bool:
        """Whether the next round has enough to carry."""
        return self.unflushed > self._limits.round_bytes

    @property
    def crowded(self) -> bool:
        """Whether talkers should wait: the next round is full, or too many are behind."""
        return self.held or self.unflushed > self._limits.round_bytes

    def assess(self, slow: int) -> None:
        """Note that `slow` members are behind but still take bytes. When that is more than the bound's share
        of the room, talkers are held: so messages are skipped for a slow minority only."""
        self.held = slow >= self._limits.slow_least and slow > len(self.members) * self._limits.slow_share
