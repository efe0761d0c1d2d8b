"""Invites: whoever gives a code may register once. Of codes there are only hashes."""

import sqlite3
from typing import Final

from chatd.state.stored_accounts import StoredInvite

#: Use one up, if it has not expired by a time.
USE: Final = "DELETE FROM invites WHERE code = ? AND expires > ?"
_FIND: Final = "SELECT code, name, expires FROM invites WHERE code = ? AND expires > ?"


def read_invite(database: sqlite3.Connection, code: str, now: int) -> StoredInvite | None:
    """The one with this hash, where it has not expired."""
    row = database.execute(_FIND, (code, now)).fetchone()
    return None if row is None else StoredInvite(*row)


def forget_expired(database: sqlite3.Connection, now: int) -> None:
    database.execute("DELETE FROM invites WHERE expires <= ?", (now,))


def add_invite(database: sqlite3.Connection, invite: StoredInvite) -> None:
    database.execute("INSERT INTO invites VALUES (?, ?, ?)", (invite.code, invite.name, invite.expires))
