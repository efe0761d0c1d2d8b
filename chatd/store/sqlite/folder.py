"""The folder in which a server keeps its data, and the lock that keeps a second server out.

The lock is on a file of its own. (SQLite's locks are the process's: whoever opens and closes the database
file beside SQLite drops them.)
"""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chatd.protocol.errors import ConfigError

LOG: Final = "log.sqlite3"
SEARCH_INDEX: Final = "search.sqlite3"
LOCK: Final = "lock"

_ELSE: Final = "please give another folder with --data, or --data memory to keep nothing"


def default_folder(environment: Mapping[str, str]) -> Path:
    """Where the log is kept when nothing is said: systemd's state folder, else the user's. Raises
    ConfigError where the user has none."""
    if own := environment.get("STATE_DIRECTORY"):
        return Path(own.partition(":")[0])
    if state := environment.get("XDG_STATE_HOME"):
        return Path(state) / "chatd"
    try:
        home = Path(environment.get("HOME") or "~").expanduser()
    except RuntimeError as error:
        raise ConfigError("this user has no home folder; please say where the log is with --data") from error
    return home / ".local" / "state" / "chatd"


class FolderLost(OSError):
    """The folder, or the lock in it, is not there any more, or not ours."""


class DataFolder:
    """Made where it is not there, and locked. Raises ConfigError, where it cannot be used."""

    def __init__(self, path: Path, advice: str = _ELSE) -> None:
        self.path: Final = path
        self._advice: Final = advice
        self.database: Final = path / LOG
        self.write_ahead_log: Final = path / f"{LOG}-wal"
        self._lock_path: Final = path / LOCK
        self.search_index: Final = path / SEARCH_INDEX
        self._lock = -1
        self._files: dict[Path, tuple[int, int]] = {}
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            holder = str(os.getpid()).encode()
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, holder, 0)
        except BlockingIOError as error:
            pid = os.pread(self._lock, 20, 0).decode(errors="replace")
            self.release()
            raise ConfigError(f"{path} is in use by another server (process {pid}); {advice}") from error
        except OSError as error:
            self.release()
            raise self.unusable(error.strerror or str(error)) from error

    def unusable(self, why: str) -> ConfigError:
        """The sentence for the person at the command line."""
        return ConfigError(f"the log cannot be kept in {self.path}: {why}; {self._advice}")

    def make_database(self) -> None:
        """Before SQLite makes it, for everyone to read. Raises OSError."""
        self.database.touch(mode=0o600)

    def give_to(self, owner: os.stat_result) -> None:
        """Whoever that is may use the folder."""
        os.fchown(self._lock, owner.st_uid, owner.st_gid)

    def watch(self) -> None:
        """From now on the files that are there have to stay."""
        files = (self._lock_path, self.database, self.write_ahead_log)
        self._files = {path: _identity(path) for path in files}

    def check(self) -> None:
        """Raises FolderLost where the files are not those of the beginning, or OSError."""
        for path, identity in self._files.items():
            if _identity(path) != identity:
                raise FolderLost(f"{path} is another file now")

    def release(self) -> None:
        """The folder may be used by another server."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1


def holder_of(path: Path) -> str | None:
    """The process of the server that uses the folder now; None: there is none."""
    try:
        lock = os.open(path / LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(lock, 20, 0).decode(errors="replace")
    finally:
        os.close(lock)
    return None


def _identity(path: Path) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino
