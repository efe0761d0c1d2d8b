"""Search, as the engine sees it."""

import logging
from collections.abc import Callable
from contextlib import closing
from time import monotonic
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.message_log import always
from chatd.state.stored_entries import Found, NotFound, SearchFailure, Wanted
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.opening import connect
from chatd.store.sqlite.search.index_file import IndexFile, is_damage
from chatd.store.sqlite.search.index_writer import IndexWriter
from chatd.store.sqlite.search.searcher import IndexSearcher
from chatd.store.sqlite.search.upkeep import IndexUpkeep
from chatd.store.sqlite.worker import StoreThread

log: Final = logging.getLogger("chatd")


class SearchService:
    """`last_id` is that of the last entry that was published. `published` is to be called when there may be
    such; `unindex` before entries are removed. `threads` have to end before it is closed."""

    def __init__(self, files: LogFiles, limits: Limits, last_id: Callable[[], int]) -> None:
        self._limits: Final = limits
        self._last_id: Final = last_id
        self._floors: Final = files.floors
        file = IndexFile(files.folder.search_index, files.identity)
        self._log: Final = connect(files.folder, "ro")
        self._writer: Final = IndexWriter(file, self._log)
        self._searcher: Final = IndexSearcher(file, files.folder.database, limits, monotonic)
        _, self._thread = self.threads = StoreThread("index"), StoreThread("search")
        self._upkeep: Final = IndexUpkeep(self._writer, self._searcher, self.threads, last_id, monotonic)
        self._upkeep.begin()
        self.published, self.unindex = self._upkeep.published, self._upkeep.unindex
        self._asked = 0
        self._ending = False

    def search(
        self, wanted: Wanted, then: Callable[[Found | NotFound], None], awaited: Callable[[], bool] = always
    ) -> bool:
        """See MessageLog.search."""
        why_not = self._upkeep.why_not
        if why_not is not None:
            then(NotFound(why_not, indexed=self._upkeep.indexed))
            return True
        if self._asked >= self._limits.searches_asked:
            return False
        self._asked += 1
        end = self._last_id() + 1

        def search() -> Found | NotFound:
            if self._ending or not awaited():
                return NotFound(SearchFailure.UNWANTED)
            try:
                return self._searcher.search(wanted, end)
            except Exception:
                self._searcher.close()
                raise

        self._thread.start(search, lambda found, error: self._answer(found, error, then))
        return True

    def _answer(
        self,
        found: Found | NotFound | None,
        error: Exception | None,
        then: Callable[[Found | NotFound], None],
    ) -> None:
        self._asked -= 1
        if error is not None and is_damage(error):
            self._upkeep.damaged(error)
        elif error is not None:
            log.error("a search failed: %s", error)
            self._upkeep.published()  # it looks whether the file is still there
        if isinstance(found, Found):
            found = self._floors.found(found)
        then(found or NotFound(self._upkeep.why_not or SearchFailure.UNREADABLE))

    def stop(self) -> None:
        """Nothing is begun any more."""
        self._ending = True
        self._upkeep.close()

    def close(self) -> None:
        """The threads have ended."""
        with closing(self._log):
            self._searcher.close()
            self._writer.close()
