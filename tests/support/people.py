"""Accounts for tests of the log, and what it answers about them."""

from chatd.state.stored_accounts import (
    AccountChange,
    CaughtUp,
    ChangeOutcome,
    StoredAccount,
    StoredDevice,
    StoredInvite,
    Unread,
    UnreadQuestion,
)
from tests.support.logs import Answer, Journal


def account(person: int, name: str, verifier: str = "v", **more: object) -> StoredAccount:
    return StoredAccount(person, name, verifier, 1_000, **more)  # type: ignore[arg-type]


def device(token: str, person: int, number: int = 1, used: int = 5) -> StoredDevice:
    return StoredDevice(token, person, number, "chat", 5, used)


def changed(journal: Journal, change: AccountChange) -> ChangeOutcome | None:
    """What became of it."""
    answer: Answer[ChangeOutcome] = Answer()
    journal.log.people.change(change, answer)
    return answer.wait()


def register(journal: Journal, *accounts: StoredAccount) -> None:
    assert changed(journal, AccountChange(accounts)) is ChangeOutcome.DONE


def invite_of(journal: Journal, code: str) -> StoredInvite | None:
    answer: Answer[StoredInvite] = Answer()
    assert journal.log.people.find_invite(code, answer)
    return answer.wait()


def unread(journal: Journal, question: UnreadQuestion) -> Unread:
    answer: Answer[Unread] = Answer()
    assert journal.log.people.count_unread(question, answer)
    found = answer.wait()
    assert found is not None
    return found


def caught_up(journal: Journal, question: UnreadQuestion, limit: int = 50) -> CaughtUp:
    answer: Answer[CaughtUp] = Answer()
    assert journal.log.people.read_unread(question, limit, answer)
    found = answer.wait()
    assert found is not None
    return found
