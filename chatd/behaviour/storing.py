"""Having a change of accounts stored, before anybody is told of it."""

from collections.abc import Callable

from chatd.behaviour.asking import ask
from chatd.protocol.errors import ChatError, Code
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_accounts import AccountChange, ChangeOutcome


def begin_change(state: ServerState, person: int) -> None:
    """Nothing else changes the person's account until `end_change`. Raises ChatError where something does."""
    if person in state.accounts.changing:
        raise ChatError(Code.BUSY, "the account is just being changed; please try again")
    state.accounts.changing.add(person)


def end_change(state: ServerState, person: int) -> None:
    """It is done, or will not be."""
    state.accounts.changing.discard(person)


def store(
    state: ServerState, session: Session, change: AccountChange, then: Callable[[ChangeOutcome], None]
) -> None:
    """Until it is known what became of it, the session waits."""

    def begin(answered: Callable[[ChangeOutcome], None]) -> bool:
        state.log.people.change(change, answered)
        return True

    ask(state, session, begin, then)
