"""What is answered now or later: by the log, or by whoever calculates. Until then it is in flight: what the
session asks for next waits for it."""

from collections.abc import Callable
from typing import Final, TypeVar

from chatd.behaviour.fanout import tell
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Error
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session

#: For who asks the log for something that was said or done.
UNREADABLE: Final = "the server cannot read this now; please try again later"
BUSY: Final = "too many ask for history now; please try again later"

_Answer = TypeVar("_Answer")


def ask(
    state: ServerState,
    session: Session,
    begin: Callable[[Callable[[_Answer], None]], bool],
    answer: Callable[[_Answer], None],
    ref: str | None = None,
) -> bool:
    """Ask by `begin`. A ChatError that `answer` raises is told to the session, with the `ref` of its request.
    False when no more questions are taken; nothing is in flight then."""

    def answered(what: _Answer) -> None:
        session.take_answer()
        try:
            answer(what)
        except ChatError as error:
            tell(state, session, Error(code=error.code, text=error.text, ref=ref))

    session.in_flight += 1
    if begin(answered):
        return True
    session.in_flight -= 1
    return False


def do_in_turn(state: ServerState, session: Session, act: Callable[[], None]) -> None:
    """At its place among what is said: behind all that is on its way into the log."""

    def begin(answered: Callable[[None], None]) -> bool:
        state.log.in_turn(lambda: answered(None))
        return True

    ask(state, session, begin, lambda _: act())
