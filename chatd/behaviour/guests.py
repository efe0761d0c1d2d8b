"""Who a guest is, beyond its connection: with its token it comes back as the same person after a drop, also
of the server. Who types has no token, and so nothing to come back with. (What is kept of an account, see
accounts.py.)"""

from chatd.state.guests import DroppedGuest
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session
from chatd.state.stored_entries import StoredGuest


def rooms_of(session: Session) -> tuple[str, ...]:
    """The names of the rooms in which it is, or will be again."""
    if session.returning is not None:
        return session.returning.rooms
    return tuple(membership.room for membership in session.memberships)


def remember(state: ServerState, session: Session) -> None:
    """The log keeps who it is, with the rooms in which it is now."""
    account = session.person.account
    if account is not None:
        account.rooms, account.room, account.left = rooms_of(session), session.room, 0
        state.log.people.keep_account(account.stored())
    elif not session.dialect.typed:
        state.log.keep_guest(_as_stored(state, session))


def let_go(state: ServerState, session: Session) -> None:
    """Its connection was lost: for some minutes it may come back. (It is still in its rooms.)"""
    if not session.dialect.typed:
        who = _as_stored(state, session, left=state.today())
        state.log.keep_guest(who)
        state.guests.add(DroppedGuest(who, session.person.lines, state.now()))


def _as_stored(state: ServerState, session: Session, left: int = 0) -> StoredGuest:
    hash, rooms, person = state.hash_token(session.token), rooms_of(session), session.person
    return StoredGuest(hash, person.number, person.nick, rooms, session.room, left, person.since)


def forget(state: ServerState, session: Session) -> None:
    """It left for good."""
    if not session.dialect.typed:
        state.log.forget_guest(state.hash_token(session.token))


def restore_guests(state: ServerState) -> None:
    """At the start: who was here when the server went down, or had dropped shortly before."""
    now, today = state.now(), state.today()
    for kept in sorted(state.log.guests, key=lambda one: one.left):
        if state.accounts.of_person(kept.person) is not None:  # it was killed before this was forgotten
            state.log.forget_guest(kept.token)
            continue
        left_at = now - max(0, today - kept.left) / 1000
        state.guests.add(DroppedGuest(kept, None, left_at))
    for account in state.accounts:
        account.left = account.left or today  # it was here when the server went down
