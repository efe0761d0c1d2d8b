"""Who owns a name, and from which devices they come back: read at the start."""

import sqlite3
from typing import Final

import msgspec

from chatd.state.stored_accounts import StoredAccount, StoredDevice
from chatd.store.sqlite.people.invites import forget_expired

_ACCOUNTS: Final = """SELECT json_group_array(json_array(
    person, name, verifier, created, json(rooms), room, left, since)) FROM accounts"""
_DEVICES: Final = """SELECT json_group_array(json_array(token, person, number, label, created, used))
    FROM (SELECT * FROM devices ORDER BY person, number)"""

_accounts: Final = msgspec.json.Decoder(list[StoredAccount])
_devices: Final = msgspec.json.Decoder(list[StoredDevice])


def read_accounts(database: sqlite3.Connection, now: int) -> list[StoredAccount]:
    """All. Who was here when the server was killed is away since now, the time of day in milliseconds."""
    database.execute("UPDATE accounts SET left = ?1 WHERE left = 0 OR left > ?1", (now,))
    forget_expired(database, now)
    return _accounts.decode(database.execute(_ACCOUNTS).fetchone()[0])


def read_devices(database: sqlite3.Connection) -> list[StoredDevice]:
    return _devices.decode(database.execute(_DEVICES).fetchone()[0])
