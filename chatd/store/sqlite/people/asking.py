"""Questions about invites and about what is unread, which the thread that reads answers."""

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Final

from chatd.state.account_store import always
from chatd.state.stored_accounts import CaughtUp, StoredInvite, Unread, UnreadQuestion
from chatd.state.stored_entries import Conversation
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.pages import PageQuestions
from chatd.store.sqlite.people.invites import read_invite
from chatd.store.sqlite.people.unread import UnreadBounds, count_unread, read_unread

#: What the thread does for it, who gets the answer, and whether that is still wanted.
_Count = tuple[Callable[[], Unread], Callable[[Unread | None], None], Callable[[], bool]]


class PeopleQuestions:
    """`pages` is the queue of that thread, `now` the time of day in milliseconds. `unwritten` are the marks
    of a person that are not written yet."""

    def __init__(
        self,
        files: LogFiles,
        pages: PageQuestions,
        now: Callable[[], int],
        unwritten: Callable[[int], Mapping[Conversation, int]],
    ) -> None:
        self._database: Final = files.reader
        self._floors: Final = files.floors
        self._pages: Final = pages
        self._now: Final = now
        self._unwritten: Final = unwritten
        self._counts: Final[OrderedDict[int, deque[_Count]]] = OrderedDict()  # that wait, by person
        self._counting = False

    def find_invite(self, code: str, then: Callable[[StoredInvite | None], None]) -> bool:
        """See AccountStore."""
        now = self._now()
        return self._pages.ask(lambda: read_invite(self._database, code, now), then, always)

    def count_unread(
        self,
        question: UnreadQuestion,
        then: Callable[[Unread | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """See AccountStore. Whoever comes asks this once, and after a restart all come at once: so each
        person gets its turn, one at a time, and pages are read in between."""
        bounds = self._bounds(question)
        count = (lambda: count_unread(self._database, question, bounds), then, wanted)
        self._counts.setdefault(question.person, deque()).append(count)
        self._count_next()
        return True

    def _count_next(self) -> None:
        if self._counting or not self._counts:
            return
        self._counting = True
        person, waiting = self._counts.popitem(last=False)
        count, then, wanted = waiting.popleft()
        if waiting:  # who comes with many devices keeps others waiting for one of them
            self._counts[person] = waiting

        def answer(unread: Unread | None) -> None:
            self._counting = False
            try:
                then(unread)
            finally:
                self._count_next()

        self._pages.begin(count, answer, wanted)

    def read_unread(
        self,
        question: UnreadQuestion,
        limit: int,
        then: Callable[[CaughtUp | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """See AccountStore."""
        bounds = self._bounds(question)

        def answer(found: CaughtUp | None) -> None:
            then(found and self._floors.caught_up(found))

        return self._pages.ask(lambda: read_unread(self._database, question, limit, bounds), answer, wanted)

    def _bounds(self, question: UnreadQuestion) -> UnreadBounds:
        """As everything is at this moment: what comes later is not counted. (What is published is committed,
        so the thread finds all of it.)"""
        rooms = self._floors.with_own(question.rooms, question.floors)
        direct = self._floors.direct
        return UnreadBounds(self._pages.end, rooms, direct, self._unwritten(question.person))
