"""What is in a log, in numbers: for whoever looks at it or copies it, also of an earlier version."""

import sqlite3
from dataclasses import dataclass
from typing import Final

from chatd.store.sqlite.schema import number_of, of_ids

#: The first version with guests, with what is kept, with accounts, and with acts of moderation.
_WITH_GUESTS: Final = 2
_WITH_FLOORS: Final = 3
_WITH_ACCOUNTS: Final = 4
_WITH_ACTS: Final = 5
#: That have not expired.
_OPEN_INVITES: Final = (
    "SELECT count(*) FROM invites WHERE expires > CAST(strftime('%s', 'now') AS INTEGER) * 1000"
)


@dataclass(frozen=True, slots=True)
class KeptRoom:
    """A room that says itself how much of it is kept; None or 0: as the server says."""

    name: str
    days: int | None
    count: int | None


@dataclass(frozen=True, slots=True)
class LogSummary:
    """`messages` are all, topics and acts too, of which `direct` are between two people; `oldest` and
    `newest` are milliseconds since the epoch, None where there are none. `gone` are rooms without a name.
    `keep` is what the last server kept; `invites` are those that can be used; `acts` are those of the
    audit."""

    version: int
    rooms: int
    gone: int
    messages: int
    direct: int
    oldest: int | None
    newest: int | None
    guests: int
    accounts: int
    devices: int
    invites: int
    acts: int
    rulings: int
    keep: str
    kept_rooms: list[KeptRoom]


def summarize(database: sqlite3.Connection) -> LogSummary:
    """Count: 0.1 s for each million. Raises sqlite3.Error."""

    def one(question: str) -> int:
        return int(database.execute(question).fetchone()[0])

    def time(order: str) -> int | None:
        found = database.execute(f"SELECT at FROM entries ORDER BY id {order} LIMIT 1").fetchone()
        return None if found is None else int(found[0])

    version = number_of(database, "user_version")
    keep, kept_rooms = "", []
    if version >= _WITH_FLOORS:
        keep = str(of_ids(database, "keep")[0])
        kept_rooms = [
            KeptRoom(*row)
            for row in database.execute(
                """SELECT name, keep_days, keep_count FROM rooms WHERE name IS NOT NULL
                AND (keep_days > 0 OR keep_count > 0) ORDER BY name"""
            )
        ]
    return LogSummary(
        version=version,
        rooms=one("SELECT count(*) FROM rooms WHERE name IS NOT NULL"),
        gone=one("SELECT count(*) FROM rooms WHERE name IS NULL"),
        messages=one("SELECT count(*) FROM entries"),
        direct=one("SELECT count(*) FROM entries WHERE second <> 0"),
        oldest=time("ASC"),
        newest=time("DESC"),
        guests=one("SELECT count(*) FROM guests") if version >= _WITH_GUESTS else 0,
        accounts=one("SELECT count(*) FROM accounts") if version >= _WITH_ACCOUNTS else 0,
        devices=one("SELECT count(*) FROM devices") if version >= _WITH_ACCOUNTS else 0,
        invites=one(_OPEN_INVITES) if version >= _WITH_ACCOUNTS else 0,
        acts=one("SELECT count(*) FROM audit") if version >= _WITH_ACTS else 0,
        rulings=one("SELECT count(*) FROM rulings") if version >= _WITH_ACTS else 0,
        keep=keep,
        kept_rooms=kept_rooms,
    )
