"""All that is open of a data folder: a connection to the database a thread, and the write-ahead log."""

import os
from contextlib import ExitStack, closing
from typing import Final

from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.store.sqlite.acts import read_rulings
from chatd.store.sqlite.beginning import (
    read_floors,
    read_guests,
    read_identity,
    read_ids,
    read_keys,
    read_newest,
    read_rooms,
)
from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.opening import NotReadable, connect, open_database, why_not
from chatd.store.sqlite.people.beginning import read_accounts, read_devices
from chatd.store.sqlite.people.person_rows import begun
from chatd.store.sqlite.people.writer import PeopleWriter
from chatd.store.sqlite.syncing import WalSync
from chatd.store.sqlite.writing import EntryWriter

#: So many ids the ceiling is ahead: a minute. After a crash the next ids are up to so much ahead of time.
AHEAD: Final = 60_000 * IDS_A_MILLISECOND


class LogFiles:
    """The folder is its own from here on; `now` is the time of day in milliseconds. `last_id` and `last_at`
    are what all new entries have to be above, or at; `ceiling` is the highest id that may be given to anyone;
    `identity` is the database's own number. `erased` are persons of whom everything is to be removed.
    `rooms`, `guests`, `accounts`, their `keys`, `devices` and `rulings` are those of before; `newest` are the
    newest entries, all there are above the id `floor`; `floors` are those of rooms and direct messages.
    Raises ConfigError."""

    def __init__(self, folder: DataFolder, now: int, limits: Limits = DEFAULT) -> None:
        self.folder: Final = folder
        with ExitStack() as undo:
            undo.callback(folder.release)
            first = undo.enter_context(closing(open_database(folder)))
            try:
                self.last_id, self.last_at = read_ids(first)
                self.identity = read_identity(first)
                self.rooms = read_rooms(first)
                self.guests = read_guests(first, now, int(limits.key_time * 1000))
                self.accounts, self.devices = read_accounts(first, now), read_devices(first)
                self.keys = read_keys(first, now, limits)
                self.rulings = read_rulings(first, now)
                self.floors = read_floors(first)
                self.erased = begun(first)
                self.newest, self.floor = read_newest(first, limits.recent)
                self.ceiling = max(self.last_id, now * IDS_A_MILLISECOND) + AHEAD
                first.execute("UPDATE ids SET ceiling = ?, at = ?", (self.ceiling, self.last_at))
                self.reader = undo.enter_context(closing(connect(folder)))
                self._mover = undo.enter_context(closing(connect(folder)))
                self.syncer = undo.enter_context(closing(WalSync(folder)))
                self.syncer.sync()
                _sync_names(folder)
                folder.watch()
            except NotReadable as error:
                raise folder.unusable(why_not(error)) from error
            except OSError as error:
                raise folder.unusable(error.strerror or str(error)) from error
            self.writer = EntryWriter(folder, first)
            self.people = PeopleWriter(self.writer)
            self._undo = undo.pop_all()

    def checkpoint(self) -> bool:
        """Move the write-ahead log into the database, as far as nobody is kept from writing; whether that was
        all of it. To be used by one thread."""
        busy, length, moved = self._mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy and length == moved

    def close(self) -> None:
        """No thread uses any of it any more."""
        self.writer.database.close()
        self._undo.close()


def _sync_names(folder: DataFolder) -> None:
    """Have the disk take the names of files that are new."""
    directory = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
