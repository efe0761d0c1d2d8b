"""Which requests try a password, and for how long that has to wait. The waiting is done in `net/`, before the
request is handled; it costs when it is (logging_in.py)."""

from chatd.behaviour.logging_in import may_give_password
from chatd.protocol.errors import ChatError
from chatd.protocol.people_requests import Password
from chatd.protocol.requests import Hello, Request
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def login_wait(state: ServerState, session: Session, request: Request | ChatError) -> float:
    """Seconds until the password that the request gives may be tried. None where it gives none, or where it
    is refused anyway, as others may read it."""
    if isinstance(request, Password):
        nick = session.password_of
    elif isinstance(request, Hello) and request.password is not None:
        nick = request.nick
    else:
        return 0.0
    if not may_give_password(state, session):
        return 0.0
    account = state.accounts.named(nick)
    person = None if account is None else account.person
    return state.logins.wait(session.address, person, state.now())
