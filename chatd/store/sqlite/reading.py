"""What the thread that reads does: a page of a conversation, as one value of JSON."""

import sqlite3
from typing import Final

import msgspec

from chatd.state.stored_entries import PAGE_LIMIT, Conversation, Page, Span, StoredEntry, StoredRoom

_PAGE: Final = """SELECT json_group_array(json_array(first, second, id, at, sender, person, kind, key, text))
    FROM (SELECT * FROM entries WHERE first = ? AND second = ? AND id > ? AND id < ?
        ORDER BY id {} LIMIT ?)"""
_OLDEST_FIRST: Final = _PAGE.format("ASC")
_NEWEST_FIRST: Final = _PAGE.format("DESC")
#: With when something was last said there; the lobby is always used.
_ROOMS: Final = """SELECT room, name, topic,
    (SELECT id FROM entries WHERE first = room AND second = 0 ORDER BY id DESC LIMIT 1) AS last
    FROM rooms ORDER BY last"""
_NEWEST_TIME: Final = """SELECT max((SELECT at FROM entries WHERE first = room AND second = 0
    ORDER BY id DESC LIMIT 1)) FROM rooms"""

_entries: Final = msgspec.json.Decoder(list[StoredEntry])


def read_page(database: sqlite3.Connection, conversation: Conversation, span: Span, end: int) -> Page:
    """The page; nothing of it has the id `end` or a higher one."""
    limit = max(0, min(span.limit, PAGE_LIMIT))
    end = end if span.before is None else min(end, span.before)
    statement = _NEWEST_FIRST if span.after is None else _OLDEST_FIRST
    after = -1 if span.after is None else span.after
    [text] = database.execute(statement, (*conversation, after, end, limit + 1)).fetchone()
    found = _entries.decode(text)
    page = found[:limit]
    if span.after is None:
        page.reverse()
    return Page(page, len(found) > limit)


def read_rooms(database: sqlite3.Connection) -> list[StoredRoom]:
    """All, those that were silent for longest first."""
    return [StoredRoom(number, name, topic) for number, name, topic, _ in database.execute(_ROOMS)]


def read_ids(database: sqlite3.Connection) -> tuple[int, int]:
    """The id and the time that all new entries have to be above, or at."""
    ceiling, at = database.execute("SELECT ceiling, at FROM ids").fetchone()
    [newest] = database.execute(_NEWEST_TIME).fetchone()
    return ceiling, max(at, newest or 0)
