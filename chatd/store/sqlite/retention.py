"""What is kept no longer is removed, so that nobody feels it.

Now and then all rooms are looked at. First floors rise: they are written, and from then on nobody is shown
what lies at or below one. Then it goes, oldest first, some hundred entries at a time: the search forgets
them, the thread that commits removes them when it has nothing else to do, and there is a pause. A server that
ends or is killed in the middle goes on at its next start, as the floors say what is still to go.

How many entries a room has is counted once, a piece at a time, and kept up from then on: a look counts what
came since the last one.
"""

import logging
from collections.abc import Callable, Iterator
from time import localtime, monotonic, strftime
from typing import Any, Final

import gevent
from gevent.event import Event
from gevent.lock import Semaphore

from chatd.protocol.keep_rule import KeepRule
from chatd.protocol.limits import Limits
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.state.rooms import Room
from chatd.state.stored_entries import StoredEntry
from chatd.store.keeping import MOST_DAYS
from chatd.store.recent_entries import RecentEntries
from chatd.store.sqlite import removing
from chatd.store.sqlite.removing import LookedAt
from chatd.store.sqlite.unhurried import Unhurried
from chatd.store.sqlite.worker import StoreError

log: Final = logging.getLogger("chatd")

#: Seconds to the first look, when a server that starts has better things to do, and between two.
FIRST: Final = 10.0
EVERY: Final = 60.0
#: Seconds between two pieces of counting.
_COUNTING_PAUSE: Final = 0.01
#: Rooms of which floors rise, or entries are removed, in one step, and direct messages that are hidden in
#: one; or rooms to which the loop looks in one turn.
_ROOMS_A_STEP: Final = 500


class Retention:
    """`ages` tells in milliseconds what is too old (AgeClock), `last_id` up to which id all is published. It
    has a greenlet of its own, which ends with `close`."""

    def __init__(
        self,
        keep: KeepRule,
        limits: Limits,
        ages: Callable[[], int],
        work: Unhurried,
        recent: RecentEntries,
        last_id: Callable[[], int],
    ) -> None:
        self._keep: Final = keep
        self._key_time: Final = int(limits.key_time * 1000)
        self._ages: Final = ages
        self._work: Final = work
        self._recent: Final = recent
        self._last_id: Final = last_id
        self._rules: dict[int, tuple[str, int | None, int | None]] = {}  # those to be written
        self._counts: dict[int, int] = {}  # how many entries rooms have, up to the id
        self._counted_to = 0
        self._noted = False  # the database knows the rule
        self._removed, self._newest = 0, 0  # by this look: how many, and when the newest of them was said
        self._soon = Event()
        self._looking: Any = Semaphore()
        self._greenlet: Final = gevent.spawn(self._run)

    def keep(self, room: Room, days: int | None, count: int | None) -> None:
        """See MessageLog.keep."""
        self._rules[room.number] = (room.name, days if days is None else min(days, MOST_DAYS), count)
        self._soon.set()

    def forget(self, room: Room) -> None:
        self._rules.pop(room.number, None)

    def close(self) -> None:
        self._greenlet.kill()

    def _run(self) -> None:
        self._soon.wait(FIRST)
        while True:
            self._soon.clear()
            ruled = True
            try:
                ruled = self.look()
            except StoreError as error:
                log.error("old messages cannot be removed: %s; it is tried again", error)
            except Exception:
                log.exception("an error while old messages were removed")
            self._soon.wait(EVERY if ruled else None)

    def look(self) -> bool:
        """Remove all that is kept no longer. Whether there is any rule by which something ever is."""
        with self._looking:
            return self._look()

    def _look(self) -> bool:
        since = monotonic()
        self._removed, self._newest = 0, 0
        while True:
            self._write_rules()
            rooms = self._looked_at()
            floors, surplus = self._floors(rooms)
            direct, oldest_direct = self._work.read(removing.look_at_direct, self._keep, self._ages())
            if not self._raise(floors, direct):
                continue
            self._remove(
                [
                    (one.room, floor)
                    for one in _in_turns(rooms)
                    if one.oldest <= (floor := self._floor(one.room))
                ],
                self._recent.floors.direct if oldest_direct else 0,
            )
            if not surplus:
                break
        ruled = self._work.read(removing.has_rules)
        if self._removed:
            log.info(
                "%d old messages were removed, those up to %s, by %s, in %.0f s",
                self._removed,
                _moment(self._newest),
                _rules_told(self._keep, ruled),
                monotonic() - since,
            )
        return bool(self._keep) or ruled

    def _floor(self, number: int) -> int:
        return self._recent.floors.of((number, 0))

    # -- which floors rise ---------------------------------------------------------------------------

    def _looked_at(self) -> list[LookedAt]:
        """All rooms in which something may have to be removed."""
        rooms: list[LookedAt] = []
        last = 0
        while True:
            found, last = self._work.read(removing.look_at_rooms, last, self._keep, self._ages())
            if not last:
                return rooms
            rooms += found

    def _floors(self, rooms: list[LookedAt]) -> tuple[dict[int, int], bool]:
        """By room; and whether there is more to remove than that, of some."""
        floors = {one.room: one.old for one in _in_turns(rooms) if one.old > self._floor(one.room)}
        bounds = [one for one in rooms if one.most]
        if bounds:
            self._count()
        counted = ((one.room, self._counts.get(one.room, 0) - one.most) for one in _in_turns(bounds))
        over = [(number, many) for number, many in counted if many > 0]
        more = any(many > removing.RISE for _, many in over)
        while over:
            found = self._work.read(removing.surplus, over)
            over = over[len(found) :]
            floors.update((number, max(floor, floors.get(number, 0))) for number, floor in found)
        return floors, more

    def _count(self) -> None:
        """What came since the last time."""
        end = self._last_id()
        while self._counted_to < end:
            counts, self._counted_to = self._work.read(removing.count_rooms, self._counted_to, end)
            for number, count in counts.items():
                self._counts[number] = self._counts.get(number, 0) + count
            gevent.sleep(_COUNTING_PAUSE)

    # -- what is written -----------------------------------------------------------------------------

    def _write_rules(self) -> None:
        """Those that rooms got since the last time."""
        while self._rules:
            number, rule = next(iter(self._rules.items()))
            self._work.write(removing.ruling(number, *rule))
            if self._rules.get(number) == rule:  # else there is a newer one, or the room is gone
                del self._rules[number]

    def _raise(self, floors: dict[int, int], direct: int) -> bool:
        """False where a room got a rule meanwhile, by which it may keep what these would hide."""
        recent, rooms = self._recent, list(floors.items())
        while rooms or direct > recent.floors.direct or not self._noted:
            self._work.await_turn()
            if self._rules:
                return False
            part, rooms = dict(rooms[:_ROOMS_A_STEP]), rooms[_ROOMS_A_STEP:]
            floor = recent.place_of_direct(direct + 1, _ROOMS_A_STEP) or direct
            self._work.write_now(removing.raising(part, floor, self._keep))
            self._noted = True
            recent.raise_floors(part, floor)
        return True

    def _remove(self, rooms: list[tuple[int, int]], direct: int) -> None:
        """What lies at or below the floors of these rooms, and that of direct messages."""
        while rooms:
            part = rooms[:_ROOMS_A_STEP]
            entries = self._work.read(removing.doomed_in_rooms, part)
            rooms = rooms[len(part) :]
            if len(entries) == removing.STEP:
                places = [number for number, _ in part]
                rooms = part[places.index(entries[-1].first) :] + rooms
            self._remove_step(entries)
        while direct and (entries := self._work.read(removing.doomed_direct, direct)):
            self._remove_step(entries)

    def _remove_step(self, entries: list[StoredEntry]) -> None:
        begun = monotonic()
        self._work.unindex(entries)
        self._work.write(removing.removing(entries, (self._ages() - self._key_time) * IDS_A_MILLISECOND))
        for entry in entries:
            if not entry.second and entry.first in self._counts and entry.id <= self._counted_to:
                self._counts[entry.first] -= 1
        self._removed += len(entries)
        self._newest = max([self._newest, *(entry.at for entry in entries)])
        self._work.rest(begun)


def _in_turns(rooms: list[LookedAt]) -> Iterator[LookedAt]:
    """Each of them; everyone else has a turn now and then."""
    for start in range(0, len(rooms), _ROOMS_A_STEP):
        if start:
            gevent.sleep(0)
        yield from rooms[start : start + _ROOMS_A_STEP]


def _rules_told(keep: KeepRule, rooms: bool) -> str:
    """By what is removed; `rooms`: some have rules of their own."""
    return " and ".join([f"--keep {keep}"] * bool(keep) + ["rules of rooms"] * rooms)


def _moment(at: int) -> str:
    return strftime("%Y-%m-%d %H:%M:%S %z", localtime(at / 1000))
