"""A sound copy of a log, beside a running server or of one that has ended.

The copy is made under another name, looked through, and on the disk, before it gets its own: a file of that
name is always a whole copy. What is left behind where the process is killed ends in `.part`, and the next
copy of that name begins with it.
"""

import contextlib
import fcntl
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chatd.store.sqlite.looking import ask_often, examine
from chatd.store.sqlite.schema import NEW_IDENTITY, number_of

#: Bytes that are written before the disk is told to take them: else all would wait for it at the end, and the
#: server's next messages behind that.
_PIECE: Final = 16 << 20
#: The first version with a number of its own (schema.py), and the first with texts that were deleted and are
#: there for the search index, which is not copied.
_WITH_IDENTITY: Final = 3
_WITH_UNINDEXED: Final = 5


class CopyInUse(Exception):
    """Another process writes it just now."""


class NewFile:
    """A file that is to be `path` when it is complete (`finish`), of which else nothing is left (`close`).
    Only its owner may read it. Raises OSError and CopyInUse."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self.part: Final = Path(f"{path}.part")
        self._size, self._finished = 0, False
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file: Final = os.open(self.part, flags, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._check_name()
            self._forget_journal()
            os.ftruncate(self._file, 0)
            os.fchmod(self._file, 0o600)
        except BlockingIOError as error:
            os.close(self._file)
            raise CopyInUse(f"another process is writing {self.part}") from error

    @property
    def uri(self) -> str:
        """As SQLite reads it, whatever the name is: one that begins with `file:` would be another file to it,
        and one that is not UTF-8 none."""
        return self.part.absolute().as_uri()

    def give_to(self, owner: os.stat_result) -> None:
        os.fchown(self._file, owner.st_uid, owner.st_gid)

    def write_through(self) -> None:
        """Have the disk take what was written, where that is much."""
        size = os.fstat(self._file).st_size
        if size >= self._size + _PIECE:
            self._size = size
            os.fdatasync(self._file)

    def finish(self) -> int:
        """It has its name, and the disk has both; its size in bytes."""
        os.fsync(self._file)
        size = os.fstat(self._file).st_size
        os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_DONTNEED)
        if os.path.lexists(self._path):
            raise FileExistsError(f"{self._path} is there by now")
        os.rename(self.part, self._path)
        self._finished = True
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return size

    def close(self) -> None:
        if not self._finished:
            self._forget_journal()
            with contextlib.suppress(FileNotFoundError):
                self.part.unlink()
        os.close(self._file)

    def _check_name(self) -> None:
        """Between the opening and the lock another process may have finished its copy: this is that, then."""
        try:
            there = os.lstat(self.part)
        except FileNotFoundError as error:
            raise BlockingIOError from error
        if not os.path.samestat(there, os.fstat(self._file)):
            raise BlockingIOError

    def _forget_journal(self) -> None:
        """SQLite leaves it where it could not finish; it would undo what the next copy writes."""
        with contextlib.suppress(FileNotFoundError):
            Path(f"{self.part}-journal").unlink()


def copy_log(source: sqlite3.Connection, into: NewFile, stop: Callable[[], bool]) -> None:
    """The log as it is at this moment; the copy has a number of its own. `source` takes URIs. Raises
    sqlite3.Error and DamagedLog."""

    def asked() -> bool:
        into.write_through()
        return stop()

    ask_often(source, asked)
    source.execute("VACUUM INTO ?", (into.uri,))
    with contextlib.closing(sqlite3.connect(into.uri, uri=True, isolation_level=None)) as copy:
        ask_often(copy, asked)
        copy.execute("PRAGMA journal_mode = MEMORY")
        if number_of(copy, "user_version") >= _WITH_IDENTITY:
            copy.execute(NEW_IDENTITY)
        if number_of(copy, "user_version") >= _WITH_UNINDEXED:
            copy.execute("PRAGMA secure_delete = ON")
            copy.execute("DELETE FROM unindexed")
        examine(into.part, copy)
