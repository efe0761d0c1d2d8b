"""A disk that fails or hangs when a test wants it to, below the engine of the log that stores."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent

from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.people.writer import PeopleJob
from chatd.store.sqlite.writing import WriteJob
from tests.support.logs import Journal, sqlite


class FaultyDisk:
    """Stands between the engine and its files: makes a call fail, or wait."""

    def __init__(self) -> None:
        self.files: LogFiles
        self.sync_error: OSError | None = None
        self.commit_error: Exception | None = None
        self.after_commit = False  # the error comes though it is written
        self.free = threading.Event()
        self.free.set()
        self.sync_is_free = threading.Event()
        self.sync_is_free.set()
        self.syncs = 0

    def __call__(self, files: LogFiles) -> None:
        self.files = files
        sync, write, write_people = files.syncer.sync, files.writer._write, files.people._write

        def faulty_sync() -> int:
            self.free.wait(10)
            self.sync_is_free.wait(10)
            self.syncs += 1
            if self.sync_error is not None:
                raise self.sync_error
            return sync()

        def faulty(write: Callable[[], None]) -> None:
            self.free.wait(10)
            if self.commit_error is not None and not self.after_commit:
                raise self.commit_error
            write()
            if self.commit_error is not None:
                raise self.commit_error

        def faulty_write(job: WriteJob, insert: str, more: Sequence[Any] = ()) -> None:
            faulty(lambda: write(job, insert, list(more)))

        def faulty_people(job: PeopleJob) -> None:
            faulty(lambda: write_people(job))

        files.syncer.sync = faulty_sync  # type: ignore[method-assign]
        files.writer._write = faulty_write  # type: ignore[method-assign]
        files.people._write = faulty_people  # type: ignore[method-assign]

    def fill(self) -> None:
        [pages] = self.files.writer.database.execute("PRAGMA page_count").fetchone()
        self.files.writer.database.execute(f"PRAGMA max_page_count = {pages}")

    def empty(self) -> None:
        self.files.writer.database.execute("PRAGMA max_page_count = 1000000")


def until(held: Callable[[], bool]) -> None:
    """For what no event tells."""
    with gevent.Timeout(10):
        while not held():
            gevent.sleep(0.001)


def texts_after_restart(path: Path) -> list[str]:
    with sqlite(path) as journal:
        return [entry.text for entry in journal.history()]


def settled(journal: Journal, count: int) -> None:
    """So many are acknowledged or have failed."""
    journal.wait(lambda: len(journal.entries("acknowledged")) + len(journal.entries("failed")) < count)
