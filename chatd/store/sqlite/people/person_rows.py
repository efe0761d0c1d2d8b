"""What the database has of one person, found a piece at a time, in the order of the ids.

No index knows who said an entry, as that would cost each of them more than all others together. So a piece
looks through some thousand entries: that takes some milliseconds. Acts are found in the audit, which has them
all.
"""

import sqlite3
from dataclasses import dataclass
from typing import Final

import msgspec

from chatd.state.stored_entries import ERASED, EntryKind, StoredEntry
from chatd.state.stored_rulings import act_of
from chatd.store.erased import without
from chatd.store.sqlite.schema import DELETE_ENTRIES, ENTRY_COLUMNS, Statements, as_json

#: Entries, and acts, that a piece looks through.
LOOKED_THROUGH: Final = 4000

_ACT: Final = EntryKind.ACT.value
#: The id before which a piece ends.
_ENDS: Final = """SELECT min(
    ifnull((SELECT id FROM entries INDEXED BY entries_by_id
        WHERE id > :after AND id < :end ORDER BY id LIMIT 1 OFFSET :many), :end),
    ifnull((SELECT id FROM audit WHERE id > :after AND id < :end ORDER BY id LIMIT 1 OFFSET :many), :end))"""
_PIECE: Final = "entries INDEXED BY entries_by_id WHERE entries.id > :after AND entries.id < :ends"
_OWN: Final = "iif(second, first = :person OR second = :person, person = :person)"
_ABOUT: Final = f"CASE kind WHEN {_ACT} THEN text ->> 'person' = :person ELSE 0 END"
_FLOOR: Final = """iif(second, (SELECT direct_floor FROM ids),
    ifnull((SELECT floor FROM rooms WHERE room = first), 0))"""
_NAME: Final = "iif(second, '', ifnull((SELECT name FROM rooms WHERE room = first), ''))"
_ENTRY: Final = f"json_array({ENTRY_COLUMNS})"
_SHOWN: Final = f"""SELECT json_group_array(json_array({_NAME}, {_ENTRY})) FROM (
    SELECT * FROM {_PIECE} AND {_OWN} AND kind <> {_ACT} AND entries.id > {_FLOOR}
    ORDER BY entries.id LIMIT :most)"""
_ALL: Final = f"""SELECT json_group_array(json_array('', {_ENTRY})) FROM (
    SELECT * FROM {_PIECE} AND ({_OWN} OR {_ABOUT})
    ORDER BY entries.id LIMIT :most)"""
_ACTS: Final = f"""SELECT json_group_array(json_array(
        name, json_array(room, 0, id, at, sender, person, {_ACT}, NULL, text))) FROM (
    SELECT * FROM audit WHERE id > :after AND id < :ends AND (person = :person OR text ->> 'person' = :person)
    ORDER BY id LIMIT :most)"""

_REWRITE: Final = """UPDATE entries SET sender = given.value ->> 4, person = given.value ->> 5,
        kind = given.value ->> 6, key = given.value ->> 7, text = given.value ->> 8
    FROM json_each(?) AS given
    WHERE first = given.value ->> 0 AND second = 0 AND entries.id = given.value ->> 2"""
_REWRITE_ACTS: Final = """UPDATE audit SET sender = given.value ->> 4, person = given.value ->> 5,
    text = given.value ->> 8 FROM json_each(?) AS given WHERE audit.id = given.value ->> 2"""
#: A message that the person deleted has its name as the text.
_DELETED_BY: Final = f"""UPDATE entries SET text = '{ERASED}' FROM json_each(?) AS given
    WHERE first = given.value ->> 0 AND second = 0 AND entries.id = given.value ->> 1
        AND kind = {EntryKind.DELETED.value}"""
#: The name of who made a ruling is that of the act's author.
_RULED_BY: Final = f"""UPDATE rulings SET "by" = '{ERASED}' WHERE id IN (SELECT value FROM json_each(?))"""
#: What is left when all pieces are done.
_REST: Final = (
    f"UPDATE rulings SET whom = '{ERASED}' WHERE subject = CAST(? AS TEXT)",
    "DELETE FROM guests WHERE person = ?",
    "DELETE FROM removed_keys WHERE person = ?",
    "DELETE FROM erasures WHERE person = ?",
)

_named: Final = msgspec.json.Decoder(list[tuple[str, StoredEntry]])


@dataclass(frozen=True, slots=True)
class PersonPiece:
    """What was found, with the names of rooms; all there is up to the id `upto`. `whole`: there is no more
    behind it."""

    entries: list[tuple[str, StoredEntry]]
    acts: list[tuple[str, StoredEntry]]
    upto: int
    whole: bool


def read_piece(database: sqlite3.Connection, person: int, after: int, end: int, most: int) -> PersonPiece:
    """Of what may be shown, above the id `after` and below `end`, at most so many of each."""
    return _read(database, (_SHOWN, _ACTS), person, after, end, most)


def erased_piece(database: sqlite3.Connection, person: int, after: int, end: int, most: int) -> PersonPiece:
    """Of what is to be erased, also what is not shown any more. No entry has the name of its room."""
    return _read(database, (_ALL, _ACTS), person, after, end, most)


def _read(
    database: sqlite3.Connection, statements: tuple[str, str], person: int, after: int, end: int, most: int
) -> PersonPiece:
    values = {"person": person, "after": after, "end": end, "many": LOOKED_THROUGH, "most": most}
    values["ends"] = ends = database.execute(_ENDS, values).fetchone()[0]
    found = [_named.decode(database.execute(one, values).fetchone()[0]) for one in statements]
    upto = min([ends - 1, *(rows[-1][1].id for rows in found if len(rows) == most)])
    entries, acts = ([row for row in rows if row[1].id <= upto] for rows in found)
    return PersonPiece(entries, acts, upto, upto >= end - 1)


def begun(database: sqlite3.Connection) -> list[int]:
    """Who is being erased."""
    return [person for [person] in database.execute("SELECT person FROM erasures ORDER BY person")]


def begin(person: int) -> Statements:
    """How it is noted that somebody is to be erased: a server that ends or is killed goes on at its next
    start."""
    return [("INSERT OR IGNORE INTO erasures VALUES (?)", (person,))]


def deleted_by(person: int, piece: PersonPiece) -> list[tuple[int, int]]:
    """The messages that the person deleted, by room and id."""
    acts = [entry for _, entry in piece.acts if entry.person == person]
    return [(one.first, message) for one in acts if (message := act_of(one).message) is not None]


def erasing(person: int, piece: PersonPiece) -> Statements:
    """How what was found is erased."""
    persons = {person}
    entries = [(entry, without(persons, entry)) for _, entry in piece.entries]
    acts = [(entry, without(persons, entry)) for _, entry in piece.acts]
    lists = (
        (_REWRITE, [left for _, left in entries if left is not None]),
        (DELETE_ENTRIES, [entry for entry, left in entries if left is None]),
        (_REWRITE_ACTS, [left for _, left in acts]),
        (_DELETED_BY, deleted_by(person, piece)),
        (_RULED_BY, [entry.id for entry, _ in acts if entry.person == person]),
    )
    return [(statement, (as_json(rows),)) for statement, rows in lists if rows]


def finishing(person: int) -> Statements:
    """What is left when nothing more is found; nobody is being erased then."""
    return [(statement, (person,)) for statement in _REST]
