"""What every end of a session has in common."""

from chatd.behaviour.fanout import tell
from chatd.behaviour.rooms import vacated
from chatd.protocol.events import Bye
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def say_bye(state: ServerState, session: Session, reason: str) -> None:
    """The last event: nothing is added after it (MUST 6)."""
    session.end()
    tell(state, session, Bye(reason=reason))


def leave_rooms(state: ServerState, session: Session) -> None:
    """Out of every room. What was said there before is still delivered."""
    for membership in session.memberships:
        room = state.rooms[membership.room]
        room.remove(session)
        vacated(state, room)
    if session.outbox.queued:
        state.pending.add(session)
