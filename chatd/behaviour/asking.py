"""Asking the log what it answers now or later."""

from collections.abc import Callable
from typing import TypeVar

from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

_Answer = TypeVar("_Answer")


def ask_log(
    state: ServerState,
    session: Session,
    ask: Callable[[Callable[[_Answer], None]], bool],
    answer: Callable[[_Answer], None],
) -> bool:
    """Ask, and until the answer comes this is in flight: what the session asks for next waits for it.

    False when the log takes no more questions; nothing is in flight then.
    """

    def answered(what: _Answer) -> None:
        session.in_flight -= 1
        state.log.moved()
        answer(what)

    session.in_flight += 1
    if ask(answered):
        return True
    session.in_flight -= 1
    return False
