"""Who joined and left, merged before it is announced.

To announce each join at once makes a storm of N joins cost N * N sends, which is what stops other servers.
Here joins and departures are collected, and announced at most once an interval; the first in a quiet room at
once. What would make one interval's notices too long waits for the next: a *page* is what one interval
announces (see notice_pages.py).

Newcomers are told only what happened after they joined. The first few of a page are told exactly that; to
render such a part for each of a crowd would be quadratic again, so the others share some, which begin a
little earlier, and may name themselves. A reader takes a notice about somebody whom it knows already, or
does not know, as nothing new: it has to, since the list that it asked for may be newer than the notice.
"""

from collections import deque
from typing import Final

from chatd.protocol.events import Event
from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
from chatd.state.notice_pages import NoticePage, Why
from chatd.state.sessions import Session


class Notices:
    """What is still to be announced in a room. Notices are numbered from 0; `end` is the number of the next
    one, `withdrawn` counts how often some were told out of their turn. Times are seconds of the server's
    monotonic clock."""

    __slots__ = (
        *("_hurried", "_hurry_ends", "_last", "_limits", "_newcomers", "_pages", "_room"),
        *("end", "withdrawn"),
    )

    def __init__(self, limits: Limits, room: str | None = None) -> None:
        """`room` is named in them, where they are not about the server."""
        self._limits: Final = limits
        self._room: Final = room
        self._last = self._hurry_ends = -limits.notice_interval
        self._hurried = 0  # bytes in the interval that ends then
        self._pages: deque[NoticePage] = deque()
        self._newcomers: dict[Session, int] = {}  # from which number on each is told
        self.end = 0
        self.withdrawn = 0

    def add(self, nick: str, why: Why) -> None:
        """Note that `nick` joined or left."""
        if not self._pages or self._pages[-1].size >= self._limits.notice_bytes:
            self._pages.append(NoticePage(self.end, self._room))
        self._pages[-1].add(nick, why, self._limits)
        self.end += 1

    def arrived(self, session: Session) -> None:
        """`session` is told only what is added from here on, or a little before (see above)."""
        if not self._pages:
            return
        page, parts = self._pages[-1], self._limits.notice_parts
        last = page.positions[-1] if page.positions else page.start
        # In a crowd a new part begins whenever the page has grown by an eighth: so there are few, and nobody
        # is told much more than what came after.
        enough = 0 if len(page.positions) < parts else max(parts, (self.end - page.start) // 8)
        if self.end - last > enough:
            page.positions.append(self.end)
        self._newcomers[session] = page.positions[-1]

    def departed(self, session: Session) -> None:
        """`session` is told nothing more."""
        self._newcomers.pop(session, None)

    def mentions(self, nick: str) -> bool:
        """Whether something about `nick` is still to be announced."""
        if not self._pages:
            return False
        name = fold(nick)
        return any(page.mentions(name) for page in self._pages)

    @property
    def newcomers(self) -> int:
        """How many are told only what came after them."""
        return len(self._newcomers)

    @property
    def crowded(self) -> bool:
        """Whether more waits than one interval may tell."""
        return len(self._pages) > 1

    @property
    def overfull(self) -> bool:
        """Whether so much waits that nobody more should join."""
        return len(self._pages) > self._limits.notice_pages

    def withdraw(self, nick: str) -> list[Event]:
        """What is still to be announced about `nick`, to be told by itself; the rest waits for its time."""
        self.withdrawn += 1
        name = fold(nick)
        return [event for page in self._pages for event in page.withdraw(name)]

    def take_hurry(self, now: float, most: int) -> bool:
        """Whether what waits may be announced before it is due, since somebody speaks or a name changes its
        holder: not in a crowd, nor when more than `most` bytes were in this interval already."""
        if now >= self._hurry_ends:
            self._hurried, self._hurry_ends = 0, now + self._limits.notice_interval
        if self.crowded or self._hurried > most:
            return False
        self._hurried += self._pages[0].size
        return True

    def told_from(self, session: Session) -> int:
        """The number of the first notice that `session` is still to be told."""
        announced = self._pages[0].start if self._pages else self.end
        return self._newcomers.get(session, announced)

    @property
    def due_at(self) -> float | None:
        """When the next notices are due; None when there are none."""
        return self._last + self._limits.notice_interval if self._pages else None

    def take(self, now: float) -> tuple[NoticePage, dict[Session, int]]:
        """The oldest page, to be announced now, and who is not told all of it, but what has this number or a
        higher one."""
        page, newcomers = self._pages.popleft(), self._newcomers
        self._newcomers = {session: start for session, start in newcomers.items() if start > page.end}
        self._last = now
        return page, newcomers
