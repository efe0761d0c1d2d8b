"""Who joined and left, merged before it is announced.

To announce each join at once makes a storm of N joins cost N * N sends, which is what stops other servers.
Here joins and departures are collected as runs (names with the same kind and reason), and announced at most
once an interval; the first in a quiet room at once.

Names in a row make a run, so the order is that of what happened. In a crowd that comes and goes that would be
a line for each turn: beyond the first few runs a name goes into the newest run of its kind, unless it stands
in a later one already, so what one name did is still in order. Reasons beyond the first few are left out, and
what would make an interval's notices too long waits for the next: a page is what one interval announces.

Newcomers are told only what happened after they joined: the first few of a page exactly that. To render a
part for each of a crowd would be quadratic again, so the others share one part, which may begin a little
earlier, and name themselves. As in a list that is asked for meanwhile: that somebody joined who is known
already, or left who is not, is nothing new.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final

from chatd.protocol.events import Cause, Event, Joined, Left, Lost
from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
from chatd.state.sessions import Session

#: Why a run's names are in it: None for who joined, a Cause for who was lost, words for who left.
Why = Cause | str | None

#: Bytes around a name and around a run, in the longest dialect.
_AROUND_NAME: Final = 3
_AROUND_RUN: Final = 50


def _is_reason(why: Why) -> bool:
    """Whether these are words of the one who left."""
    return type(why) is str and why != ""


class NoticeRun:
    """Names that joined, or left for the same reason. `numbers` says of each which notice it was."""

    __slots__ = ("names", "numbers", "why")

    def __init__(self, why: Why) -> None:
        self.why = why
        self.names: list[str] = []
        self.numbers: list[int] = []

    def event(self, names: list[str]) -> Event:
        """The notice for these of its names."""
        match self.why:
            case None:
                return Joined(names=names, count=len(names))
            case Cause() as cause:
                return Lost(names=names, count=len(names), cause=cause)
            case reason:
                return Left(names=names, count=len(names), reason=reason or None)


class NoticePage:
    """What one interval announces: the notices from number `start` up to `end`, which is not among them.
    `positions` are the numbers from which its newcomers are told."""

    __slots__ = ("_latest", "_mentioned", "_reasons", "_runs", "end", "positions", "size", "start")

    def __init__(self, start: int) -> None:
        self.start = self.end = start
        self.size = 0  # about how many bytes it has when it is told
        self.positions: list[int] = []
        self._runs: list[NoticeRun] = []
        self._latest: dict[tuple[type, Why], int] = {}  # the newest run of each kind and reason
        self._mentioned: dict[str, int] = {}  # the newest run that a name stands in
        self._reasons = 0

    def add(self, nick: str, why: Why, limits: Limits) -> None:
        """The next notice."""
        if (type(why), why) not in self._latest and _is_reason(why):
            why = why if self._reasons < limits.notice_reasons else ""
        name = fold(nick)
        index = self._latest.get((type(why), why), -1)
        crowd = len(self._runs) >= limits.notice_runs
        first = self._mentioned.get(name, 0) if crowd else len(self._runs) - 1
        if index < max(0, first):
            index = self._begin(why)
        run = self._runs[index]
        run.names.append(nick)
        run.numbers.append(self.end)
        self._mentioned[name] = index
        self.end += 1
        self.size += len(nick) + _AROUND_NAME

    def _begin(self, why: Why) -> int:
        """A new run; its index."""
        key = type(why), why
        if key not in self._latest and _is_reason(why):
            self._reasons += 1
        self._latest[key] = len(self._runs)
        self._runs.append(NoticeRun(why))
        self.size += _AROUND_RUN + 4 * len(why or "")
        return len(self._runs) - 1

    def mentions(self, name: str) -> bool:
        """Whether a folded name stands in it."""
        return name in self._mentioned

    def events(self, start: int = 0) -> Iterator[Event]:
        """The notices from number `start` on."""
        for run in self._runs:
            names = [name for number, name in zip(run.numbers, run.names, strict=True) if number >= start]
            if names:
                yield run.event(names)


class Notices:
    """What is still to be announced in a room. Notices are numbered from 0; `end` is the number of the next
    one. Times are seconds of the server's monotonic clock."""

    __slots__ = ("_hurried", "_last", "_limits", "_newcomers", "_pages", "end")

    def __init__(self, limits: Limits) -> None:
        self._limits: Final = limits
        self._last = self._hurried = -limits.notice_interval
        self._pages: deque[NoticePage] = deque()
        self._newcomers: dict[Session, int] = {}  # from which number on each is told
        self.end = 0

    def add(self, nick: str, why: Why) -> None:
        """Note that `nick` joined or left."""
        if not self._pages or self._pages[-1].size >= self._limits.notice_bytes:
            self._pages.append(NoticePage(self.end))
        self._pages[-1].add(nick, why, self._limits)
        self.end += 1

    def arrived(self, session: Session) -> None:
        """`session` is told only what is added from here on, or a little before (see above)."""
        if not self._pages:
            return
        positions = self._pages[-1].positions
        if not positions or (positions[-1] < self.end and len(positions) < self._limits.notice_parts):
            positions.append(self.end)
        self._newcomers[session] = positions[-1]

    def departed(self, session: Session) -> None:
        """`session` is told nothing more."""
        self._newcomers.pop(session, None)

    def mentions(self, nick: str) -> bool:
        """Whether something about `nick` is still to be announced."""
        return bool(self._pages) and any(page.mentions(fold(nick)) for page in self._pages)

    def may_hurry(self, now: float) -> bool:
        """Whether they may be announced before they are due, so that it is clear who had a name before: once
        an interval, or somebody who comes and goes under one name would have each turn told by itself."""
        if now < self._hurried + self._limits.notice_interval:
            return False
        self._hurried = now
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
