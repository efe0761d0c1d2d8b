"""How a session ends: exactly once, whoever notices first (MUST 3): every end passes through `_depart`, which
does nothing for a session that is over. With the last session of a person it is announced that the person
left: in the lobby, in which everyone is, in whatever other rooms somebody was.
"""

from chatd.behaviour.fanout import note, tell
from chatd.behaviour.guests import forget, let_go
from chatd.behaviour.reading_marks import remember_departure
from chatd.behaviour.rooms import vacated
from chatd.protocol.events import GOING_DOWN, QUIT, Bye, Cause
from chatd.protocol.names import fold
from chatd.state.notice_pages import Why
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import NAMED, OVER, Session, SessionState


def quit(state: ServerState, session: Session, reason: str) -> None:
    """The client said that it leaves. The name is free at once."""
    say_bye(state, session, QUIT)
    _depart(state, session, reason, SessionState.LEAVING)


def close(state: ServerState, session: Session) -> None:
    """The client closed its side, or was told why it is not wanted: what waits for it is still written."""
    _depart(state, session, Cause.CLOSED, SessionState.LEAVING)


def lose(state: ServerState, session: Session, cause: Cause) -> None:
    """The connection is dead: end the session, in any state, and drop its outbox."""
    _depart(state, session, cause, SessionState.GONE)
    session.state = SessionState.GONE
    session.outbox.close()


def end(state: ServerState, session: Session, reason: str, why: str | None = None) -> None:
    """Somebody else decided so: another session of the same person, or who looks after the server. The others
    are told `why`, where that is not the same."""
    part(state, session, reason, why)
    session.connection.hang_up()


def part(state: ServerState, session: Session, reason: str, why: str | None = None) -> None:
    """The same, but for the end of the connection."""
    say_bye(state, session, reason)
    _depart(state, session, reason if why is None else why, SessionState.LEAVING)


def go_down(state: ServerState, session: Session) -> None:
    """The server ends: the client is told, and nobody is told about the client."""
    if session.state in OVER:
        return
    say_bye(state, session, GOING_DOWN)
    if session.state in NAMED:
        remember_departure(state, session)
        leave_rooms(state, session)
        person = session.person
        person.drop(session)
        if not person.sessions:
            state.roster.remove(person)
    session.state = SessionState.LEAVING


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


def _depart(state: ServerState, session: Session, why: Why, end: SessionState) -> None:
    """End the session, unless it is over already, and note it for those who remain, behind what it said and
    what is still on its way into the log."""
    if session.state in OVER:
        return
    if session.state in NAMED:
        _give_up_name(state, session, why)
    session.state = end


def _give_up_name(state: ServerState, session: Session, why: Why) -> None:
    """The person is here with its other sessions, or it left."""
    person = session.person
    remember_departure(state, session, lost=isinstance(why, Cause) and why is not Cause.CLOSED)
    if person.account is None:
        now = state.now()
        state.left_from.put(fold(person.nick), (session.address, now), now + state.limits.away_time, now)
        let_go(state, session) if isinstance(why, Cause) else forget(state, session)
    rooms = [state.rooms[membership.room] for membership in session.memberships]
    rooms += filter(None, map(state.rooms.get, person.left_lately))
    leave_rooms(state, session)
    person.drop(session)
    known = session.returning is None or session.returning.away is None
    if person.sessions:
        if known:  # the others know that it is here
            for other in person.sessions:
                if other.returning is not None:
                    other.returning.away = None
        return
    state.roster.remove(person)
    if known:
        _announce_departure(state, person.nick, why, rooms)


def _announce_departure(state: ServerState, nick: str, why: Why, rooms: list[Room]) -> None:
    """In the lobby, where everyone is told; what was still to be told of it in other rooms is not."""

    def act() -> None:
        for room in rooms:
            if room is not state.rooms.lobby:
                room.notices.withdraw(nick)
        note(state, state.rooms.lobby, nick, why)

    state.log.in_turn(act)
