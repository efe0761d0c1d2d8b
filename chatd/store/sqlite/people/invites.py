"""Invites: whoever gives a code may register once. Of codes there are only hashes.

They are made by another process than the server (`chatd invite`), beside it: SQLite lets one write at a time.
"""

import contextlib
import sqlite3
from pathlib import Path
from typing import Final

from chatd.state.stored_accounts import StoredInvite
from chatd.store.sqlite.opening import connect_to

#: Use one up, if it has not expired by a time.
USE: Final = "DELETE FROM invites WHERE code = ? AND expires > ?"
_FIND: Final = "SELECT code, name, expires FROM invites WHERE code = ? AND expires > ?"
#: The first version that has any.
_WITH_INVITES: Final = 4


def read_invite(database: sqlite3.Connection, code: str, now: int) -> StoredInvite | None:
    """The one with this hash, where it has not expired."""
    row = database.execute(_FIND, (code, now)).fetchone()
    return None if row is None else StoredInvite(*row)


def forget_expired(database: sqlite3.Connection, now: int) -> None:
    database.execute("DELETE FROM invites WHERE expires <= ?", (now,))


def has_invites(version: int) -> bool:
    """Whether a log of that version can have them."""
    return version >= _WITH_INVITES


def is_registered(database: sqlite3.Connection, name: str) -> bool:
    """Whether somebody has an account of that name."""
    return database.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone() is not None


def add_invite(path: Path, invite: StoredInvite) -> None:
    """Into the log `path`; the disk has it when this returns. Raises sqlite3.Error."""
    with contextlib.closing(connect_to(path)) as database:
        database.execute("PRAGMA synchronous = FULL")
        database.execute("INSERT INTO invites VALUES (?, ?, ?)", (invite.code, invite.name, invite.expires))
