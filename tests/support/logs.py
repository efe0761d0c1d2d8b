"""Engines of the log for tests, and people who say something without a server around them."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Generic, TypeVar

import gevent
import msgspec
from gevent.event import Event

from chatd.protocol.keep_rule import EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.message_log import ActEntry, DirectEntry, Entry, MessageLog, RoomEntry, TopicEntry
from chatd.state.rooms import Room
from chatd.state.sessions import NoConnection, Person, Session
from chatd.state.stored_entries import (
    Conversation,
    Found,
    Missed,
    MissedPage,
    NotFound,
    Page,
    Span,
    StoredEntry,
    Wanted,
)
from chatd.store.memory import MemoryLog
from chatd.store.sqlite.engine import SqliteLog
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.folder import DataFolder

#: A watchdog.
_LONG = 10.0

T = TypeVar("T")


def time_of_day() -> int:
    return time.time_ns() // 1_000_000


def speaker(nick: str, person: int) -> Session:
    """Somebody with a name, of whom the log asks no more."""
    session = Session(DEFAULT, NoConnection(), len)
    session.person = Person(person, nick)
    session.person.sessions = (session,)
    return session


class Answer(Generic[T]):
    """What the log calls with what it has read."""

    def __init__(self) -> None:
        self.found: list[T | None] = []
        self._come = Event()

    def __call__(self, page: T | None) -> None:
        self.found.append(page)
        self._come.set()

    def wait(self) -> T | None:
        assert self._come.wait(_LONG)
        [page] = self.found
        return page


class Journal:
    """What a log told: `told` is (what, entry or act), in order. Waits are for what the log tells."""

    def __init__(self, log: MessageLog) -> None:
        self.log = log
        self.told: list[tuple[str, Any]] = []
        self._changed = Event()
        self.alice, self.bob = speaker("alice", 11), speaker("bob", 7)
        self.lobby = Room("lobby", DEFAULT, 1)
        types = (RoomEntry, TopicEntry, DirectEntry, ActEntry)
        log.published = dict.fromkeys(types, self._noting("published"))
        log.acknowledged = self._noting("acknowledged")
        log.failed = self._noting("failed")

    def _noting(self, what: str) -> Callable[[Any], None]:
        def note(entry: Any) -> None:
            self.told.append((what, entry))
            self._changed.set()

        return note

    def say(
        self,
        text: str,
        ref: str | None = None,
        room: Room | None = None,
        by: Session | None = None,
        key: str | None = None,
    ) -> RoomEntry:
        room = self.lobby if room is None else room
        entry = RoomEntry(by or self.alice, text, ref, key=key, room=room)
        self.log.append(entry)
        return entry

    def set_topic(self, text: str, room: Room | None = None) -> None:
        self.log.append(TopicEntry(self.alice, text, None, room=self.lobby if room is None else room))

    def write(self, text: str, to: Session | None = None, by: Session | None = None) -> DirectEntry:
        entry = DirectEntry(by or self.alice, text, "r", to=(to or self.bob).person)
        self.log.append(entry)
        return entry

    def act(self, name: str) -> None:
        self.log.in_turn(lambda: self._noting("done")(name))

    def entries(self, what: str) -> list[Entry]:
        return [entry for told, entry in self.told if told == what]

    def texts(self, what: str) -> list[str]:
        return [entry.text for entry in self.entries(what)]

    def order(self) -> list[str]:
        """What was published and done, by its text."""
        return [it if what == "done" else it.text for what, it in self.told if what in ("published", "done")]

    def wait(self, held: Callable[[], bool]) -> None:
        """Until the log told so much that this does not hold any more."""
        with gevent.Timeout(_LONG):
            while held():
                self._changed.clear()
                self._changed.wait()

    def wait_for(self, what: str, count: int) -> None:
        self.wait(lambda: len(self.entries(what)) < count)

    def look(self) -> None:
        """What is kept no longer is removed now."""
        if isinstance(self.log, SqliteLog):
            self.log._retention.look()
        elif isinstance(self.log, MemoryLog):
            self.log._keeping._looked = None  # in this second, too

    def page(self, conversation: Conversation, span: Span) -> Page | None:
        """As the log reads it."""
        answer: Answer[Page] = Answer()
        assert self.log.read(conversation, span, answer)
        return answer.wait()

    def missed(self, missed: Missed) -> MissedPage | None:
        """As the log reads it."""
        answer: Answer[MissedPage] = Answer()
        assert self.log.read_missed(missed, answer)
        return answer.wait()

    def search(self, wanted: Wanted) -> Found | NotFound:
        """As the log answers."""
        answer: Answer[Found | NotFound] = Answer()
        assert self.log.search(wanted, answer)
        found = answer.wait()
        assert found is not None
        return found

    def all_missed(self, missed: Missed) -> list[MissedPage]:
        """Page after page, to the end."""
        pages = []
        while (page := self.missed(missed)) is not None:
            pages.append(page)
            if not page.more:
                break
            missed = msgspec.structs.replace(missed, after=page.entries[-1].id, most=None)
        return pages

    def history(self, conversation: Conversation = (1, 0)) -> list[StoredEntry]:
        page = self.page(conversation, Span(500))
        assert page is not None
        return page.entries


@contextlib.contextmanager
def memory(
    path: Path,
    *,
    now: Callable[[], int] = time_of_day,
    keep: KeepRule = EVERYTHING,
    ages: Callable[[], int] | None = None,
) -> Iterator[Journal]:
    yield Journal(MemoryLog(lambda: now() * 1_000_000, keep=keep, ages=ages))


@contextlib.contextmanager
def sqlite(
    path: Path,
    *,
    always: bool = True,
    limits: Limits = DEFAULT,
    now: Callable[[], int] = time_of_day,
    clock: Callable[[], float] = time.monotonic,
    fatal: Callable[[], None] = lambda: None,
    wrap: Callable[[LogFiles], None] = lambda files: None,
    patience: float = _LONG,
    keep: KeepRule = EVERYTHING,
    ages: Callable[[], int] | None = None,
) -> Iterator[Journal]:
    """`wrap` may put faults between the engine and its files; at the end the log has so many seconds."""
    files = LogFiles(DataFolder(path), now(), limits)
    wrap(files)
    log = SqliteLog(files, limits, now=now, clock=clock, always=always, fatal=fatal, keep=keep, ages=ages)
    try:
        yield Journal(log)
        log.finish(patience)
    finally:
        log.close()


@contextlib.contextmanager
def sqlite_everysec(path: Path) -> Iterator[Journal]:
    with sqlite(path, always=False) as journal:
        yield journal
