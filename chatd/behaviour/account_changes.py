"""Having a change of accounts stored, before anybody is told of it. One person's name and account are changed
one after the other: else an old name could be stored behind a new one, or an account that was given up."""

from collections.abc import Callable

from chatd.behaviour.asking import ask
from chatd.protocol.errors import ChatError, Code
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_accounts import AccountChange, ChangeOutcome


def account_of(session: Session) -> Account:
    """Raises ChatError for a guest."""
    account = session.person.account
    if account is None:
        raise ChatError(Code.NO_ACCOUNT, "you have no account; /register PASSWORD makes your name yours")
    return account


def begin_change(state: ServerState, person: int) -> None:
    """Nothing else changes its name or its account until `end_change`. Raises ChatError where something is
    doing that."""
    if person in state.accounts.changing:
        raise ChatError(Code.BUSY, "your name or your account is just being changed; please try again")
    state.accounts.changing.add(person)


def end_change(state: ServerState, person: int) -> None:
    """It is done, or will not be."""
    state.accounts.changing.discard(person)


def store(
    state: ServerState,
    session: Session,
    change: AccountChange,
    then: Callable[[ChangeOutcome], None],
    ref: str | None = None,
) -> None:
    """Until it is known what became of it, the session waits. It is told a ChatError that `then` raises."""

    def begin(answered: Callable[[ChangeOutcome], None]) -> bool:
        state.log.people.change(change, answered)
        return True

    ask(state, session, begin, then, ref)
