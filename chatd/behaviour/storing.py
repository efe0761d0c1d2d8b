"""Having a change of accounts stored, before anybody is told of it."""

from collections.abc import Callable

from chatd.behaviour.asking import ask
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_accounts import AccountChange, ChangeOutcome


def store(
    state: ServerState, session: Session, change: AccountChange, then: Callable[[ChangeOutcome], None]
) -> None:
    """Until it is known what became of it, the session waits."""

    def begin(answered: Callable[[ChangeOutcome], None]) -> bool:
        state.log.people.change(change, answered)
        return True

    ask(state, session, begin, then)
