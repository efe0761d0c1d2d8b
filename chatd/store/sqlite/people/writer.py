"""What the thread that commits does for accounts: changes, and what is kept, in one transaction.

Each change is done as a whole or not at all, and one that cannot be done harms no other.
"""

import logging
import secrets
import sqlite3
from dataclasses import dataclass, field
from typing import Final

from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from chatd.store.sqlite.people.changing import changing, keeping, using
from chatd.store.sqlite.people.invites import USE
from chatd.store.sqlite.people.keeps import KeptRows
from chatd.store.sqlite.schema import Statements
from chatd.store.sqlite.writing import EntryWriter

log: Final = logging.getLogger("chatd")

#: What a value that cannot be stored raises; nothing is wrong with the disk then.
_Wrong: Final = (sqlite3.IntegrityError, sqlite3.DataError, ValueError, OverflowError)


class NobodyKnows(OSError):
    """Whether it is written cannot be found out now."""


@dataclass(slots=True)
class PeopleJob:
    """`now` is the time of day in milliseconds. When it is done `outcomes` are those of the changes, and
    `again` is how all that were done are written once more."""

    changes: list[AccountChange]
    kept: KeptRows
    now: int
    number: int = field(default_factory=lambda: secrets.randbits(62))
    begun: bool = False
    outcomes: list[ChangeOutcome] = field(default_factory=list)
    again: Statements = field(default_factory=list)


class PeopleWriter:
    """To be used by the thread that commits, whose connection it shares."""

    def __init__(self, entries: EntryWriter) -> None:
        self._entries: Final = entries

    def commit(self, job: PeopleJob) -> None:
        """Do it. Raises sqlite3.Error when nothing was done; and NobodyKnows: then the same job is to be
        given here until it is known."""
        if job.begun and self._happened(job):
            return
        job.begun = True
        try:
            self._write(job)
        except sqlite3.Error:
            if not self._happened(job):
                raise

    def _happened(self, job: PeopleJob) -> bool:
        """After an error."""
        happened = self._entries.find_out(lambda: self._last() == job.number)
        if happened is None:
            raise NobodyKnows("nobody knows whether accounts were written")
        return happened

    def _last(self) -> int:
        found: int = self._entries.database.execute("SELECT changes FROM ids").fetchone()[0]
        return found

    def _write(self, job: PeopleJob) -> None:
        database = self._entries.database
        job.again = []
        try:
            database.execute("BEGIN IMMEDIATE")
            job.outcomes = [self._change(database, change, job) for change in job.changes]
            self._keep(database, job.kept)
            database.execute("UPDATE ids SET changes = ?", (job.number,))
            database.execute("COMMIT")
        finally:
            if database.in_transaction:
                database.execute("ROLLBACK")

    def _change(self, database: sqlite3.Connection, change: AccountChange, job: PeopleJob) -> ChangeOutcome:
        outcome = ChangeOutcome.DONE
        database.execute("SAVEPOINT change")
        try:
            if change.invite is not None and not database.execute(USE, (change.invite, job.now)).rowcount:
                outcome = ChangeOutcome.NO_INVITE
            else:
                statements = changing(change)
                for statement, values in statements:
                    database.execute(statement, values)
                job.again += [*([] if change.invite is None else using(change.invite)), *statements]
        except _Wrong as error:
            log.error("a change of accounts is refused: %s", error)
            outcome = ChangeOutcome.UNAVAILABLE
        if outcome is not ChangeOutcome.DONE:
            database.execute("ROLLBACK TO change")
        database.execute("RELEASE change")
        return outcome

    def _keep(self, database: sqlite3.Connection, kept: KeptRows) -> None:
        database.execute("SAVEPOINT kept")
        try:
            for statement, values in keeping(kept):
                database.execute(statement, values)
        except _Wrong as error:
            log.error("what was to be kept of accounts cannot be: %s", error)
            database.execute("ROLLBACK TO kept")
        database.execute("RELEASE kept")
