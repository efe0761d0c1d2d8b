"""What a room says in one dialect, until every reader has it.

A message is put down once, whatever the number of readers, and each reader has a place: the number of the
first piece that is not in its queue yet. `hand_out` puts what was said since then into the queues of some
readers, joined once for all who have the same place: one append a reader and round, not one a message.

Whoever adds a piece of its own to a reader's queue (a reply, a direct message) keeps one rule: `catch_up`
first. Then its order is the order in which things happened.
"""

from collections.abc import Iterable

from chatd.state.sessions import Session


class Feed:
    """`members` are sessions and their places, `pieces` what some of them have not got."""

    __slots__ = ("_batch", "_batch_span", "_first", "_mark", "members", "pieces")

    def __init__(self) -> None:
        self.members: dict[Session, int] = {}
        self.pieces: list[bytes] = []
        self._first = 0  # the number of the first of them
        self._mark = 0
        self._batch = b""
        self._batch_span = (0, 0)  # which pieces are joined in it

    def add(self, session: Session) -> None:
        """What was said before is not for `session`."""
        self.skip_to_end(session)

    def remove(self, session: Session) -> None:
        """What was said until now is still its own to get."""
        self.catch_up(session)
        del self.members[session]

    def catch_up(self, session: Session) -> None:
        """Put into its queue what was said so far, piece by piece."""
        place, end = self.members[session], self._first + len(self.pieces)
        if place < end:
            session.outbox.queue += self.pieces[place - self._first :]
            self.members[session] = end

    def skip_to_end(self, session: Session) -> None:
        """What was said since `session` caught up is not for it."""
        self.members[session] = self._first + len(self.pieces)

    def hand_out(self, sessions: Iterable[Session]) -> None:
        """Put into the queues of these what was said so far. Who is no member any more has it already."""
        members, end = self.members, self._first + len(self.pieces)
        joined_from, batch = end, b""
        for session in sessions:
            place = members.get(session, end)
            if place < end:
                if place != joined_from:  # nearly all have the same place
                    joined_from, batch = place, self._joined(place, end)
                session.outbox.queue.append(batch)
                members[session] = end

    def begin(self) -> None:
        """A round begins: at its end everyone has what was said up to now."""
        self._mark = self._first + len(self.pieces)

    def finish(self) -> None:
        """Forget what everyone has."""
        del self.pieces[: self._mark - self._first]
        self._first = self._mark
        self._batch, self._batch_span = b"", (0, 0)

    def _joined(self, place: int, end: int) -> bytes:
        """The pieces from number `place` on, joined once for everyone who is handed them in this round."""
        if self._batch_span != (place, end):
            self._batch = b"".join(self.pieces[place - self._first :])
            self._batch_span = (place, end)
        return self._batch
