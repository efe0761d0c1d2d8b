"""A room's readers in rows, in which a round visits them.

The readers of a row read the same variant. After a round has written to each by itself, they may be in step
(see memberships.py); until one of them gets something of its own, the row is then written to as a whole.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from chatd.state.feed import Feed
from chatd.state.memberships import InStep, Membership
from chatd.state.outbox import KEEPING_UP
from chatd.state.sessions import Session


class ReaderRow:
    """Some `sessions` that read `feed`; without a feed they have nothing in common, and are never in step."""

    __slots__ = ("_feed", "_step", "sessions")

    def __init__(self, sessions: Sequence[Session], feed: Feed | None = None) -> None:
        self.sessions: Final = sessions
        self._feed = feed
        self._step: InStep | None = None

    @property
    def in_step(self) -> InStep | None:
        step = self._step
        return None if step is None or step.broken else step

    def form(self) -> None:
        """Put them in step, where they all have everything, keep up and are in this room only."""
        feed = self._feed
        if feed is None:
            return
        members = []
        for session in self.sessions:
            outbox = session.outbox
            if len(session.memberships) != 1 or outbox.queued or outbox.flow is not KEEPING_UP:
                return
            membership = session.memberships[0]
            if membership.feed is not feed or membership.cursor != feed.end:
                return
            members.append(membership)
        self._step = InStep(feed, members, [session.outbox.send for session in self.sessions])


def rows_of(members: Iterable[tuple[Session, Membership]], size: int) -> list[ReaderRow]:
    """`members` in rows of `size` at most, nearly in their order."""
    rows: list[ReaderRow] = []
    open_rows: dict[Feed, list[Session]] = {}
    for session, membership in members:
        row = open_rows.get(membership.feed)
        if row is None or len(row) == size:
            row = open_rows[membership.feed] = []
            rows.append(ReaderRow(row, membership.feed))
        row.append(session)
    return rows
