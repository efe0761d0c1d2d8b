"""Who owns a name, from which devices, and what they have read: kept by the log's engine, beside the entries.

The contract goes on from that of the log (message_log.py); the numbers are those of the tests.

15. `accounts` and `devices` are those to begin with. `change` never waits; it is answered when the change
   cannot be lost any more, as an entry is acknowledged, or when nothing of it happened, nor will after a
   restart. Changes are done in the order in which they were asked for. `keep_account`, `keep_device` and
   `keep_mark` are for what may be lost in a power cut (in which rooms one is, when one was here last, what
   one has read): they take effect soon, never wait, and never fail; after a change that removed what they
   are about, they do nothing.
16. A read mark only ever rises. That of the conversation of 0 and the person is for all of its direct
   messages, beside those of the pairs. `count_unread` and `read_unread` answer as the log's `read` does, by
   every mark and every entry that was there when they were asked: they count what is above the mark and the
   floor of its conversation, and nothing that the person said itself.

(17 to 21 are about moderation: see message_log.py.)

22. `read_person` gives all that is kept of a person, a page at a time. `erase` has everything that a person
   said in rooms be DELETED without a name (see 18: also its names as author, which become `[deleted]`), and
   takes its direct messages away, those to it and those by it, from whoever wrote with it, with their keys.
   It is answered when that is done and cannot be lost any more, which may take a while, or with False when it
   could not be, and nothing or some of it has happened: then it is asked for again. Whoever reads meanwhile
   sees some of it, and nobody is held up.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from chatd.state.stored_accounts import (
    AccountChange,
    CaughtUp,
    ChangeOutcome,
    ReadMark,
    StoredAccount,
    StoredDevice,
    StoredInvite,
    Unread,
    UnreadQuestion,
)
from chatd.state.stored_rulings import PersonFile


def always() -> bool:
    """Of a question whose answer is wanted whenever it comes."""
    return True


class AccountStore(Protocol):
    """See the module's contract."""

    @property
    def accounts(self) -> Sequence[StoredAccount]:
        """At the start: who owns a name."""

    @property
    def devices(self) -> Sequence[StoredDevice]:
        """At the start: from which devices they come back without a password."""

    def change(self, change: AccountChange, then: Callable[[ChangeOutcome], None]) -> None:
        """See 15."""

    def keep_account(self, account: StoredAccount) -> None:
        """Keep it, in place of what was kept of the same person, where it still has an account."""

    def keep_device(self, device: StoredDevice) -> None:
        """Keep it, in place of what was kept under the same token, where that was not revoked."""

    def keep_mark(self, mark: ReadMark) -> None:
        """The person has read so much of a conversation."""

    def find_invite(self, code: str, then: Callable[[StoredInvite | None], None]) -> bool:
        """Ask for the invite whose code has this hash; `then` gets None where there is none, or it expired.
        False when too much is asked for already."""

    def read_person(self, person: int, after: int, then: Callable[[PersonFile | None], None]) -> bool:
        """Ask for what is kept of a person, in pages, above the id `after`."""

    def erase(self, person: int, then: Callable[[bool], None]) -> None:
        """See 22. The person has no account any more, and no connection."""

    def count_unread(
        self,
        question: UnreadQuestion,
        then: Callable[[Unread | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """Ask how much is unread; None where it could not be read."""

    def read_unread(
        self,
        question: UnreadQuestion,
        limit: int,
        then: Callable[[CaughtUp | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        """Ask what is unread, at most `limit` entries of each list; None where it could not be read."""
