"""What the database knows from before, read at the start."""

import sqlite3
from typing import Final

import msgspec

from chatd.protocol.limits import Limits
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.state.stored_entries import StoredEntry, StoredGuest, StoredRoom
from chatd.store.floors import Floors
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS, of_ids

#: Keys of one person. Among so many of everyone's they are looked for: that takes 0.2 s.
_KEYS: Final = 1000
_LOOKED_AT: Final = 1_000_000

#: With when something was last said there; the lobby is always used.
_ROOMS: Final = f"""SELECT room, name, topic, (SELECT id FROM entries {BY_PLACE}
    WHERE first = room AND second = 0 ORDER BY id DESC LIMIT 1) AS last FROM rooms ORDER BY last"""
_NEWEST_TIME: Final = "SELECT at FROM entries ORDER BY id DESC LIMIT 1"
_NEWEST: Final = f"""SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM (
    SELECT * FROM (SELECT * FROM entries ORDER BY id DESC LIMIT ?) ORDER BY id)"""
_GUESTS: Final = """SELECT json_group_array(json_array(token, person, nick, json(rooms), room, left, since))
    FROM (SELECT * FROM guests ORDER BY left)"""
_KEYS_OF_PERSONS: Final = """SELECT json_group_array(json_array(person, key, id)) FROM (
    SELECT * FROM (
        SELECT * FROM (SELECT person, key, id FROM entries INDEXED BY keys_by_id
            WHERE key IS NOT NULL AND id > ?1 ORDER BY id DESC LIMIT ?2)
        UNION ALL
        SELECT * FROM (SELECT person, key, id FROM removed_keys WHERE id > ?1 ORDER BY id DESC LIMIT ?2)
    ) WHERE person IN (SELECT person FROM guests UNION ALL SELECT person FROM accounts)
    ORDER BY id DESC LIMIT ?3)"""

_entries: Final = msgspec.json.Decoder(list[StoredEntry])
_guests: Final = msgspec.json.Decoder(list[StoredGuest])
_keys: Final = msgspec.json.Decoder(list[tuple[int, str, int]])

#: What messages of a person were said under, with their ids.
PersonKeys = dict[int, list[tuple[str, int]]]


def read_rooms(database: sqlite3.Connection) -> list[StoredRoom]:
    """All, those that were silent for longest first."""
    return [StoredRoom(number, name, topic) for number, name, topic, _ in database.execute(_ROOMS)]


def read_ids(database: sqlite3.Connection) -> tuple[int, int]:
    """The id and the time that all new entries have to be above, or at."""
    ceiling, at = of_ids(database, "ceiling, at")
    newest = database.execute(_NEWEST_TIME).fetchone()
    return ceiling, max(at, newest[0] if newest else 0)


def read_floors(database: sqlite3.Connection) -> Floors:
    """Of all rooms that have one, and of direct messages."""
    rooms = dict(database.execute("SELECT room, floor FROM rooms WHERE floor > 0").fetchall())
    return Floors(rooms, of_ids(database, "direct_floor")[0])


def read_identity(database: sqlite3.Connection) -> int:
    """A number that no other database has."""
    [identity] = of_ids(database, "identity")
    return int(identity)


def read_newest(database: sqlite3.Connection, most: int) -> tuple[list[StoredEntry], int]:
    """The newest entries of all, in order, and the id above which there are no others."""
    [text] = database.execute(_NEWEST, (most + 1,)).fetchone()
    entries = _entries.decode(text)
    if len(entries) <= most:
        return entries, 0
    return entries[1:], entries[0].id


def read_guests(database: sqlite3.Connection, now: int, away_ms: int) -> list[StoredGuest]:
    """Who may come back, those first who were lost first. Who was here when the server was killed is lost
    now; who was away for too long is forgotten. `now` is the time of day in milliseconds."""
    database.execute("UPDATE guests SET left = ?1 WHERE left = 0 OR left > ?1", (now,))
    database.execute("DELETE FROM guests WHERE left < ?", (now - away_ms,))
    return _guests.decode(database.execute(_GUESTS).fetchone()[0])


def read_keys(database: sqlite3.Connection, now: int, limits: Limits) -> PersonKeys:
    """The newest keys of those who may come back, and of those with an account."""
    since = (now - int(limits.key_time * 1000)) * IDS_A_MILLISECOND
    [text] = database.execute(_KEYS_OF_PERSONS, (since, _LOOKED_AT, limits.keys)).fetchone()
    found: PersonKeys = {}
    for person, key, id in _keys.decode(text):
        keys = found.setdefault(person, [])
        if len(keys) < _KEYS:
            keys.append((key, id))
    return found
