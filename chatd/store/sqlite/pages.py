"""Questions about what was said: answered at once where the newest entries suffice, else by the thread that
reads.
"""

import logging
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.limits import Limits
from chatd.state.account_store import always
from chatd.state.message_log import ActEntry
from chatd.state.stored_entries import PAGE_LIMIT, Conversation, Missed, MissedPage, Page, Span
from chatd.state.stored_rulings import AuditQuestion, AuditRows
from chatd.store.recent_entries import RecentEntries
from chatd.store.sqlite.acts import read_audit
from chatd.store.sqlite.beginning import PersonKeys
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.missed import read_missed
from chatd.store.sqlite.reading import read_page
from chatd.store.sqlite.worker import StoreThread

log: Final = logging.getLogger("chatd")


class PageQuestions:
    """`last_id` is that of the last entry that was published: nothing above it is read. `recent` are those
    that were published last."""

    def __init__(
        self, thread: StoreThread, files: LogFiles, limits: Limits, last_id: Callable[[], int]
    ) -> None:
        self._thread: Final = thread
        self._database: Final = files.reader
        self._keys: Final[PersonKeys] = files.keys
        self._limits: Final = limits
        self._last_id: Final = last_id
        self._asked = 0
        self.recent: Final = RecentEntries(limits.recent, files.floors)
        self._floors: Final = files.floors
        self.recent.begin(files.newest, files.floor)

    @property
    def end(self) -> int:
        """Everything that is published has a lower id."""
        return self._last_id() + 1

    def acted(self, act: ActEntry) -> None:
        """It is published: what it removes nobody reads any more."""
        if act.removes is not None:
            self.recent.delete(act.removes, act.author.person.nick)

    def read_audit(
        self,
        question: AuditQuestion,
        then: Callable[[AuditRows | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """See MessageLog.read_audit."""
        end = self.end
        return self.ask(lambda: read_audit(self._database, question, end), then, wanted)

    def read(
        self,
        conversation: Conversation,
        span: Span,
        then: Callable[[Page | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """See MessageLog.read."""
        page = self.recent.whole(conversation, span)
        if page is not None:
            then(page)
            return True
        end, floor = self.end, self._floors.of(conversation)

        def answer(page: Page | None) -> None:
            then(page and self._floors.page(conversation, span, page))

        return self.ask(lambda: read_page(self._database, conversation, span, end, floor), answer, wanted)

    def read_missed(
        self,
        missed: Missed,
        then: Callable[[MissedPage | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """See MessageLog.read_missed."""
        keys = self._keys.get(missed.person, []) if missed.most is not None else []
        self.recent.sort()
        if missed.after >= self.recent.floor:
            then(replace(self.recent.missed(missed), keys=keys))
            return True
        end, direct = self.end, self._floors.direct
        rooms = self._floors.with_own(missed.rooms, missed.floors)

        def complete(page: MissedPage | None) -> None:
            page = page and self._floors.missed(missed, page)
            if page is None or page.more:
                then(page and replace(page, keys=keys))
            else:
                self._complete(missed, end, replace(page, keys=keys), then, wanted)

        return self.ask(lambda: read_missed(self._database, missed, end, rooms, direct), complete, wanted)

    def _complete(
        self,
        missed: Missed,
        end: int,
        page: MissedPage,
        then: Callable[[MissedPage | None], None],
        wanted: Callable[[], bool],
    ) -> None:
        """Everything below the id `end` is in the page, or before: what was published since comes from
        memory, or, where that has forgotten some of it already, as one more page."""
        missed = replace(missed, after=end - 1, most=None)
        self.recent.sort()
        if self.recent.floor < end:
            since = self.recent.missed(missed)
            entries = page.entries + since.entries
            more = since.more or len(entries) > PAGE_LIMIT
            then(replace(page, entries=entries[:PAGE_LIMIT], more=more, gaps=page.gaps + since.gaps))
        elif page.entries:
            then(replace(page, more=True))
        else:
            self.read_missed(
                missed,
                lambda since: then(since and replace(since, gaps=page.gaps + since.gaps, keys=page.keys)),
                wanted,
            )

    def ask(self, job: Callable[[], Any], then: Callable[[Any], None], wanted: Callable[[], bool]) -> bool:
        """Have the thread that reads do it; `then` gets None where it could not. False when too much waits
        for that already. Who asks and is gone before its turn must not keep all others waiting."""
        if self._asked >= self._limits.pages_asked:
            return False
        self.begin(job, then, wanted)
        return True

    def begin(self, job: Callable[[], Any], then: Callable[[Any], None], wanted: Callable[[], bool]) -> None:
        """`ask`, however much waits; for who asks for one thing at a time."""
        self._asked += 1

        def answer(page: Any, error: Exception | None) -> None:
            self._asked -= 1
            if error is not None:
                log.error("a page of the log could not be read: %s", error)
            then(page)

        self._thread.start(lambda: job() if wanted() else None, answer)
