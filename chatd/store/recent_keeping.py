"""How much is kept of what is in memory: looked at when somebody reads, once a second at most, as a look goes
through all rooms."""

from collections.abc import Callable
from typing import Final

from chatd.protocol.keep_rule import KeepRule
from chatd.store.keeping import first_kept, rule_of
from chatd.store.recent_entries import RecentEntries


class RecentKeeping:
    """`now` is the time of day in nanoseconds since the epoch, `ages` see AgeClock."""

    __slots__ = ("_ages", "_keep", "_looked", "_now", "_recent", "_rules")

    def __init__(
        self,
        recent: RecentEntries,
        keep: KeepRule,
        now: Callable[[], int],
        ages: Callable[[], int] | None = None,
    ) -> None:
        self._recent: Final = recent
        self._keep: Final = keep
        self._now: Final = now
        self._ages: Final = ages or (lambda: now() // 1_000_000)
        self._rules: dict[int, KeepRule] = {}
        self._looked: int | None = None  # in which second

    def keep(self, number: int, days: int | None, count: int | None) -> None:
        """See MessageLog.keep."""
        self._rules[number] = rule_of(self._keep, days, count)
        self._looked = None

    def forget(self, number: int) -> None:
        self._rules.pop(number, None)

    def look(self) -> None:
        """From now on nothing is shown any more that is not kept, but for what came since the last look,
        less than a second ago."""
        if not self._keep and not self._rules:
            return
        second, recent = self._now() // 1_000_000_000, self._recent
        if second == self._looked:
            return
        self._looked = second
        floors, time = {}, self._ages()
        for number in recent.rooms() if self._keep else self._rules:
            rule = self._rules.get(number, self._keep)
            floor = recent.place(number, first_kept(rule, time), rule.count)
            if floor:
                floors[number] = floor
        recent.raise_floors(floors, recent.place_of_direct(first_kept(self._keep, time)))
