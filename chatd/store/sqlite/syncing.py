"""What the thread that syncs does: it has the disk take the write-ahead log."""

import os
from typing import Final

from chatd.store.sqlite.folder import DataFolder


class WalSync:
    """Keeps the file of the write-ahead log open, which stays the same while any connection is open."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder: Final = folder
        self._file = os.open(folder.write_ahead_log, os.O_RDONLY | os.O_CLOEXEC)

    def sync(self) -> int:
        """When it returns, the disk has what was committed before it was called; returns the log's size in
        bytes. Raises OSError where the disk does not take it, or the folder is gone."""
        os.fdatasync(self._file)
        self._folder.check()
        return os.fstat(self._file).st_size

    def close(self) -> None:
        os.close(self._file)
