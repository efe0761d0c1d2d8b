"""Times, which are in no index: but ids are, and times never fall with them."""

from typing import Final

#: Times that are asked for are up to this one.
NEVER: Final = 1 << 62


def said_before(entries: str, after: str, time: str) -> str:
    """A statement that yields the id up to which all entries after an id were said before a time. `entries`
    is a table, with an index of ids and a WHERE.

    It is found by halves: each step adds the next smaller power of 2 where nothing up to there was said at
    that time or later."""
    return f"""WITH RECURSIVE halves(id, size) AS (
            SELECT {after}, {1 << 53}
            UNION ALL
            SELECT id + iif({time} <= (SELECT at FROM {entries} AND entries.id > halves.id
                AND entries.id <= halves.id + size ORDER BY entries.id DESC LIMIT 1), 0, size), size / 2
            FROM halves WHERE size > 0)
        SELECT id FROM halves WHERE size = 0"""


def within(time: int) -> int:
    """A time that may be any number, as one that SQLite can compare."""
    return max(-1, min(time, NEVER))
