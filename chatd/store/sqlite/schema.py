"""The tables, and how a database that an earlier version made becomes one of this version.

`PRAGMA user_version` counts the steps that were done; each step is a transaction. A step that was released is
never changed: what is new is one more step.
"""

import sqlite3
from typing import Any, Final

import msgspec

from chatd.state.stored_entries import UNSAID

#: "chat": the database is ours.
APPLICATION_ID: Final = 0x63686174

#: Those of an entry, in the order of its fields (see stored_entries.py).
ENTRY_COLUMNS: Final = "first, second, id, at, sender, person, kind, key, text, recipient"

#: Kinds of entries that nobody said, as a list.
UNSAID_KINDS: Final = f"({', '.join(str(kind.value) for kind in sorted(UNSAID))})"

#: Behind the table's name: entries are to be found by their conversation and id, that is in the table itself.
#: (Without that SQLite takes the index by id for some. NOT INDEXED does nothing in a table WITHOUT ROWID.)
BY_PLACE: Final = "INDEXED BY sqlite_autoindex_entries_1"

#: Gives a database a number of its own: one copy is told from another by it, and so what was made beside one
#: of them, like a search index, is never used with another.
NEW_IDENTITY: Final = "UPDATE ids SET identity = random() & 0x7fffffffffffffff"

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        # A room without a name is gone; its number stays, so that it is not used again.
        "CREATE TABLE rooms(room INTEGER PRIMARY KEY, name TEXT UNIQUE, topic TEXT NOT NULL) STRICT",
        # In the order in which pages are read. `second` is 0 in a room.
        """CREATE TABLE entries(
            first INTEGER NOT NULL, second INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL,
            sender TEXT NOT NULL, person INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT,
            text TEXT NOT NULL, PRIMARY KEY(first, second, id)) STRICT, WITHOUT ROWID""",
        # No id above the ceiling was given to anyone; the newest time of an entry was `at` or later.
        """CREATE TABLE ids(
            one INTEGER PRIMARY KEY CHECK (one = 1), ceiling INTEGER NOT NULL, at INTEGER NOT NULL) STRICT""",
        "INSERT INTO ids VALUES (1, 0, 0)",
        "INSERT INTO rooms VALUES (1, 'lobby', '')",
    ),
    (
        # Who may come back, by the hash of the token. `rooms` is a list of names, as JSON.
        """CREATE TABLE guests(
            token TEXT PRIMARY KEY, person INTEGER NOT NULL, nick TEXT NOT NULL, rooms TEXT NOT NULL,
            room TEXT NOT NULL, left INTEGER NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        # The name to which a direct message went.
        "ALTER TABLE entries ADD COLUMN recipient TEXT NOT NULL DEFAULT ''",
        # The newest of all. What is new comes at the end: that costs a message hardly anything.
        "CREATE INDEX entries_by_id ON entries(id)",
        "CREATE INDEX keys_by_id ON entries(id, person, key) WHERE key IS NOT NULL",
        # All direct messages of one person.
        "CREATE INDEX direct_by_first ON entries(first, id) WHERE second <> 0",
        "CREATE INDEX direct_by_second ON entries(second, id) WHERE second <> 0",
    ),
    (
        "ALTER TABLE ids ADD COLUMN identity INTEGER NOT NULL DEFAULT 0",
        NEW_IDENTITY,
        # What the last server kept (`--keep`), for who looks into the folder.
        "ALTER TABLE ids ADD COLUMN keep TEXT NOT NULL DEFAULT ''",
        # Nobody is shown an entry at or below its floor any more: it is about to be removed, or was. A floor
        # is the id of an entry. All direct messages have one of their own.
        "ALTER TABLE rooms ADD COLUMN floor INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE ids ADD COLUMN direct_floor INTEGER NOT NULL DEFAULT 0",
        # How much of a room is kept; NULL: as the server says; 0: without a bound.
        "ALTER TABLE rooms ADD COLUMN keep_days INTEGER",
        "ALTER TABLE rooms ADD COLUMN keep_count INTEGER",
        # The oldest direct messages of all.
        "CREATE INDEX direct_by_id ON entries(id) WHERE second <> 0",
        # Keys of entries that were removed: they hold for as long as those of others.
        """CREATE TABLE removed_keys(
            id INTEGER PRIMARY KEY, person INTEGER NOT NULL, key TEXT NOT NULL) STRICT""",
    ),
    (
        # Who owns a name, by the person's number. `rooms` is a list of names, as JSON. Of passwords there is
        # only what they are checked against (argon2id).
        """CREATE TABLE accounts(
            person INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE, verifier TEXT NOT NULL,
            created INTEGER NOT NULL, rooms TEXT NOT NULL, room TEXT NOT NULL, left INTEGER NOT NULL,
            since INTEGER NOT NULL) STRICT""",
        # Which programs may come back as them, by the hash of the token.
        """CREATE TABLE devices(
            token TEXT PRIMARY KEY, person INTEGER NOT NULL, number INTEGER NOT NULL, label TEXT NOT NULL,
            created INTEGER NOT NULL, used INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        "CREATE INDEX devices_by_person ON devices(person)",
        # Who may register, by the hash of the code.
        """CREATE TABLE invites(
            code TEXT PRIMARY KEY, name TEXT NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
        # How far they have read, of each conversation.
        """CREATE TABLE marks(
            person INTEGER NOT NULL, first INTEGER NOT NULL, second INTEGER NOT NULL, id INTEGER NOT NULL,
            PRIMARY KEY(person, first, second)) STRICT, WITHOUT ROWID""",
        # Which changes of these were the last ones: after an error it tells whether they happened.
        "ALTER TABLE ids ADD COLUMN changes INTEGER NOT NULL DEFAULT 0",
    ),
    (
        # What holds in a room because of an act of moderation, see stored_rulings.py.
        """CREATE TABLE rulings(
            room INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, value TEXT NOT NULL,
            whom TEXT NOT NULL, until INTEGER NOT NULL, "by" TEXT NOT NULL, reason TEXT NOT NULL,
            id INTEGER NOT NULL, at INTEGER NOT NULL,
            PRIMARY KEY(room, kind, subject)) STRICT, WITHOUT ROWID""",
        # All acts, also those that are not kept among the entries any more. `name` is what the room was
        # called, `text` that of the entry.
        """CREATE TABLE audit(
            id INTEGER PRIMARY KEY, at INTEGER NOT NULL, room INTEGER NOT NULL, name TEXT NOT NULL,
            sender TEXT NOT NULL, person INTEGER NOT NULL, text TEXT NOT NULL) STRICT""",
        "CREATE INDEX audit_by_room ON audit(room, id)",
        # What was deleted, as long as the search index may have its words: it forgets them by the text.
        """CREATE TABLE unindexed(
            id INTEGER PRIMARY KEY, first INTEGER NOT NULL, second INTEGER NOT NULL, sender TEXT NOT NULL,
            text TEXT NOT NULL) STRICT""",
        # Of whom everything is being deleted.
        "CREATE TABLE erasures(person INTEGER PRIMARY KEY) STRICT",
    ),
)

VERSION: Final = len(STEPS)

#: What is to be done in one transaction, with the values of each.
Statements = list[tuple[str, tuple[str | int, ...]]]

#: Of entries that are given as JSON.
DELETE_ENTRIES: Final = """DELETE FROM entries WHERE (first, second, id) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))"""


def as_json(rows: object) -> str:
    """Many values as the one that a statement takes apart by json_each."""
    return msgspec.json.encode(rows).decode()


def number_of(database: sqlite3.Connection, pragma: str) -> int:
    """The value of a pragma."""
    value = database.execute(f"PRAGMA {pragma}").fetchone()[0]
    return int(value)


def of_ids(database: sqlite3.Connection, columns: str) -> tuple[Any, ...]:
    """Values of the only row of `ids`. Raises sqlite3.DatabaseError where somebody has removed it."""
    row: tuple[Any, ...] | None = database.execute(f"SELECT {columns} FROM ids").fetchone()
    if row is None:
        raise sqlite3.DatabaseError("the table ids has no row")
    return row


def migrate(database: sqlite3.Connection) -> None:
    """Do the steps that are still to be done."""
    done = number_of(database, "user_version")
    for number, step in enumerate(STEPS[done:], done + 1):
        database.execute("BEGIN IMMEDIATE")
        for statement in step:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")
