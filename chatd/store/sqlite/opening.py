"""The database: opened, checked, and brought to this version.

What cannot work is found here, before the server listens: one sentence instead of a half-working server.
"""

import sqlite3
from pathlib import Path
from typing import Final

import msgspec

from chatd.store.sqlite.folder import DataFolder
from chatd.store.sqlite.schema import APPLICATION_ID, VERSION, migrate, number_of

#: With STRICT tables (3.37) and `->>` (3.38).
_OLDEST: Final = (3, 38, 0)
#: A database up to this size is checked at the start: a GiB takes 0.6 s.
CHECKED_SIZE: Final = 1 << 30
#: What it may raise to read what is damaged. SQLite hands over texts that are not UTF-8 any more: also in its
#: own errors, when they quote the schema.
NotReadable: Final = (sqlite3.Error, UnicodeDecodeError, msgspec.DecodeError)
#: For a lock that another connection holds for a moment.
_BUSY_MS: Final = 2000


def connect(folder: DataFolder, mode: str = "rw") -> sqlite3.Connection:
    """One more connection to the log, for one thread. Only the first one may make the file (`rwc`). Raises
    sqlite3.Error."""
    return connect_to(folder.database, mode)


def connect_to(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """A connection to a database of ours whose write-ahead log we move ourselves. Raises sqlite3.Error."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    database = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
    database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute("PRAGMA secure_delete = ON")  # what is deleted leaves no bytes in the file
    database.execute("PRAGMA wal_autocheckpoint = 0")
    database.execute("PRAGMA journal_size_limit = 0")  # so that the size of the log tells how much is in it
    return database


def open_database(folder: DataFolder) -> sqlite3.Connection:
    """The first connection. Raises ConfigError."""
    if sqlite3.sqlite_version_info < _OLDEST:
        raise folder.unusable(f"SQLite {sqlite3.sqlite_version} is too old; it takes 3.38 or newer")
    try:
        folder.make_database()
        database = connect(folder, "rwc")
    except NotReadable as error:
        raise folder.unusable(why_not(error)) from error
    except OSError as error:
        raise folder.unusable(error.strerror or str(error)) from error
    try:
        _identify(folder, database)
        _check(folder, database)
        if database.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise folder.unusable("its file system allows no write-ahead log")
        migrate(database)
        database.execute("UPDATE ids SET ceiling = ceiling")  # so that what cannot write is found now
    except BaseException as error:
        database.close()
        if isinstance(error, NotReadable):
            raise folder.unusable(why_not(error)) from error
        raise
    return database


def _identify(folder: DataFolder, database: sqlite3.Connection) -> None:
    """The database is new, or ours and not newer than we are."""
    owner, version = number_of(database, "application_id"), number_of(database, "user_version")
    if not owner and not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        return
    if owner != APPLICATION_ID:
        raise folder.unusable(f"{folder.database.name} is a database of another program")
    if version > VERSION:
        raise folder.unusable("a newer chatd has written it")


def _check(folder: DataFolder, database: sqlite3.Connection) -> None:
    """Look for damage, where that does not take long."""
    if number_of(database, "page_count") * number_of(database, "page_size") <= CHECKED_SIZE:
        found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise folder.unusable(f"{folder.database.name} is damaged ({' '.join(found.split())})")


def is_damage(error: Exception) -> bool:
    """Whether it says that something is not as it was written, and not that the disk or a lock refuses."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith("Could not decode")
    return isinstance(error, (sqlite3.DatabaseError, UnicodeDecodeError, msgspec.DecodeError))


def why_not(error: Exception, name: str = "log.sqlite3") -> str:
    """What SQLite says, as a part of a sentence; of what it read nothing is quoted."""
    text = str(error)
    if not isinstance(error, sqlite3.Error) or text.startswith("Could not decode"):
        return f"{name} is damaged (a value is not what was written)"
    if text in ("file is not a database", "database disk image is malformed"):
        return f"{name} is damaged or no database ({text})"
    return text
