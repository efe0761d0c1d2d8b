"""A search through the newest entries, which are in memory: each is looked at, newest first.

Ten thousand take a tenth of a second, so the loop has a turn after each millisecond or two of it.
"""

import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic
from typing import Final

from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
from chatd.protocol.search_words import Phrase, words_of
from chatd.state.stored_entries import (
    PAGE_LIMIT,
    UNSAID,
    Found,
    Neighbours,
    NotFound,
    SearchFailure,
    Span,
    StoredEntry,
    Wanted,
)
from chatd.store.later import Later
from chatd.store.recent_entries import RecentEntries

log: Final = logging.getLogger("chatd")

#: What is done before the loop has a turn: of each entry its letters, which take 0.15 us, or in plain English
#: a fifth of that; and as much as these for the entry itself, and for what stands around it.
_SLICE: Final = 10_000
_ENTRY: Final = 10
_AROUND: Final = 60
_PLAIN: Final = 5
#: Entries that are sorted onto their shelves before a turn.
_SORTED: Final = 500


@dataclass(slots=True)
class _Scan:
    """One search, begun or not."""

    wanted: Wanted
    then: Callable[[Found | NotFound], None]
    awaited: Callable[[], bool]
    hits: list[StoredEntry] = field(default_factory=list)
    context: list[Neighbours] = field(default_factory=list)
    steps: Iterator[None] | None = None
    more: bool = False
    seconds: float = 0.0


class RecentSearches:
    """One is done after the other, a slice in a turn of the loop. A first slice that suffices is the answer
    in the same breath."""

    __slots__ = ("_later", "_limits", "_recent", "_waiting")

    def __init__(self, recent: RecentEntries, limits: Limits) -> None:
        self._recent: Final = recent
        self._limits: Final = limits
        self._waiting: deque[_Scan] = deque()
        self._later: Final = Later()

    def search(
        self, wanted: Wanted, then: Callable[[Found | NotFound], None], awaited: Callable[[], bool]
    ) -> bool:
        """See MessageLog.search."""
        if len(self._waiting) >= self._limits.searches_asked:
            return False
        self._waiting.append(_Scan(wanted, then, awaited))
        if len(self._waiting) == 1:
            self._go_on()
        return True

    def close(self) -> None:
        self._later.stop()

    def _go_on(self) -> None:
        """One slice of the first that waits."""
        scan = self._waiting[0]
        try:
            answer = self._slice(scan)
        except Exception:  # a bug; those who wait behind it are answered nevertheless
            log.exception("an error in a search")
            answer = NotFound(SearchFailure.UNREADABLE, scan.seconds)
        if answer is not None:
            self._waiting.popleft()
        if self._waiting:
            self._later.start(0.0, self._go_on)
        if answer is not None:
            scan.then(answer)

    def _slice(self, scan: _Scan) -> Found | NotFound | None:
        if not scan.awaited():
            return NotFound(SearchFailure.UNWANTED, scan.seconds)
        begun = monotonic()
        if scan.steps is None:
            scan.steps = self._steps(scan)
        done = next(scan.steps, scan) is scan
        scan.seconds += monotonic() - begun
        if done:
            context = scan.context if scan.wanted.context else None
            return self._recent.floors.found(Found(scan.hits, scan.more, scan.seconds, context))
        if scan.seconds > self._limits.search_time:
            return NotFound(SearchFailure.TOO_SLOW, scan.seconds)
        return None

    def _steps(self, scan: _Scan) -> Iterator[None]:
        """Comes to an end when all is found that is wanted."""
        while not self._recent.sort(_SORTED):
            yield
        limit = max(0, min(scan.wanted.limit, PAGE_LIMIT))
        test, done = EntryTest(scan.wanted), 0
        for entry in self._recent.newest():
            if scan.wanted.since is not None and entry.at < scan.wanted.since:
                return
            if test.fits(entry):
                if len(scan.hits) == limit:
                    scan.more = True
                    return
                scan.hits.append(entry)
                if scan.wanted.context:
                    scan.context.append(self._around(scan.wanted, entry))
                    done += _AROUND
            done += _ENTRY + (len(entry.text) // _PLAIN if entry.text.isascii() else len(entry.text))
            if done > _SLICE:
                done = 0
                yield

    def _around(self, wanted: Wanted, entry: StoredEntry) -> Neighbours:
        """What stands before and after it."""
        conversation = (entry.first, entry.second)
        floor = 0 if entry.second else dict(wanted.floors).get(entry.first, 0)
        before = self._recent.page(conversation, Span(1, before=entry.id, floor=floor)).entries
        after = self._recent.page(conversation, Span(1, after=entry.id)).entries
        return before[0] if before else None, after[0] if after else None


class EntryTest:
    """Whether an entry is one of those that are wanted, but for its time."""

    __slots__ = ("_conversations", "_floors", "_phrases", "_seen_by", "_wanted", "_words")

    def __init__(self, wanted: Wanted) -> None:
        self._wanted: Final = wanted
        self._floors: Final = dict(wanted.floors)
        self._conversations: Final = frozenset(wanted.conversations)
        self._seen_by: Final = frozenset(second for first, second in wanted.conversations if not first)
        self._words: Final = [max(phrase, key=len) for phrase in wanted.phrases]
        self._phrases: Final = [spaced(phrase) for phrase in wanted.phrases]

    def fits(self, entry: StoredEntry) -> bool:
        wanted = self._wanted
        if wanted.before is not None and entry.id >= wanted.before:
            return False
        if wanted.until is not None and entry.at >= wanted.until:
            return False
        if wanted.sender and fold(entry.sender) != wanted.sender:
            return False
        return entry.kind not in UNSAID and self._is_there(entry) and self._has_words(entry.text)

    def _is_there(self, entry: StoredEntry) -> bool:
        if (entry.first, entry.second) in self._conversations:
            return bool(entry.second) or entry.id > self._floors.get(entry.first, 0)
        return bool(entry.second) and not self._seen_by.isdisjoint((entry.first, entry.second))

    def _has_words(self, text: str) -> bool:
        if text.isascii():  # most that have not, are known by a look
            letters = text.lower()
            if not all(word in letters for word in self._words):
                return False
        words = spaced(words_of(text))
        return all(phrase in words for phrase in self._phrases)


def spaced(words: list[str] | Phrase) -> str:
    """Words in a row, so that a phrase of whole words is a part of it."""
    return f" {' '.join(words)} "
