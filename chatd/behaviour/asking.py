"""Asking what is answered now or later: by the log, or by whoever calculates."""

from collections.abc import Callable
from typing import TypeVar

from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

_Answer = TypeVar("_Answer")


def ask(
    state: ServerState,
    session: Session,
    begin: Callable[[Callable[[_Answer], None]], bool],
    answer: Callable[[_Answer], None],
) -> bool:
    """Ask by `begin`. Until the answer comes this is in flight: what the session asks for next waits for it.

    False when no more questions are taken; nothing is in flight then.
    """

    def answered(what: _Answer) -> None:
        session.in_flight -= 1
        state.log.moved()
        answer(what)

    session.in_flight += 1
    if begin(answered):
        return True
    session.in_flight -= 1
    return False
