"""A log is copied: what backup and restore have in common."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from chatd.commands.contract import WRONG, CommandFailed, many, size
from chatd.store.sqlite.copying import CopyInUse, NewFile, copy_log
from chatd.store.sqlite.looking import DamagedLog, NotOurLog, Stopped, examine, looked_at
from chatd.store.sqlite.summary import summarize

#: SQLite keeps beside a database what belongs to it.
_BESIDE = ("", "-wal", "-shm", "-journal")


def in_the_way(path: Path) -> Path | None:
    """A file that would be taken for the copy, or for a part of it."""
    return next((Path(one) for end in _BESIDE if os.path.lexists(one := f"{path}{end}")), None)


@contextlib.contextmanager
def reading(source: Path) -> Iterator[None]:
    """What is wrong with a log that is read becomes a CommandFailed, which says what to do."""
    try:
        yield
    except Stopped as error:
        raise CommandFailed("stopped by a signal; nothing was kept of it") from error
    except NotOurLog as error:
        raise CommandFailed(str(error), WRONG) from error
    except DamagedLog as error:
        raise CommandFailed(f"{error}; please take an older copy") from error
    except sqlite3.Error as error:
        raise CommandFailed(f"{source} cannot be read: {error}") from error


def copy(
    source: Path,
    target: Path,
    stop: Callable[[], bool],
    *,
    look_first: bool = False,
    begin: Callable[[NewFile], None] = lambda file: None,
) -> str:
    """Make it, and say what it holds. Raises CommandFailed; then there is nothing. With `look_first` the
    source is looked through before anything is written, as its copy is; `begin` is called before."""
    since = time.monotonic()
    with reading(source), looked_at(source, stop) as database:
        found = summarize(database)
        if look_first:
            examine(source, database)
        try:
            written = _write(database, target, stop, begin)
        except sqlite3.OperationalError as error:
            if stop():
                raise Stopped from error
            raise CommandFailed(f"{target} cannot be written: {error}; nothing was kept of it") from error
    what = f"{many(found.messages, 'message')} in {many(found.rooms, 'room')}, {size(written)}"
    return f"{what}, {time.monotonic() - since:.1f} s"


def _write(
    database: sqlite3.Connection, target: Path, stop: Callable[[], bool], begin: Callable[[NewFile], None]
) -> int:
    """The size of the copy."""
    try:
        file = NewFile(target)
    except CopyInUse as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(f"{target} cannot be written: {error.strerror}", WRONG) from error
    try:
        begin(file)
        copy_log(database, file, stop)
        return file.finish()
    except OSError as error:
        why = error.strerror or str(error)
        raise CommandFailed(f"{target} cannot be written: {why}; nothing was kept of it") from error
    finally:
        file.close()
