"""When the disk is told to keep what was committed, and when the write-ahead log is emptied.

* A sync covers all that was committed before it began. Somebody who waits for an answer has it begin at once;
  else it is done a little later.
* After a failed sync nobody knows what the disk has: the next one may succeed and have lost something. So
  nothing is acknowledged until all that was not synced is written and synced anew. Meanwhile nothing is
  committed. When that does not help in time, the server ends.
* Past a size the write-ahead log is moved into the database beside all else. It starts anew only when a
  commit finds all of it moved, so when it has become much longer, the next commits wait for a last piece.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from chatd.protocol.limits import MIB
from chatd.state.stored_entries import StoredEntry
from chatd.store.later import Later
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.folder import FolderLost
from chatd.store.sqlite.schema import Statements
from chatd.store.sqlite.worker import StoreThread
from chatd.store.sqlite.writing import IdCeiling

log: Final = logging.getLogger("chatd")

#: Seconds until a sync for which nobody waits: one that is promised at all, and one a second.
_LATER: Final = 0.1
_EVERY_SECOND: Final = 1.0
#: After a failed sync: seconds between two tries, and until the server ends. A folder that is gone is waited
#: for as long as it takes.
_AGAIN: Final = 0.5
PATIENCE: Final = 30.0
#: The size past which the write-ahead log is moved, and by which it has to grow for the next time; and past
#: which commits wait for the last piece of it. (It is read at a start after a crash: 1 s.)
CHECKPOINT: Final = 64 * MIB
LONGEST: Final = 512 * MIB


@dataclass(frozen=True, slots=True)
class CommittedChange:
    """Something that is no entry, and must not be lost either: how it is written anew, and what is to be done
    when the disk has it."""

    again: Statements
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Covered:
    """What was committed before a sync began: so many entries and changes."""

    entries: int
    changes: int
    last_id: int
    ceiling: int


class Synced(Protocol):
    """Who hears that the disk has all up to an id, and which ceiling."""

    def __call__(self, last_id: int, ceiling: int) -> None: ...


class Durability:
    """`synced` is called with what the disk has; `released` when commits may go on that had to wait
    (`holds`); `fatal` when the server has to end."""

    def __init__(
        self,
        *,
        always: bool,
        now: Callable[[], float],
        workers: Sequence[StoreThread],
        files: LogFiles,
        synced: Synced,
        released: Callable[[], None],
        fatal: Callable[[], None],
    ) -> None:
        self._always = always
        self._now = now
        self._committer, self._syncer, self._checkpointer = workers
        self._sync = files.syncer.sync
        self._checkpoint = files.checkpoint
        self._writer = files.writer
        self._synced = synced
        self._when_released = [released]
        self._fatal = fatal
        self._unsynced: list[StoredEntry] = []
        self._changes: list[CommittedChange] = []
        self._last_id = files.last_id
        self._ceiling = files.ceiling
        self._busy = False  # a sync is under way, or what follows a failed one
        self._urgent = False  # somebody waits for the next one
        self._failing_since: float | None = None
        self._checkpointing = False
        self._checkpoint_at = CHECKPOINT
        self._timer = Later()
        self._again = Later()
        self.holds = False

    def when_released(self, then: Callable[[], None]) -> None:
        """To be called, too."""
        self._when_released.append(then)

    def _release(self) -> None:
        for then in self._when_released:
            then()

    @property
    def failing(self) -> bool:
        """Whether the last sync has failed."""
        return self._failing_since is not None

    @property
    def settled(self) -> bool:
        return not (self._unsynced or self._changes or self._busy)

    def committed(self, entries: list[StoredEntry], ceiling: IdCeiling | None, urgent: bool) -> None:
        """These are in the database; `urgent`: somebody waits for the sync."""
        self._unsynced += entries
        if entries:
            self._last_id = entries[-1].id
        if ceiling is not None:
            self._ceiling = ceiling.id
        if urgent:
            self.hurry()
        elif not self._busy and not self._timer.active:
            self._start_later()

    def changed(self) -> None:
        """Something else is in the database."""
        self.committed([], None, False)

    def committed_change(self, change: CommittedChange, urgent: bool) -> None:
        """This is in the database; `urgent`: somebody waits for the sync."""
        self._changes.append(change)
        self.committed([], None, urgent)

    def hurry(self) -> None:
        """Somebody waits for all that was committed."""
        self._urgent = True
        if not self._busy:
            self._start()

    def _start_later(self) -> None:
        self._timer.start(_LATER if self._always else _EVERY_SECOND, self._start)

    def _start(self) -> None:
        self._timer.stop()
        if self._busy:
            return
        self._busy, self._urgent = True, False
        covered = _Covered(len(self._unsynced), len(self._changes), self._last_id, self._ceiling)
        self._syncer.start(self._sync, lambda size, error: self._returned(covered, size, error))

    def _returned(self, covered: _Covered, size: int, error: Exception | None) -> None:
        if error is not None:
            self._failed(error)
            return
        self._busy = False
        del self._unsynced[: covered.entries]
        safe, self._changes = self._changes[: covered.changes], self._changes[covered.changes :]
        if self._failing_since is not None:
            log.warning("the log is safe on the disk again")
            self._failing_since, self.holds = None, False
            self._release()
        for change in safe:
            change.done()
        self._synced(covered.last_id, covered.ceiling)
        if self._urgent:
            self._start()
        elif (self._unsynced or self._changes) and not self._timer.active:
            self._start_later()
        self._look_at(size)

    # -- after a failed sync -------------------------------------------------------------------------

    def _failed(self, error: Exception) -> None:
        """Nothing is acknowledged from here on, until `_rewrite` and a sync have succeeded."""
        now = self._now()
        self.holds = True
        if self._failing_since is None:
            self._failing_since = now
            log.error("the log is not safe on the disk: %s; nothing more is taken until it is", error)
        if now - self._failing_since > PATIENCE and not isinstance(error, (FolderLost, FileNotFoundError)):
            log.error("the log could not be made safe for %.0f s: %s; the server ends", PATIENCE, error)
            self._fatal()
            return
        self._again.start(_AGAIN, self._rewrite)

    def _rewrite(self) -> None:
        entries = list(self._unsynced)
        changes = [statement for change in self._changes for statement in change.again]
        self._committer.start(lambda: self._write_anew(entries, changes), self._rewritten)

    def _write_anew(self, entries: list[StoredEntry], changes: Statements) -> None:
        self._sync()  # where that fails still, or the folder is gone, nothing else is tried
        self._writer.rewrite(entries, changes)

    def _rewritten(self, _: None, error: Exception | None) -> None:
        if error is not None:
            self._failed(error)
            return
        self._busy = False
        self._start()

    # -- the size of the write-ahead log -------------------------------------------------------------

    def _look_at(self, size: int) -> None:
        if size < CHECKPOINT:
            self._checkpoint_at = CHECKPOINT
        elif size >= self._checkpoint_at and not self._checkpointing:
            self._checkpoint_at = size + CHECKPOINT
            self._move(hold=size >= LONGEST)

    def _move(self, hold: bool) -> None:
        self._checkpointing = True
        self.holds = self.holds or hold
        self._checkpointer.start(self._checkpoint, lambda all_of_it, error: self._moved(hold, error))

    def _moved(self, hold: bool, error: Exception | None) -> None:
        self._checkpointing = False
        if error is not None:
            log.warning("the write-ahead log could not be moved into the database: %s", error)
        if hold and self._failing_since is None:
            self.holds = False
            self._release()

    def close(self) -> None:
        self._timer.stop()
        self._again.stop()
