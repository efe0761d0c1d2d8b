"""All that is kept of a person, in pages: read a piece at a time, with other questions in between."""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from sqlite3 import Connection
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.account_store import always
from chatd.state.stored_entries import PAGE_LIMIT, StoredEntry
from chatd.state.stored_rulings import PersonFile
from chatd.store.sqlite.pages import PageQuestions
from chatd.store.sqlite.people.person_rows import PersonPiece, read_piece


@dataclass(slots=True)
class _Page:
    """What was found of it, up to the id `after`; it has what lies below `end`."""

    person: int
    after: int
    end: int
    then: Callable[[PersonFile | None], None]
    entries: list[tuple[str, StoredEntry]] = field(default_factory=list)
    acts: list[tuple[str, StoredEntry]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """So many fit."""
        return PAGE_LIMIT - max(len(self.entries), len(self.acts))


class PersonFiles:
    """One page is read at a time, each person has its turn."""

    def __init__(self, database: Connection, limits: Limits, pages: PageQuestions) -> None:
        self._database: Final = database
        self._most: Final = limits.pages_asked
        self._pages: Final = pages
        self._waiting: Final[OrderedDict[int, deque[_Page]]] = OrderedDict()  # by person
        self._asked = 0
        self._busy = False

    def read_person(self, person: int, after: int, then: Callable[[PersonFile | None], None]) -> bool:
        """See AccountStore."""
        if self._asked >= self._most:
            return False
        self._asked += 1
        page = _Page(person, max(-1, after), self._pages.end, then)
        self._waiting.setdefault(person, deque()).append(page)
        self._begin_next()
        return True

    def _begin_next(self) -> None:
        if self._busy or not self._waiting:
            return
        self._busy = True
        person, pages = self._waiting.popitem(last=False)
        page = pages.popleft()
        if pages:
            self._waiting[person] = pages
        self._go_on(page)

    def _go_on(self, page: _Page) -> None:
        """With the next piece."""
        self._pages.begin(
            lambda: read_piece(self._database, page.person, page.after, page.end, page.room),
            lambda piece: self._found(page, piece),
            always,
        )

    def _found(self, page: _Page, piece: PersonPiece | None) -> None:
        if piece is None:
            self._answer(page, None)
            return
        shown = self._pages.recent.floors.shown
        page.entries += [(name, left) for name, entry in piece.entries if (left := shown(entry)) is not None]
        page.acts += piece.acts
        page.after = piece.upto
        if piece.whole or not page.room:
            self._answer(page, PersonFile(page.entries, page.acts, not piece.whole))
        else:
            self._go_on(page)

    def _answer(self, page: _Page, file: PersonFile | None) -> None:
        self._asked -= 1
        self._busy = False
        try:
            page.then(file)
        finally:
            self._begin_next()
