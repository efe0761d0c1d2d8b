"""How changes of accounts become statements. Each is given its rows as one value of JSON."""

from collections.abc import Sequence
from typing import Any, Final

from chatd.state.stored_accounts import AccountChange
from chatd.store.sqlite.acts import forgetting_persons
from chatd.store.sqlite.people.keeps import KeptRows
from chatd.store.sqlite.schema import Statements, as_json

_OF_PERSONS: Final = "WHERE person IN (SELECT value FROM json_each(?))"
_GONE: Final = tuple(f"DELETE FROM {table} {_OF_PERSONS}" for table in ("accounts", "devices", "marks"))
_REVOKE: Final = "DELETE FROM devices WHERE token IN (SELECT value FROM json_each(?))"
#: Those that they take the place of go first: two may have exchanged their names.
_REPLACED: Final = "DELETE FROM accounts WHERE person IN (SELECT value ->> 0 FROM json_each(?))"
_ACCOUNTS: Final = """INSERT INTO accounts (person, name, verifier, created, rooms, room, left, since)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value -> 4, value ->> 5, value ->> 6,
        value ->> 7
    FROM json_each(?)"""
_DEVICES: Final = """INSERT OR REPLACE INTO devices (token, person, number, label, created, used)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(?)"""
_USE_INVITE: Final = "DELETE FROM invites WHERE code = ?"

#: Only what no change is needed for. (A name or a verifier may be that of a change which fails.)
_KEEP_ACCOUNTS: Final = """UPDATE accounts
    SET rooms = given.value -> 4, room = given.value ->> 5, left = given.value ->> 6
    FROM json_each(?) AS given WHERE person = given.value ->> 0"""
_KEEP_DEVICES: Final = """UPDATE devices SET label = given.value ->> 3, used = given.value ->> 5
    FROM json_each(?) AS given WHERE token = given.value ->> 0"""
_KEEP_MARKS: Final = """INSERT INTO marks (person, first, second, id)
    SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)
    WHERE value ->> 0 IN (SELECT person FROM accounts)
    ON CONFLICT (person, first, second) DO UPDATE SET id = excluded.id WHERE excluded.id > marks.id"""


def _made(parts: Sequence[tuple[str, Sequence[Any]]]) -> Statements:
    return [(statement, (as_json(rows),)) for statement, rows in parts if rows]


def using(code: str) -> Statements:
    """How an invite is used up, whether there is one or not."""
    return [(_USE_INVITE, (code,))]


def changing(change: AccountChange) -> Statements:
    """All of it but the invite. Raises ValueError and OverflowError where a value cannot be stored."""
    return _made(
        (
            *((statement, change.gone) for statement in _GONE),
            forgetting_persons(change.gone),
            (_REVOKE, change.revoked),
            (_REPLACED, change.accounts),
            (_ACCOUNTS, change.accounts),
            (_DEVICES, change.devices),
        )
    )


def keeping(rows: KeptRows) -> Statements:
    """Raises as `changing`."""
    return _made(((_KEEP_ACCOUNTS, rows.accounts), (_KEEP_DEVICES, rows.devices), (_KEEP_MARKS, rows.marks)))
