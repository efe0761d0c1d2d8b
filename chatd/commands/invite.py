"""`chatd invite`: a code with which somebody may register a name once."""

import argparse
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatd.commands.contract import WRONG, CommandFailed, add_data, folder_of, say
from chatd.protocol.errors import ChatError
from chatd.protocol.names import check_name
from chatd.state.stored_accounts import StoredInvite
from chatd.store.secret_hash import secret_hash
from chatd.store.sqlite.folder import LOG
from chatd.store.sqlite.looking import DamagedLog, NotOurLog, looked_at
from chatd.store.sqlite.people.invites import add_invite, has_invites, is_registered
from chatd.store.sqlite.schema import number_of

#: Seven groups of four, which can be read aloud: none of these looks like another. 138 random bits.
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 7
_LETTERS_A_GROUP: Final = 4
#: Days until it expires, and the most.
_DAYS: Final = 7
_MOST_DAYS: Final = 365
_DAY_MS: Final = 86_400_000


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="chatd invite",
        description="Make an invite: a code with which somebody can register a name once, where the server "
        "asks for one (chatd --registration invite). The server may run. The code is shown once: of it only "
        "a hash is kept.",
    )
    add_data(made)
    add_arguments(made)
    return made


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of its own."""
    parser.add_argument("--name", metavar="NAME", help="the name that it is for (default: any that is free)")
    parser.add_argument(
        "--days",
        metavar="N",
        type=int,
        default=_DAYS,
        help=f"for how many days it can be used, 1 to {_MOST_DAYS} (default {_DAYS})",
    )


@dataclass(frozen=True, slots=True)
class NewInvite:
    """`expires` is in milliseconds since the epoch; without a `name` it is for any that is free."""

    code: str
    name: str | None
    expires: int

    @property
    def sentence(self) -> str:
        """What to do with it."""
        until = time.strftime("%Y-%m-%d %H:%M %z", time.localtime(self.expires / 1000))
        whose = "of whoever types it" if self.name is None else self.name
        return f"/register PASSWORD invite:{self.code} registers the name {whose}, once, until {until}"


def run(arguments: argparse.Namespace) -> int:
    made = make(folder_of(arguments.data), arguments.name, arguments.days)
    say(f"chatd invite: {made.sentence}")
    return 0


def make(folder: Path, name: str | None, days: int) -> NewInvite:
    """Into the log of that folder. Raises CommandFailed."""
    path = folder / LOG
    if not 1 <= days <= _MOST_DAYS:
        raise CommandFailed(f"--days is a number from 1 to {_MOST_DAYS}, not {days}", WRONG)
    try:
        if name is not None:
            check_name(name)
        _look(path, name)
        code = "-".join(_group() for _ in range(_GROUPS))
        expires = time.time_ns() // 1_000_000 + days * _DAY_MS
        add_invite(path, StoredInvite(secret_hash(code), name or "", expires))
    except (ChatError, NotOurLog) as error:
        raise CommandFailed(str(error), WRONG) from error
    except DamagedLog as error:
        raise CommandFailed(f"{error}; please restore a copy") from error
    except sqlite3.Error as error:
        raise CommandFailed(f"{path} cannot be written: {error}") from error
    return NewInvite(code, name, expires)


def _look(path: Path, name: str | None) -> None:
    """Whether an invite can be made there. Raises NotOurLog, DamagedLog and CommandFailed."""
    with looked_at(path) as database:
        version = number_of(database, "user_version")
        if not has_invites(version):
            raise CommandFailed(
                f"{path} is of an earlier version ({version}); please start the server on it once", WRONG
            )
        if name is not None and is_registered(database, name):
            raise CommandFailed(f"{name} is registered already; please give another name", WRONG)


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_A_GROUP))
