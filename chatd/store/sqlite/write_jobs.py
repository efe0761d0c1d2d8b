"""What is written with entries: their rooms, a higher ceiling of ids, and what is kept beside them."""

from typing import Final

from chatd.state.entry_rows import stored
from chatd.state.message_log import Entry, EntryClock
from chatd.store.sqlite.files import AHEAD, LogFiles
from chatd.store.sqlite.kept_changes import KeptChanges, moderation_of
from chatd.store.sqlite.room_changes import RoomChanges
from chatd.store.sqlite.writing import IdCeiling, WriteJob


class WriteJobs:
    """Makes one at a time, and is told of each that is `written`."""

    __slots__ = ("_ceiling", "_rooms")

    def __init__(self, files: LogFiles) -> None:
        self._rooms: Final = RoomChanges(files.rooms)
        self._ceiling = files.ceiling  # of what is committed, or about to be

    def forget(self, room: int) -> None:
        """It is gone."""
        self._rooms.forget(room)

    def make(self, entries: list[Entry], kept: KeptChanges, ceiling: IdCeiling | None = None) -> WriteJob:
        """With a higher ceiling, where that is given, or the last entry comes near the one that holds."""
        rooms = self._rooms.of(entries)
        if entries and entries[-1].id >= self._ceiling - AHEAD // 2:
            ceiling = IdCeiling(entries[-1].id + AHEAD, entries[-1].at)
        rows, moderation = [stored(one) for one in entries], moderation_of(entries, rooms, kept)
        return WriteJob(rows, rooms, ceiling, kept.guests, kept.forgotten, moderation)

    def last(self, kept: KeptChanges, clock: EntryClock) -> WriteJob:
        """That of the end: the next server goes on from exactly here."""
        return self.make([], kept, IdCeiling(clock.id, clock.at))

    def written(self, job: WriteJob) -> None:
        self._rooms.written(job.rooms)
        if job.ceiling is not None:
            self._ceiling = job.ceiling.id
