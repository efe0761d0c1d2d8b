"""Whether a search index is sound, for another process than the server: it is only read."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from chatd.store.sqlite.looking import DamagedLog, examine, opened
from chatd.store.sqlite.search.index_file import MAKER, is_damage, table_of

#: Every word of a part, and every place of it, is read for that. It finds what FTS5's own check of a table
#: without texts finds, which takes the right to write.
_WORDS = "CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, {}, row)"
_READ = "SELECT count(*), sum(cnt) FROM temp.words"


def examine_index(path: Path, stop: Callable[[], bool]) -> bool:
    """Look through all of it: some 10 s for a GiB. False: another version has made it, and the next server
    makes it anew. Raises DamagedLog, and what `opened` does."""
    with opened(path, stop) as database:
        try:
            return _examine(path, database)
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            raise DamagedLog(f"{path} is damaged ({error})") from error


def _examine(path: Path, database: sqlite3.Connection) -> bool:
    examine(path, database)
    if database.execute("SELECT maker FROM about").fetchone() != (MAKER,):
        return False
    for [part] in database.execute("SELECT part FROM parts").fetchall():
        database.execute(_WORDS.format(table_of(part)))
        database.execute(_READ).fetchone()
        database.execute("DROP TABLE temp.words")
    return True
