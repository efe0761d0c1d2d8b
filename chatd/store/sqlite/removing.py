"""What is kept no longer: found by the thread that reads, removed by the one that commits.

Each question and each change takes some milliseconds at most, whatever there is.
"""

import sqlite3
from typing import Final

import msgspec

from chatd.protocol.keep_rule import DAY, KeepRule
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.state.stored_entries import StoredEntry
from chatd.store.keeping import first_kept
from chatd.store.sqlite.schema import BY_PLACE, DELETE_ENTRIES, ENTRY_COLUMNS, Statements, as_json

#: Entries that are removed at once. With 500 the p99 of a busy server's deliveries was 7 ms more, now 2.
STEP: Final = 100
#: Rooms that are looked at, entries that are counted, and entries by which a floor rises by their number, at
#: once: some 5 ms each.
_ROOMS: Final = 500
_COUNTED: Final = 10_000
RISE: Final = 20_000

_PLACE: Final = f"FROM entries {BY_PLACE} WHERE first = room AND second = 0"
#: Of rooms, in their order, those in which something may have to be removed; and the last that was looked at.
_LOOK: Final = f"""SELECT ifnull(max(room), 0), json_group_array(json_array(
        room, ifnull(old, 0), oldest, most))
        FILTER (WHERE oldest <= floor OR old > floor OR (oldest > 0 AND most > 0)) FROM (
    SELECT room, floor, CASE
            WHEN ifnull(keep_count, 0) = 0 THEN :most
            WHEN :most = 0 THEN keep_count
            ELSE min(keep_count, :most) END AS most,
        (SELECT id {_PLACE} AND id < max(:before, CASE
            WHEN ifnull(keep_days, 0) = 0 THEN 0
            ELSE (:now - keep_days * {DAY}) * {IDS_A_MILLISECOND} END) ORDER BY id DESC LIMIT 1) AS old,
        (SELECT id {_PLACE} ORDER BY id LIMIT 1) AS oldest
    FROM rooms WHERE room > :after ORDER BY room LIMIT {_ROOMS})"""
_COUNT: Final = f"""SELECT json_group_array(json_array(first, direct, found, last)) FROM (
    SELECT first, direct, count(*) AS found, max(id) AS last FROM (
        SELECT first, second <> 0 AS direct, id FROM entries INDEXED BY entries_by_id
        WHERE id > ? AND id <= ? ORDER BY id LIMIT {_COUNTED})
    GROUP BY first, direct)"""
_RULED: Final = "SELECT EXISTS (SELECT 1 FROM rooms WHERE keep_days > 0 OR keep_count > 0)"
_SURPLUS: Final = (
    f"SELECT id FROM entries {BY_PLACE} WHERE first = ? AND second = 0 ORDER BY id LIMIT 1 OFFSET ?"
)
_DIRECT: Final = """SELECT
    (SELECT id FROM entries INDEXED BY direct_by_id WHERE second <> 0 AND id < ? ORDER BY id DESC LIMIT 1),
    (SELECT id FROM entries INDEXED BY direct_by_id WHERE second <> 0 ORDER BY id LIMIT 1)"""
_JSON: Final = f"SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM"
_IN_ROOMS: Final = f"""{_JSON} (SELECT entries.* FROM json_each(?) CROSS JOIN entries {BY_PLACE}
    ON first = value ->> 0 AND second = 0 AND entries.id <= value ->> 1 LIMIT {STEP})"""
_BETWEEN_TWO: Final = f"""{_JSON} (SELECT * FROM entries INDEXED BY direct_by_id
    WHERE second <> 0 AND id <= ? ORDER BY id LIMIT {STEP})"""

_RAISE: Final = """UPDATE rooms SET floor = given.value ->> 1 FROM json_each(?) AS given
    WHERE room = given.value ->> 0 AND floor < given.value ->> 1"""
_KEEP_KEYS: Final = """INSERT OR IGNORE INTO removed_keys (id, person, key)
    SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?)"""

_RULE: Final = """INSERT INTO rooms (room, name, topic, keep_days, keep_count)
    SELECT given ->> 0, given ->> 1, '', given ->> 2, given ->> 3 FROM (SELECT ? AS given) WHERE true
    ON CONFLICT (room) DO UPDATE SET keep_days = excluded.keep_days, keep_count = excluded.keep_count"""


class LookedAt(msgspec.Struct, frozen=True, array_like=True):
    """A room that has entries: the newest id that is too old (0: there is none), the oldest of all, and how
    many it keeps (0: any number)."""

    room: int
    old: int
    oldest: int
    most: int


_looks: Final = msgspec.json.Decoder(list[LookedAt])
_counts: Final = msgspec.json.Decoder(list[tuple[int, int, int, int]])
_entries: Final = msgspec.json.Decoder(list[StoredEntry])


def look_at_rooms(
    database: sqlite3.Connection, after: int, keep: KeepRule, now: int
) -> tuple[list[LookedAt], int]:
    """Of a few hundred behind that number those in which something may have to be removed; and the number of
    the last of all these. 0: there is none."""
    values = {"after": after, "before": first_kept(keep, now), "now": now, "most": keep.count or 0}
    last, found = database.execute(_LOOK, values).fetchone()
    return _looks.decode(found), last


def has_rules(database: sqlite3.Connection) -> bool:
    """Whether any room has one of its own by which something is removed."""
    return bool(database.execute(_RULED).fetchone()[0])


def look_at_direct(database: sqlite3.Connection, keep: KeepRule, now: int) -> tuple[int, int]:
    """The newest id of a direct message that is too old, and the oldest of all; 0: there is none."""
    old, oldest = database.execute(_DIRECT, (first_kept(keep, now),)).fetchone()
    return old or 0, oldest or 0


def count_rooms(database: sqlite3.Connection, after: int, end: int) -> tuple[dict[int, int], int]:
    """Of the next entries behind an id, up to another: how many each room has; and up to which id that is."""
    found = _counts.decode(database.execute(_COUNT, (after, end)).fetchone()[0])
    whole = sum(count for _, _, count, _ in found) < _COUNTED
    counts = {first: count for first, direct, count, _ in found if not direct}
    return counts, end if whole else max(last for _, _, _, last in found)


def surplus(database: sqlite3.Connection, rooms: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Of rooms and how many are too many in each: up to which id these are, or fewer; of the first rooms of
    the list, as many as do not take long."""
    found: list[tuple[int, int]] = []
    passed = 0
    for number, count in rooms[:_ROOMS]:
        passed += min(count, RISE)
        if found and passed > RISE:
            break
        [id] = database.execute(_SURPLUS, (number, min(count, RISE) - 1)).fetchone() or (0,)
        found.append((number, id))
    return found


def doomed_in_rooms(database: sqlite3.Connection, rooms: list[tuple[int, int]]) -> list[StoredEntry]:
    """What is next to be removed, of rooms with their floors, in their order."""
    return _entries.decode(database.execute(_IN_ROOMS, (as_json(rooms),)).fetchone()[0])


def doomed_direct(database: sqlite3.Connection, floor: int) -> list[StoredEntry]:
    return _entries.decode(database.execute(_BETWEEN_TWO, (floor,)).fetchone()[0])


def raising(rooms: dict[int, int], direct: int, keep: KeepRule) -> Statements:
    """How floors are raised."""
    made: Statements = [("UPDATE ids SET keep = ?", (str(keep),))]
    if rooms:
        made.append((_RAISE, (as_json(list(rooms.items())),)))
    if direct:
        made.append(("UPDATE ids SET direct_floor = max(direct_floor, ?)", (direct,)))
    return made


def removing(entries: list[StoredEntry], keys_above: int) -> Statements:
    """How entries go; keys above that id still hold."""
    keys = [(one.id, one.person, one.key) for one in entries if one.key is not None and one.id > keys_above]
    made: Statements = [(DELETE_ENTRIES, (as_json(entries),))]
    if keys:
        made.append((_KEEP_KEYS, (as_json(keys),)))
    made.append(("DELETE FROM removed_keys WHERE id <= ?", (keys_above,)))
    return made


def ruling(number: int, name: str, days: int | None, count: int | None) -> Statements:
    """How a room's own rule is written, also before anything was said in it."""
    return [
        ("UPDATE rooms SET name = NULL WHERE name = ? AND room <> ?", (name, number)),
        (_RULE, (as_json([number, name, days, count]),)),
    ]
