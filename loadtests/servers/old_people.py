"""People who registered before a run: thousands of accounts, whose devices come back with a token that is
known beforehand. Registered through the server each would take it 30 ms.

    python -m loadtests.servers.old_people FOLDER [--people N] [--devices N]

writes them into the data folder of a chatd that has made it and has ended. They are called `p00000`,
`p00001`, … Device 0 of the first comes with the token `p00000-0`. Nobody has a password that anyone knows.
"""

import argparse
import sqlite3
from collections.abc import Iterable, Iterator
from hashlib import sha256
from json import dumps
from pathlib import Path
from time import time
from typing import Final, NamedTuple

from chatd.protocol.requests import LOBBY
from loadtests.servers.filling import IDS_A_MS, filling

#: What every password is compared with, and none fits: hash and salt were drawn at random.
_VERIFIER: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$tgqkaYGDhh9FVGwAbqgGIg$UXJaTWBnOqyqUgj2ebb4kWcSAhqITyKCQ8kZuFBgVhs"
)
#: The number of the first of them: no other person has it, since those are drawn at random.
_FIRST: Final = 1_000_000
#: The number of the room that stands for the server: the lobby.
_SERVER: Final = 1
#: The kind of ruling that says who has a role.
_ROLE: Final = "role"


class OldAccount(NamedTuple):
    """Person `number`, with so many devices, the names of its rooms, and its role on the server."""

    number: int
    name: str
    devices: int = 1
    rooms: tuple[str, ...] = (LOBBY,)
    role: str = ""

    @property
    def person(self) -> int:
        """As the database has it."""
        return person_of(self.number)


def person_of(number: int) -> int:
    """Of the account of that number."""
    return _FIRST + number


def token_of(name: str, device: int) -> str:
    """With which that device of theirs comes."""
    return f"{name}-{device}"


def register(database: sqlite3.Connection, accounts: Iterable[OldAccount], at: int, left: int) -> None:
    """They registered at that time (ms since the epoch), and `left` then. What was said before they
    registered they have not missed."""
    everyone = [*accounts]
    database.executemany(
        "INSERT INTO accounts (person, name, verifier, created, rooms, room, left, since) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (one.person, one.name, _VERIFIER, at, dumps(one.rooms), LOBBY, left, at * IDS_A_MS)
            for one in everyone
        ),
    )
    database.executemany(
        "INSERT INTO devices (token, person, number, label, created, used) VALUES (?, ?, ?, ?, ?, ?)",
        (row for one in everyone for row in _devices(one, at, left)),
    )
    database.executemany(
        'INSERT INTO rulings (room, kind, subject, value, whom, until, "by", reason, id, at) '
        "VALUES (?, ?, ?, ?, ?, 0, '', '', ?, ?)",
        (
            (_SERVER, _ROLE, str(one.person), one.role, one.name, at * IDS_A_MS, at)
            for one in everyone
            if one.role
        ),
    )


def _devices(account: OldAccount, at: int, left: int) -> Iterator[tuple[str | int, ...]]:
    for device in range(account.devices):
        token = sha256(token_of(account.name, device).encode()).hexdigest()
        yield (token, account.person, device + 1, f"device {device}", at, left)


def write_accounts(accounts: Iterable[OldAccount], folder: Path) -> None:
    """Into that data folder: they registered an hour ago, and said nothing."""
    now = int(time() * 1000)
    with filling(folder, now * IDS_A_MS, now) as database:
        register(database, accounts, now - 3_600_000, now - 1_800_000)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.servers.old_people",
        description="Fill the data folder that a chatd has made, and that no chatd uses now, with accounts.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--people", type=int, default=1000, metavar="N")
    parser.add_argument("--devices", type=int, default=3, metavar="N")
    options = parser.parse_args()
    people = (OldAccount(number, f"p{number:05d}", options.devices) for number in range(options.people))
    write_accounts(people, options.folder)


if __name__ == "__main__":
    main()
