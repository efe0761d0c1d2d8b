"""What the thread that reads does: a page of a conversation, as one value of JSON."""

import sqlite3
from typing import Final

import msgspec

from chatd.state.stored_entries import PAGE_LIMIT, Conversation, Page, Span, StoredEntry
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS

_PAGE: Final = f"""SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM (
    SELECT * FROM entries {BY_PLACE} WHERE first = ? AND second = ? AND id > ? AND id < ?
    ORDER BY id {{}} LIMIT ?)"""
_OLDEST_FIRST: Final = _PAGE.format("ASC")
_NEWEST_FIRST: Final = _PAGE.format("DESC")

_entries: Final = msgspec.json.Decoder(list[StoredEntry])


def read_page(database: sqlite3.Connection, conversation: Conversation, span: Span, end: int) -> Page:
    """The page; nothing of it has the id `end` or a higher one."""
    limit = max(0, min(span.limit, PAGE_LIMIT))
    end = end if span.before is None else min(end, span.before)
    statement = _NEWEST_FIRST if span.after is None else _OLDEST_FIRST
    after = -1 if span.after is None else min(span.after, end)
    [text] = database.execute(statement, (*conversation, after, end, limit + 1)).fetchone()
    found = _entries.decode(text)
    page = found[:limit]
    if span.after is None:
        page.reverse()
    return Page(page, len(found) > limit)
