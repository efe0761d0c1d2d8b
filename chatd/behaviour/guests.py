"""Who a guest is, beyond its connection: with its token it comes back as the same person after a drop, also
of the server. Who types has no token, and so nothing to come back with."""

from chatd.state.guests import DroppedGuest
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_entries import StoredGuest


def rooms_of(session: Session) -> tuple[str, ...]:
    """The names of the rooms in which it is, or will be again."""
    if session.returning is not None:
        return session.returning.rooms
    return tuple(membership.room for membership in session.memberships)


def remember(state: ServerState, session: Session, left: int = 0) -> None:
    """The log keeps who it is, with the rooms in which it is now."""
    if not session.dialect.typed:
        hash, rooms = state.hash_token(session.token), rooms_of(session)
        state.log.keep_guest(StoredGuest(hash, session.person, session.nick, rooms, session.room, left))


def let_go(state: ServerState, session: Session) -> None:
    """Its connection was lost: for some minutes it may come back. (It is still in its rooms.)"""
    if not session.dialect.typed:
        remember(state, session, left=state.today())
        guest = DroppedGuest(
            session.person, session.nick, rooms_of(session), session.room, session.lines, state.now()
        )
        state.guests.add(state.hash_token(session.token), guest)


def forget(state: ServerState, session: Session) -> None:
    """It left for good."""
    if not session.dialect.typed:
        state.log.forget_guest(state.hash_token(session.token))


def restore_guests(state: ServerState) -> None:
    """At the start: who was here when the server went down, or had dropped shortly before."""
    now, today = state.now(), state.today()
    for kept in sorted(state.log.guests, key=lambda one: one.left):
        left_at = now - max(0, today - kept.left) / 1000
        state.guests.add(
            kept.token, DroppedGuest(kept.person, kept.nick, kept.rooms, kept.room, None, left_at)
        )
