"""Everything that has to do with a person goes, so that nobody feels it.

From the moment in which that is asked for nobody is shown any of it. First it is noted who is to go. Then it
goes, some hundred entries at a time: the search forgets them, the thread that commits writes what is left,
and there is a pause. It is looked through again until nothing is found: what was being said to the person
came later, perhaps, and after an error of the disk something may have come back. A server that ends or is
killed in the middle goes on at its next start.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final

import gevent
from gevent.event import Event

from chatd.store.recent_entries import RecentEntries
from chatd.store.sqlite.people import person_rows
from chatd.store.sqlite.unhurried import Unhurried
from chatd.store.sqlite.worker import StoreError

log: Final = logging.getLogger("chatd")

#: Entries of a step. With 50 the p99 of a busy server's answers is 3 ms more meanwhile, with 100 it is 5.
STEP: Final = 50
#: Seconds until it is tried again, where it could not be done.
_AGAIN: Final = 30.0

_Then = Callable[[bool], None]


class Erasing:
    """`begun` are those of before. `in_turn` does something when all that was appended before is in the log,
    or has failed; `end` is the id below which that is. It has a greenlet of its own, which ends with
    `close`."""

    def __init__(
        self,
        begun: Sequence[int],
        work: Unhurried,
        recent: RecentEntries,
        in_turn: Callable[[Callable[[], None]], None],
        end: Callable[[], int],
    ) -> None:
        self._work: Final = work
        self._recent: Final = recent
        self._in_turn: Final = in_turn
        self._end: Final = end
        self._asked: Final[OrderedDict[int, list[_Then]]] = OrderedDict()  # by person
        self._searchable = set(begun)  # of whom something may be in the file of the index
        self._soon = Event()
        self._finishing = False
        for person in begun:
            self._add(person)
        self._greenlet: Final[Any] = gevent.spawn(self._run)

    def erase(self, person: int, then: _Then) -> None:
        """See AccountStore."""
        if self._finishing:
            then(False)
            return
        self._add(person).append(then)
        self._soon.set()

    def finish(self) -> None:
        """The server goes down: the next one goes on with what is begun."""
        self._finishing = True
        self._greenlet.kill()
        for person in self._asked:
            self._answer(person, False)

    def close(self) -> None:
        self._greenlet.kill()

    def _add(self, person: int) -> list[_Then]:
        if person not in self._asked:
            self._asked[person] = []
            self._recent.erase(person)
        return self._asked[person]

    def _run(self) -> None:
        while True:
            self._soon.clear()
            sound = True
            for person in list(self._asked):
                sound = self._try(person) and sound
            if not self._soon.is_set():
                self._soon.wait(None if sound else _AGAIN)

    def _try(self, person: int) -> bool:
        done = False
        try:
            self._erase(person)
            done = True
        except StoreError as error:
            log.error("not all that a deleted person said can be removed: %s; it is tried again", error)
        except Exception:
            log.exception("an error while what a deleted person said was removed")
        self._answer(person, done)
        if done:
            del self._asked[person]
        return done

    def _answer(self, person: int, done: bool) -> None:
        waiting, self._asked[person] = self._asked[person], []
        for then in waiting:
            try:
                then(done)
            except Exception:
                log.exception("an error after a person was erased")

    def _erase(self, person: int) -> None:
        since = monotonic()
        came = Event()
        self._in_turn(came.set)
        came.wait()
        self._recent.erase(person)  # what was on its way
        self._work.write_for_good(person_rows.begin(person))
        count = 0
        while found := self._pass(person):
            count += found
            self._searchable.add(person)
        if person in self._searchable:
            self._work.purge()
            self._searchable.discard(person)
        self._work.write_for_good(person_rows.finishing(person))
        self._work.wait_for_the_disk()
        log.info("%d entries of a deleted person were removed in %.0f s", count, monotonic() - since)

    def _pass(self, person: int) -> int:
        """Through all there is; how many were found."""
        after, end, count = -1, self._end(), 0
        while after < end - 1:
            begun = monotonic()
            piece = self._work.read(person_rows.erased_piece, person, after, end, STEP)
            after = piece.upto
            statements = person_rows.erasing(person, piece)
            if statements:
                count += len(piece.entries) + len(piece.acts)
                self._work.unindex([entry for _, entry in piece.entries])
                self._work.write_for_good(statements)
                self._recent.floors.unname_deleted(id for _, id in person_rows.deleted_by(person, piece))
            self._work.rest(begun)
        return count
