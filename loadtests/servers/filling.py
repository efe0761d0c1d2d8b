"""Writing into the data folder of a chatd that has made it and has ended, as rows of its tables: thousands of
messages or accounts take seconds so, and minutes through the server."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

#: Ids are times: so many for each millisecond.
IDS_A_MS: Final = 2048


@contextmanager
def filling(folder: Path, newest: int, at: int) -> Iterator[sqlite3.Connection]:
    """Its database, for a block that adds rows, of which the last was said at that time and has the id
    `newest`. The search index goes, so that the next chatd makes it anew."""
    with closing(sqlite3.connect(folder / "log.sqlite3", isolation_level=None)) as database:
        # Nobody else is here, and what fails here is begun anew.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")
        yield database
        database.execute("UPDATE ids SET ceiling = max(ceiling, ?), at = max(at, ?)", (newest, at))
        database.execute("COMMIT")
    for place in folder.iterdir():
        if place.is_dir():
            shutil.rmtree(place)
        elif not place.name.startswith("log.sqlite3") and place.name != "lock":
            place.unlink()
