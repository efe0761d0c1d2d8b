"""Search, as the engine sees it."""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic
from typing import Final

from msgspec.structs import replace

from chatd.protocol.limits import Limits
from chatd.state.account_store import always
from chatd.state.stored_entries import Found, NotFound, SearchFailure, Wanted
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.opening import connect
from chatd.store.sqlite.schema import Statements, as_json
from chatd.store.sqlite.search.index_file import IndexFile, is_damage
from chatd.store.sqlite.search.index_writer import IndexWriter
from chatd.store.sqlite.search.searcher import IndexSearcher
from chatd.store.sqlite.search.upkeep import IndexUpkeep
from chatd.store.sqlite.worker import StoreThread

log: Final = logging.getLogger("chatd")

#: Seconds after which a search is none of the quick ones: a word among a million messages takes 1 to 3 ms.
_QUICK: Final = 0.01

_FORGOTTEN: Final = "DELETE FROM unindexed WHERE id IN (SELECT value FROM json_each(?))"


class SearchLane:
    """A thread that does one search after the other, of so many seconds at most. `waiting` counts those that
    are not answered yet."""

    def __init__(self, name: str, file: IndexFile, log: Path, seconds: float) -> None:
        self.thread: Final = StoreThread(name)
        self.searcher: Final = IndexSearcher(file, log, seconds, monotonic)
        self.waiting = 0

    def start(
        self,
        wanted: Wanted,
        end: int,
        awaited: Callable[[], bool],
        then: Callable[[Found | NotFound | None, Exception | None], None],
    ) -> None:
        def search() -> Found | NotFound:
            if not awaited():
                return NotFound(SearchFailure.UNWANTED)
            try:
                return self.searcher.search(wanted, end)
            except Exception:
                self.searcher.close()
                raise

        def answered(found: Found | NotFound | None, error: Exception | None) -> None:
            self.waiting -= 1
            then(found, error)

        self.waiting += 1
        self.thread.start(search, answered)


class SearchService:
    """What takes long is begun anew in a lane of its own, so that a hundred of those do not hold up all that
    are quick.

    `last_id` is that of the last entry that was published. `published` is to be called when there may be
    such; `unindex` before entries are removed. `committer` is the thread that commits; `threads` have to end
    before it is closed."""

    def __init__(
        self, files: LogFiles, limits: Limits, last_id: Callable[[], int], committer: StoreThread
    ) -> None:
        self._limits: Final = limits
        self._write: Final = files.writer.change
        self._committer: Final = committer
        self._last_id: Final = last_id
        self._floors: Final = files.floors
        file = IndexFile(files.folder.search_index, files.identity)
        self._log: Final = connect(files.folder, "ro")
        self._writer: Final = IndexWriter(file, self._log)
        log = files.folder.database
        self._quick: Final = SearchLane("search", file, log, min(_QUICK, limits.search_time))
        self._long: Final = SearchLane("long search", file, log, limits.search_time)
        lanes = [(lane.thread, lane.searcher) for lane in (self._quick, self._long)]
        index = StoreThread("index")
        self.threads: Final = (index, *(thread for thread, _ in lanes))
        self._upkeep: Final = IndexUpkeep(self._writer, index, lanes, last_id, monotonic, self._forgotten)
        self._upkeep.begin()
        self.published, self.unindex = self._upkeep.published, self._upkeep.unindex
        self.purge = self._upkeep.purge
        self._ending = False

    def search(
        self, wanted: Wanted, then: Callable[[Found | NotFound], None], awaited: Callable[[], bool] = always
    ) -> bool:
        """See MessageLog.search."""
        why_not = self._upkeep.why_not
        if why_not is not None:
            then(NotFound(why_not, indexed=self._upkeep.indexed))
            return True
        if self._quick.waiting >= self._limits.searches_asked:
            return False
        end = self._last_id() + 1

        def wait_for_it() -> bool:
            return not self._ending and awaited()

        def begun(found: Found | NotFound | None, error: Exception | None) -> None:
            if not isinstance(found, NotFound) or found.why is not SearchFailure.TOO_SLOW:
                self._answer(found, error, then)
                return
            seconds, why_not = found.seconds, self._upkeep.why_not  # the index may be gone by now
            if why_not is None and self._long.waiting < self._limits.long_searches_asked:
                self._long.start(
                    wanted, end, wait_for_it, lambda found, error: self._answer(found, error, then, seconds)
                )
            else:
                then(NotFound(why_not or SearchFailure.TOO_SLOW, seconds, self._upkeep.indexed))

        self._quick.start(wanted, end, wait_for_it, begun)
        return True

    def _forgotten(self, ids: Sequence[int]) -> None:
        """The index has nothing of these any more: the log need not have their texts."""
        statements: Statements = [(_FORGOTTEN, (as_json(ids),))]

        def done(_: None, error: Exception | None) -> None:
            if error is None:  # else it is tried again with the next step
                self._upkeep.published()

        self._committer.start(lambda: self._write(statements), done)

    def _answer(
        self,
        found: Found | NotFound | None,
        error: Exception | None,
        then: Callable[[Found | NotFound], None],
        seconds: float = 0.0,
    ) -> None:
        """It took so many seconds more."""
        if error is not None and is_damage(error):
            self._upkeep.damaged(error)
        elif error is not None:
            log.error("a search failed: %s", error)
            self._upkeep.published()  # it looks whether the file is still there
        if isinstance(found, Found):
            found = self._floors.found(found)
        found = found or NotFound(self._upkeep.why_not or SearchFailure.UNREADABLE)
        then(replace(found, seconds=found.seconds + seconds))

    def stop(self) -> None:
        """Nothing is begun any more."""
        self._ending = True
        self._upkeep.close()

    def close(self) -> None:
        """The threads have ended."""
        with closing(self._log):
            self._quick.searcher.close()
            self._long.searcher.close()
            self._writer.close()
