"""Row 2: what a room says in one dialect, from one round to the next.

A message is put down once, whatever the number of readers. When a round begins, `collect` joins what was said
since the last one and appends it to every member's queue: one append a member and round, not one a message.

Most members read all of it. Who has pieces of its own in between (a reply, a direct message, a message of its
own that it gets no copy of) has a place of its own: what was said up to there is in its queue already, piece
by piece, so that its order is the order in which things happened. That is the rule that whoever adds to a
member's queue keeps: `catch_up` first.
"""

from chatd.outbox import Batch
from chatd.session import Session


class Feed:
    """`members` are sessions and their queues; `pieces` is what the next round carries."""

    __slots__ = ("_places", "members", "pieces")

    def __init__(self) -> None:
        self.members: dict[Session, list[bytes]] = {}
        self.pieces: list[bytes] = []
        self._places: dict[Session, int] = {}  # of those who do not begin at the first piece

    def add(self, session: Session) -> None:
        """What was said before is not for `session`."""
        self.members[session] = session.outbox.queue
        self.pass_by(session)

    def remove(self, session: Session) -> None:
        """What was said until now is still its own to get."""
        self.catch_up(session)
        del self.members[session]
        self._places.pop(session, None)

    def catch_up(self, session: Session) -> None:
        """Put into its queue what was said so far."""
        said = len(self.pieces)
        place = self._places.get(session, 0)
        if place < said:
            self.members[session] += self.pieces[place:] if place else self.pieces
            self._places[session] = said

    def pass_by(self, session: Session) -> None:
        """What was said since `session` caught up is not for it."""
        if self.pieces:
            self._places[session] = len(self.pieces)

    def collect(self) -> None:
        """A round begins: everyone gets what was said."""
        pieces, places = self.pieces, self._places
        if not pieces:
            return
        self.pieces, self._places = [], {}
        batch = Batch(pieces) if len(pieces) > 1 else pieces[0]
        for queue in self.members.values():
            queue.append(batch)
        for session, place in places.items():
            queue = self.members[session]
            queue.pop()
            queue += pieces[place:]
