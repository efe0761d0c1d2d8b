"""A log, or its search index, that is only looked at, by another process than the server: nothing of it is
changed, and the server, where one runs, need not know."""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from chatd.store.sqlite.folder import LOCK
from chatd.store.sqlite.opening import NotReadable, is_damage, why_not
from chatd.store.sqlite.schema import APPLICATION_ID, VERSION, number_of

#: For a server that keeps others out for a moment.
_BUSY_MS: Final = 5000
#: Instructions of SQLite's machine between two questions whether to stop: some 0.1 ms.
_ASKED_EVERY: Final = 10_000


class NotOurLog(Exception):
    """Nothing is there, or something that this chatd does not read: a sentence."""


class DamagedLog(Exception):
    """It is not sound: a sentence."""


class Stopped(Exception):
    """Somebody asked for that."""


@contextlib.contextmanager
def looked_at(path: Path, stop: Callable[[], bool] = lambda: False) -> Iterator[sqlite3.Connection]:
    """A connection to a log of a version that this chatd knows, see `opened`."""
    with opened(path, stop) as database:
        _identify(path, database)
        yield database


@contextlib.contextmanager
def opened(path: Path, stop: Callable[[], bool]) -> Iterator[sqlite3.Connection]:
    """A connection that cannot write. Whatever is done with it ends when `stop` says so, which is asked
    often. Raises NotOurLog, DamagedLog and Stopped, also for what happens inside."""
    write_ahead_log = Path(f"{path}-wal")
    stopped = False

    def asked() -> bool:
        nonlocal stopped
        stopped = stopped or stop()
        return stopped

    was_there = os.path.lexists(write_ahead_log)
    try:
        with contextlib.closing(_connect(path)) as database:
            ask_often(database, asked)
            yield database
    except NotReadable as error:
        if stopped:
            raise Stopped from error
        if is_damage(error):
            raise DamagedLog(_why_damaged(path, error)) from error
        raise
    finally:
        if not was_there:
            _tidy(path, write_ahead_log)


def _connect(path: Path) -> sqlite3.Connection:
    """Raises NotOurLog where there is nothing to be opened."""
    try:
        size = path.stat().st_size
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotOurLog(f"there is no log: {path} is not there") from error
    except OSError as error:
        raise NotOurLog(f"{path} cannot be read ({error.strerror})") from error
    if not path.is_file() or not os.access(path, os.R_OK):
        raise NotOurLog(f"{path} is not a file that can be read here")
    if not size:
        raise NotOurLog(f"there is no log: {path} is empty")
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        return _opened(uri)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
            raise
        wal = Path(f"{path}-wal")
        if wal.exists() and wal.stat().st_size:
            raise NotOurLog(f"{path} cannot be read without the right to write beside it") from error
    # Where no file can be made beside it SQLite reads a log only if it is told that nobody writes it.
    return _opened(f"{uri}&immutable=1")


def _opened(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, isolation_level=None)
    try:
        database.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        number_of(database, "application_id")
    except BaseException:
        database.close()
        raise
    return database


def _identify(path: Path, database: sqlite3.Connection) -> None:
    if number_of(database, "application_id") != APPLICATION_ID:
        raise NotOurLog(f"{path} is a database of another program")
    version = number_of(database, "user_version")
    if not 0 < version <= VERSION:
        raise NotOurLog(
            f"a newer chatd has written {path} (version {version}; this one knows {VERSION}); please use that"
        )


def _tidy(path: Path, write_ahead_log: Path) -> None:
    """SQLite leaves the two files behind that it made to read: they are taken away, unless a server came
    meanwhile."""
    with contextlib.ExitStack() as done, contextlib.suppress(OSError):
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path.parent / LOCK, os.O_RDWR | os.O_CLOEXEC)
            done.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not write_ahead_log.stat().st_size:
            write_ahead_log.unlink()
            Path(f"{path}-shm").unlink()


def _why_damaged(path: Path, error: Exception) -> str:
    why = why_not(error, str(path))
    return why if why.startswith(str(path)) else f"{path} is damaged ({why})"


def ask_often(database: sqlite3.Connection, stop: Callable[[], bool]) -> None:
    """A statement that takes long ends with sqlite3.OperationalError when that says so."""
    database.set_progress_handler(stop, _ASKED_EVERY)


def examine(path: Path, database: sqlite3.Connection) -> None:
    """Look through all of it: 0.6 s for a GiB. Raises DamagedLog."""
    found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise DamagedLog(f"{path} is damaged ({' '.join(found.split())})")
