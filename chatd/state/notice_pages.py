"""What one interval announces: who joined and left, as few notices as can be.

Names in a row that joined, or left for the same reason, make a run, so the order is that of what happened. In
a crowd that comes and goes that would be a line for each turn: beyond the first few runs a name goes into the
newest run of its kind, unless that stands before what the name did last. So what one name did is still in
order, of which in a crowd only the last two turns are kept. Reasons beyond the first few are left out.
"""

from collections.abc import Iterable, Iterator

from chatd.protocol.events import Back, Cause, Event, Joined, Left, Lost
from chatd.protocol.limits import Limits
from chatd.protocol.names import fold

#: Why a run's names are in it: None for who joined, a Cause for who was lost, words for who left, a number
#: for who is back after so many seconds.
Why = Cause | str | int | None

#: Bytes around a name and around a run, in the longest dialect.
_AROUND_NAME = 3
_AROUND_RUN = 50
#: Turns of one name that are told in a crowd: enough to know whether it is here.
_TURNS = 2


def _is_reason(why: Why) -> bool:
    """Whether these are words of the one who left."""
    return type(why) is str and why != ""


def _size_of(why: Why) -> int:
    """Bytes of a run without its names."""
    return _AROUND_RUN + (4 * len(why) if isinstance(why, str) else 0)


class NoticeRun:
    """Names that joined, or left for the same reason, by the number of their notice. Runs are numbered in
    the order in which they began."""

    __slots__ = ("names", "number", "why")

    def __init__(self, number: int, why: Why) -> None:
        self.number = number
        self.why = why
        self.names: dict[int, str] = {}

    def event(self, names: Iterable[str], room: str | None) -> Event:
        """The notice for these of its names."""
        names = list(names)
        match self.why:
            case None:
                return Joined(names=names, count=len(names), room=room)
            case int() as seconds:
                return Back(names=names, count=len(names), after_s=seconds, room=room)
            case Cause() as cause:
                return Lost(names=names, count=len(names), cause=cause)
            case reason:
                return Left(names=names, count=len(names), reason=reason or None, room=room)


class NoticePage:
    """The notices from number `start` up to `end`, which is not among them. `positions` are the numbers from
    which its newcomers are told."""

    __slots__ = (
        "_begun",
        "_latest",
        "_reasons",
        "_room",
        "_runs",
        "_turns",
        "end",
        "positions",
        "size",
        "start",
    )

    def __init__(self, start: int, room: str | None = None) -> None:
        self.start = self.end = start
        self._room = room
        self.size = 0  # about how many bytes it has when it is told
        self.positions: list[int] = []
        self._runs: list[NoticeRun] = []
        self._begun = 0  # how many runs there have been
        self._latest: dict[tuple[type, Why], NoticeRun] = {}  # the newest run of each kind and reason
        self._reasons: set[Why] = set()  # that were told
        self._turns: dict[str, list[tuple[int, NoticeRun]]] = {}  # by folded name: its notices

    def add(self, nick: str, why: Why, limits: Limits) -> None:
        """The next notice."""
        turns = self._turns.setdefault(fold(nick), [])
        crowd = len(self._runs) >= limits.notice_runs
        while crowd and len(turns) >= _TURNS:
            self._forget(*turns.pop(0))
        run = self._run_for(self._told(why, limits), turns, crowd)
        run.names[self.end] = nick
        turns.append((self.end, run))
        self.end += 1
        self.size += len(nick) + _AROUND_NAME

    def _told(self, why: Why, limits: Limits) -> Why:
        """`why`, without a reason where there are too many."""
        if not _is_reason(why):
            return why
        if len(self._reasons) < limits.notice_reasons:
            self._reasons.add(why)
        return why if why in self._reasons else ""

    def _run_for(self, why: Why, turns: list[tuple[int, NoticeRun]], crowd: bool) -> NoticeRun:
        """The run for a name that did this before: the newest of its kind, if order allows, or a new one."""
        run = self._latest.get((type(why), why))
        if run is not None:
            last = turns[-1][1] if turns else run
            if run is self._runs[-1] or (crowd and run.number >= last.number):
                return run
        run = NoticeRun(self._begun, why)
        self._begun += 1
        self._runs.append(run)
        self._latest[type(why), why] = run
        self.size += _size_of(why)
        return run

    def _forget(self, number: int, run: NoticeRun) -> None:
        """A notice is not told with the page."""
        self.size -= len(run.names.pop(number)) + _AROUND_NAME
        if not run.names:
            self.size -= _size_of(run.why)
            self._runs.remove(run)
            if self._latest.get((type(run.why), run.why)) is run:
                del self._latest[type(run.why), run.why]

    def mentions(self, name: str) -> bool:
        """Whether a folded name stands in it."""
        return name in self._turns

    def withdraw(self, name: str) -> list[Event]:
        """The notices of a folded name, which are told by themselves."""
        turns = self._turns.pop(name, [])
        events = [run.event([run.names[number]], self._room) for number, run in turns]
        for turn in turns:
            self._forget(*turn)
        return events

    def events(self, start: int = 0) -> Iterator[Event]:
        """The notices from number `start` on."""
        for run in self._runs:
            if names := [name for number, name in run.names.items() if number >= start]:
                yield run.event(names, self._room)
