"""What the thread that reads does: a page of a conversation, as one value of JSON."""

import sqlite3
from typing import Final

import msgspec

from chatd.state.stored_entries import PAGE_LIMIT, Conversation, Page, Span, StoredEntry
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS
from chatd.store.sqlite.times import said_before, within

_CONVERSATION: Final = f"entries {BY_PLACE} WHERE first = :first AND second = :second"
_JSON: Final = f"SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM"
_SPAN: Final = f"{_CONVERSATION} AND id > :after AND id < :end ORDER BY id"
_NEWEST_FIRST: Final = f"{_JSON} (SELECT * FROM {_SPAN} DESC LIMIT :limit)"
_OLDEST_FIRST: Final = f"{_JSON} (SELECT * FROM {_SPAN} LIMIT :limit)"
_BEFORE: Final = said_before(_CONVERSATION, ":after", ":since")
_SINCE: Final = _OLDEST_FIRST.replace("id > :after", f"id > ({_BEFORE})")
_AROUND: Final = f"""{_JSON} (SELECT * FROM (
        SELECT * FROM (SELECT * FROM {_CONVERSATION} AND id > :after AND id <= :around AND id < :end
            ORDER BY id DESC LIMIT :older)
        UNION ALL
        SELECT * FROM (SELECT * FROM {_CONVERSATION} AND id > :around AND id < :end ORDER BY id LIMIT :newer))
    ORDER BY id)"""

_entries: Final = msgspec.json.Decoder(list[StoredEntry])


def read_page(
    database: sqlite3.Connection, conversation: Conversation, span: Span, end: int, floor: int = 0
) -> Page:
    """The page; nothing of it has the id `end` or a higher one, or one at or below the floor, or that of the
    span."""
    floor = max(floor, min(span.floor, end))
    limit = max(0, min(span.limit, PAGE_LIMIT))
    values = {"first": conversation[0], "second": conversation[1], "end": end, "limit": limit + 1}

    def read(statement: str) -> list[StoredEntry]:
        [text] = database.execute(statement, values).fetchone()
        return _entries.decode(text)

    if span.around is not None:
        middle, newer = min(max(floor, span.around), end), limit // 2
        older = limit - newer
        values |= {"around": middle, "older": older + 1, "newer": newer, "after": floor}
        found = read(_AROUND)
        more = sum(entry.id <= middle for entry in found) > older
        return Page(found[1:] if more else found, more)
    values["end"] = end if span.before is None else min(end, span.before)
    values["after"] = floor if span.after is None else max(floor, min(span.after, end))
    if span.since is not None:
        values["since"] = within(span.since)
    if span.from_old:
        found = read(_OLDEST_FIRST if span.since is None else _SINCE)
        return Page(found[:limit], len(found) > limit)
    found = read(_NEWEST_FIRST)
    return Page(found[:limit][::-1], len(found) > limit)
