"""How acts of moderation, and what holds because of them, become statements; and how they are read again.

With its entry each act is written into the audit, with the rulings that it makes, and with what it deletes:
in one transaction. Where nobody knows whether that happened, it is undone later: what was there before is
read in the same transaction.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from chatd.protocol.keep_rule import DAY
from chatd.state.entry_rows import rulings_of
from chatd.state.message_log import ActEntry
from chatd.state.stored_entries import PAGE_LIMIT, EntryKind, StoredEntry
from chatd.state.stored_rulings import AuditQuestion, AuditRows, Ruling, RulingKind
from chatd.store.sqlite.schema import UNSAID_KINDS, Statements, as_json

#: What is over is forgotten so much later: the clock may be wrong for a while.
_OVER: Final = 30 * DAY

_RULING: Final = 'room, kind, subject, value, whom, until, "by", reason, id, at'
_RULING_VALUES: Final = ", ".join(f"value ->> {number}" for number, _ in enumerate(_RULING.split()))
_AUDIT: Final = "id, at, room, name, sender, person, text"
_AUDIT_VALUES: Final = ", ".join(f"value ->> {number}" for number, _ in enumerate(_AUDIT.split()))

_NOTE: Final = f"INSERT OR REPLACE INTO audit ({_AUDIT}) SELECT {_AUDIT_VALUES} FROM json_each(?1) WHERE true"
_SET: Final = (
    f"INSERT OR REPLACE INTO rulings ({_RULING}) SELECT {_RULING_VALUES} FROM json_each(?1) WHERE true"
)
_LIFT: Final = "DELETE FROM rulings WHERE room = ?1 ->> 0 AND kind = ?1 ->> 1 AND subject = ?1 ->> 2"
_FORGET_PERSONS: Final = f"""DELETE FROM rulings WHERE kind IN ('{RulingKind.ROLE}', '{RulingKind.MEMBER}')
    AND subject IN (SELECT value FROM json_each(?))"""
_FORGET_ROOMS: Final = "DELETE FROM rulings WHERE room IN (SELECT value FROM json_each(?))"
#: Entries that are to be deleted. (What is deleted twice has the name of who did it first.)
_DOOMED: Final = f"""FROM entries WHERE (first, second, id) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)) AND kind NOT IN {UNSAID_KINDS}"""
_UNINDEX: Final = f"""INSERT OR REPLACE INTO unindexed (id, first, second, sender, text)
    SELECT id, first, second, sender, text {_DOOMED}"""
_KEEP_KEYS: Final = f"""INSERT OR IGNORE INTO removed_keys (id, person, key)
    SELECT id, person, key {_DOOMED} AND key IS NOT NULL"""
_DELETE: Final = f"""UPDATE entries SET kind = {EntryKind.DELETED.value}, key = NULL, text = given.value ->> 3
    FROM json_each(?1) AS given WHERE entries.first = given.value ->> 0
    AND entries.second = given.value ->> 1 AND entries.id = given.value ->> 2
    AND entries.kind NOT IN {UNSAID_KINDS}"""

#: Of the undoing: nothing is done where the last of the acts is not there.
_THERE: Final = "AND EXISTS (SELECT 1 FROM audit WHERE id = ?2)"
_HELD: Final = f"""SELECT json_group_array(json_array({_RULING})) FROM (
    SELECT rulings.* FROM json_each(?1) AS given CROSS JOIN rulings ON rulings.room = given.value ->> 0
    AND rulings.kind = given.value ->> 1 AND rulings.subject = given.value ->> 2)"""
_UNSET: Final = f"""DELETE FROM rulings WHERE (room, kind, subject) IN
    (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?1)) {_THERE}"""
_SAID: Final = f"SELECT json_group_array(json_array(first, second, id, kind, key, text)) {_DOOMED}"
_SAY_AGAIN: Final = f"""UPDATE entries
    SET kind = said.value ->> 3, key = said.value ->> 4, text = said.value ->> 5
    FROM json_each(?1) AS said WHERE entries.first = said.value ->> 0
    AND entries.second = said.value ->> 1 AND entries.id = said.value ->> 2 {_THERE}"""
_FORGET: Final = f"DELETE FROM {{}} WHERE id IN (SELECT value ->> 2 FROM json_each(?1)) {_THERE}"
_UNNOTE: Final = "DELETE FROM audit WHERE id IN (SELECT value ->> 0 FROM json_each(?))"

_HOLDING: Final = f"SELECT json_group_array(json_array({_RULING})) FROM (SELECT * FROM rulings ORDER BY id)"
#: What is over; and of rooms that are gone, or never were stored: their numbers may be another room's.
_CLEAN: Final = """DELETE FROM rulings WHERE until BETWEEN 1 AND ?
    OR room NOT IN (SELECT room FROM rooms WHERE name IS NOT NULL)"""
_DONE: Final = f"""SELECT json_group_array(json_array(name, json_array(
        room, 0, id, at, sender, person, {EntryKind.ACT.value}, NULL, text))) FROM (
    SELECT * FROM audit WHERE id < :end {{}} ORDER BY id DESC LIMIT :limit)"""
_DONE_ANYWHERE: Final = _DONE.format("")
_DONE_IN_ROOM: Final = _DONE.format("AND room = :room")

_rulings: Final = msgspec.json.Decoder(list[Ruling])
_acts: Final = msgspec.json.Decoder(list[tuple[str, StoredEntry]])


class _AuditRow(msgspec.Struct, frozen=True, array_like=True):
    """As the table has it."""

    id: int
    at: int
    room: int
    name: str
    sender: str
    person: int
    text: str


class _Deletion(msgspec.Struct, frozen=True, array_like=True):
    """What is deleted, and by whom."""

    first: int
    second: int
    id: int
    by: str


@dataclass(slots=True)
class Moderation:
    """What is written with the entries of `acts`, which have their place. `kept` are rulings that no act
    makes, and that are newer; `rooms` are gone. `undo` is how it is undone, once it is begun."""

    acts: Sequence[ActEntry] = ()
    kept: Sequence[Ruling] = ()
    rooms: Sequence[int] = ()
    undo: Statements = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.acts or self.kept or self.rooms)

    @property
    def _rulings(self) -> list[Ruling]:
        """The last of each kind and subject."""
        made = [ruling for act in self.acts for ruling in rulings_of(act)]
        return list({ruling.key: ruling for ruling in (*made, *self.kept)}.values())

    @property
    def _deletions(self) -> list[_Deletion]:
        """The first of each entry."""
        found: dict[int, _Deletion] = {}
        for act in self.acts:
            if (one := act.removes) is not None:
                by = act.author.person.nick
                found.setdefault(one.id, _Deletion(one.first, one.second, one.id, by))
        return list(found.values())

    def statements(self) -> Statements:
        """To be done when the entries are written; or once more."""
        rulings = self._rulings
        deletions = self._deletions
        parts: tuple[tuple[str, Sequence[Any]], ...] = (
            (_NOTE, [_audited(act) for act in self.acts]),
            (_UNINDEX, deletions),
            (_KEEP_KEYS, deletions),
            (_DELETE, deletions),
            (_SET, [ruling for ruling in rulings if ruling.value]),
            (_FORGET_ROOMS, self.rooms),
        )
        lifted: Statements = [(_LIFT, (as_json(ruling.key),)) for ruling in rulings if not ruling.value]
        return lifted + [(statement, (as_json(rows),)) for statement, rows in parts if rows]

    def begin(self, database: sqlite3.Connection) -> None:
        """Within the transaction, before anything is written: note how the acts are undone."""
        if not self.acts:
            return
        last, keys = self.acts[-1].id, as_json([ruling.key for ruling in self._rulings])
        deletions = as_json(self._deletions)
        [held], [said] = (
            database.execute(question, (rows,)).fetchone()
            for question, rows in ((_HELD, keys), (_SAID, deletions))
        )
        self.undo = [
            (_UNSET, (keys, last)),
            (f"{_SET} {_THERE}", (held, last)),
            (_SAY_AGAIN, (said, last)),
            (_FORGET.format("unindexed"), (said, last)),
            (_FORGET.format("removed_keys"), (said, last)),
            (_UNNOTE, (as_json([_audited(act) for act in self.acts]),)),
        ]


def _audited(act: ActEntry) -> _AuditRow:
    author, room = act.author.person, act.room
    return _AuditRow(act.id, act.at, room.number, room.name, author.nick, author.number, act.text)


def forgetting_persons(persons: Sequence[int]) -> tuple[str, Sequence[str]]:
    """How the roles and memberships of those go who have no account any more, with what it is given."""
    return _FORGET_PERSONS, [str(person) for person in persons]


def read_rulings(database: sqlite3.Connection, now: int) -> list[Ruling]:
    """Those that hold, the oldest first. `now` is the time of day in milliseconds."""
    database.execute(_CLEAN, (now - _OVER,))
    return _rulings.decode(database.execute(_HOLDING).fetchone()[0])


def read_audit(database: sqlite3.Connection, question: AuditQuestion, end: int) -> AuditRows:
    """What was done; nothing of it has the id `end` or a higher one."""
    limit = max(0, min(question.limit, PAGE_LIMIT))
    before = end if question.before is None else max(-1, min(end, question.before))
    values = {"end": before, "limit": limit + 1, "room": question.room}
    statement = _DONE_ANYWHERE if question.room is None else _DONE_IN_ROOM
    acts = _acts.decode(database.execute(statement, values).fetchone()[0])
    return AuditRows(acts[:limit][::-1], len(acts) > limit)
