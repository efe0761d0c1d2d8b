"""The room's messages in the order of their ids, as one process knows them. Every stream is compared with it.

All readers get the same lines but their own. So each line is kept once, as the first reader got it, and a
reader's place in the log is the id of its last message: what comes next must be the next lines of the log. A
message may be entered late, between two others: its speaker, who does not receive it, may be ahead of all
others, and so may somebody who joined after it. Where its speaker's acknowledgement comes first, it is a HOLE
until somebody receives it.
"""

from bisect import bisect_left, bisect_right
from typing import Final

from loadtests.engine.stamps import Stamped
from loadtests.measure.errors import Fault

#: In place of a line that nobody has received: no line begins like it.
HOLE: Final = b"\0"


class RoomLog:
    """Lists with one item for each message: of its `authors` item k is the sender's name, and the number that
    the message has there. `known` is the highest id that anyone has heard of.
    `unacknowledged` holds ids of received messages whose speaker is in this process and has no
    acknowledgement yet. Nothing up to `settled` is kept, or can change."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.lines: list[bytes] = []
        self.authors: list[tuple[str, int]] = []
        self.dues: list[int] = []
        self.known = self.settled = 0
        self.unacknowledged: set[int] = set()

    def after(self, id: int) -> int:
        """The index of the first message with a higher id."""
        return bisect_right(self.ids, id)

    def find(self, id: int) -> int | None:
        """The index of that message."""
        at = bisect_left(self.ids, id)
        return at if at < len(self.ids) and self.ids[at] == id else None

    def receive(self, id: int, line: bytes, sender: str, stamp: Stamped) -> None:
        """Somebody is the first to receive this message. Raises Fault."""
        at = self.find(id)
        if at is None:
            self._insert(id, line, (sender, stamp.number), stamp.due)
        elif (sender, stamp.number) != (author := self.authors[at]):
            raise Fault(f"message {author[1]} of {author[0]} was changed to {line[:200]!r}")
        else:
            self.lines[at], self.dues[at] = line, stamp.due

    def acknowledge(self, id: int, sender: str, number: int, due: int) -> None:
        """The sender was told that its message has this id. Raises Fault."""
        at = self.find(id)
        if at is None:
            self._insert(id, HOLE, (sender, number), due)
        elif (sender, number) != self.authors[at]:
            raise Fault(f"message {number} of {sender} has the id {id}, and came as {self.lines[at][:200]!r}")
        self.unacknowledged.discard(id)

    def settle(self, id: int) -> None:
        """Drop everything up to `id`."""
        count = bisect_right(self.ids, id)
        for items in (self.ids, self.lines, self.authors, self.dues):
            del items[:count]
        self.settled = max(self.settled, id)

    def _insert(self, id: int, line: bytes, author: tuple[str, int], due: int) -> None:
        if id <= self.settled:
            raise Fault(f"everyone else is past id {id}, and did not get it: {line[:200]!r}")
        at = bisect_left(self.ids, id)
        self.ids.insert(at, id)
        self.lines.insert(at, line)
        self.authors.insert(at, author)
        self.dues.insert(at, due)
        self.known = max(self.known, id)
