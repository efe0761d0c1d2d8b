"""Who joined and left, merged before it is announced.

To announce each join at once makes a storm of N joins cost N * N sends, which is what stops other servers.
Here joins and departures are collected as runs (names in a row with the same kind and reason), and announced
at most once an interval, in the order in which they happened; the first in a quiet room at once.

Newcomers are told only what happened after they joined. They are few in any one interval, so each gets
notices of its own: the rest of the run that it stands in, and the runs after it.
"""

from collections.abc import Iterator
from typing import Final

from chatd.protocol.events import Cause, Event, Joined, Left, Lost
from chatd.protocol.names import fold
from chatd.state.sessions import Session

#: Why a run's names are in it: None for who joined, a Cause for who was lost, words for who left.
Why = Cause | str | None


class NoticeRun:
    """Names in a row that joined, or left for the same reason."""

    __slots__ = ("names", "why")

    def __init__(self, why: Why) -> None:
        self.why = why
        self.names: list[str] = []

    def event(self, start: int = 0) -> Event:
        """The notice for the names from `start` on."""
        names = self.names[start:]
        match self.why:
            case None:
                return Joined(names=names, count=len(names))
            case Cause() as cause:
                return Lost(names=names, count=len(names), cause=cause)
            case reason:
                return Left(names=names, count=len(names), reason=reason or None)


class Notices:
    """What is still to be announced in a room. Times are seconds of the server's monotonic clock."""

    __slots__ = ("_interval", "_last", "_mentioned", "newcomers", "runs")

    def __init__(self, interval: float) -> None:
        self._interval: Final = interval
        self._last = -interval
        self.runs: list[NoticeRun] = []
        self.newcomers: dict[Session, tuple[int, int]] = {}  # since which (run, name) each is told
        self._mentioned: set[str] = set()

    def add(self, nick: str, why: Why) -> None:
        """Note that `nick` joined or left."""
        if not self.runs or self.runs[-1].why != why or type(self.runs[-1].why) is not type(why):
            self.runs.append(NoticeRun(why))
        self.runs[-1].names.append(nick)
        self._mentioned.add(fold(nick))

    def arrived(self, session: Session) -> None:
        """`session` is told only what is added from here on."""
        if self.runs:
            self.newcomers[session] = (len(self.runs) - 1, len(self.runs[-1].names))

    def departed(self, session: Session) -> None:
        """`session` is told nothing more."""
        self.newcomers.pop(session, None)

    def mentions(self, nick: str) -> bool:
        """Whether something about `nick` is still to be announced."""
        return bool(self._mentioned) and fold(nick) in self._mentioned

    @property
    def due_at(self) -> float | None:
        """When the next notices are due; None when there are none."""
        return self._last + self._interval if self.runs else None

    def take(self, now: float) -> tuple[list[NoticeRun], dict[Session, tuple[int, int]]]:
        """Everything that is to be announced, now, and who joined meanwhile."""
        taken = self.runs, self.newcomers
        self.runs, self.newcomers = [], {}
        self._mentioned.clear()
        self._last = now
        return taken


def since(runs: list[NoticeRun], position: tuple[int, int]) -> Iterator[Event]:
    """The notices for a newcomer, from its position in the runs on."""
    index, start = position
    if start < len(runs[index].names):
        yield runs[index].event(start)
    for run in runs[index + 1 :]:
        yield run.event()
