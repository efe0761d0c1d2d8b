"""Joining and leaving. A session ends exactly once, whoever notices first, and that is announced exactly once
(MUST 3): every end passes through `_depart`, which does nothing for a session that is over. Everyone is in
the lobby, so that is where joining and leaving are announced, in whatever other rooms somebody is.
"""

import hmac

from chatd.behaviour.fanout import flush_notices, note, note_arrival, tell
from chatd.behaviour.guests import forget, let_go, remember, rooms_of
from chatd.behaviour.resuming import resume, welcome
from chatd.behaviour.rooms import vacated
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import GOING_DOWN, QUIT, TAKEN_OVER, Bye, Cause
from chatd.protocol.names import check_name
from chatd.protocol.requests import Hello
from chatd.state.notice_pages import Why
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import NAMED, OVER, Session, SessionState


def join(state: ServerState, session: Session, hello: Hello) -> None:
    """Give `session` the name that it asks for; raises ChatError for one that it cannot have."""
    nick = check_name(hello.nick)
    holder = state.roster.get(nick)
    if holder is not None:
        if not _proves(hello.token, holder):
            raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please give another")
        _take_over(state, session, holder, hello.seen)
        return
    lobby = state.rooms.lobby
    if lobby.notices.mentions(nick) and lobby.notices.take_hurry(state.now(), 0):
        flush_notices(state, lobby)
    session.nick = nick
    guest = None if hello.token is None else state.guests.take(state.hash_token(hello.token), state.now())
    if guest is None:
        session.token, session.person = state.new_token(), state.new_person()
    else:
        session.token, session.person, session.lines = hello.token or "", guest.who.person, guest.lines
        away = state.now() - guest.left_at
        if away < state.limits.away_time:
            session.room, session.since = guest.who.room, guest.who.since
            resume(state, session, guest.who.rooms, hello.seen, int(away))
            return
    session.since = state.log.last_id
    session.state = SessionState.PRESENT
    welcome(state, session)
    lobby.add(session)
    note_arrival(state, lobby, session)
    state.roster.put(session)
    remember(state, session)


def _proves(token: str | None, holder: Session) -> bool:
    return token is not None and hmac.compare_digest(token.encode(), holder.token.encode())


def _take_over(state: ServerState, session: Session, old: Session, seen: int | None) -> None:
    """Another connection takes the name over: not announced, since nobody joined or left."""
    away = None if old.returning is None else old.returning.away
    rooms = rooms_of(old)
    session.nick = old.nick  # as the others know it
    session.token, session.person, session.lines = old.token, old.person, old.lines
    session.room, session.left_lately, session.since = old.room, old.left_lately, old.since
    _leave_rooms(state, old)
    _say_bye(state, old, TAKEN_OVER)
    old.state = SessionState.LEAVING
    old.connection.hang_up()
    resume(state, session, rooms, seen, away)


def quit(state: ServerState, session: Session, reason: str) -> None:
    """The client said that it leaves. The name is free at once."""
    _say_bye(state, session, QUIT)
    _depart(state, session, reason, SessionState.LEAVING)


def close(state: ServerState, session: Session) -> None:
    """The client closed its side, or was told why it is not wanted: what waits for it is still written."""
    _depart(state, session, Cause.CLOSED, SessionState.LEAVING)


def lose(state: ServerState, session: Session, cause: Cause) -> None:
    """The connection is dead: end the session, in any state, and drop its outbox."""
    _depart(state, session, cause, SessionState.GONE)
    session.state = SessionState.GONE
    session.outbox.close()


def go_down(state: ServerState, session: Session) -> None:
    """The server ends: the client is told, and nobody is told about the client."""
    if session.state in OVER:
        return
    _say_bye(state, session, GOING_DOWN)
    if session.state in NAMED:
        _leave_rooms(state, session)
        state.roster.remove(session)
    session.state = SessionState.LEAVING


def _say_bye(state: ServerState, session: Session, reason: str) -> None:
    """The last event: nothing is added after it (MUST 6)."""
    session.end()
    tell(state, session, Bye(reason=reason))


def _leave_rooms(state: ServerState, session: Session) -> None:
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
        if isinstance(why, Cause):
            let_go(state, session)
        else:
            forget(state, session)
        rooms = [state.rooms[membership.room] for membership in session.memberships]
        rooms += filter(None, map(state.rooms.get, session.left_lately))
        _leave_rooms(state, session)
        state.roster.remove(session)
        if session.returning is None or session.returning.away is None:
            _note_departure(state, session.nick, why, rooms)
    session.state = end


def _note_departure(state: ServerState, nick: str, why: Why, rooms: list[Room]) -> None:
    """In the lobby, where everyone is told; what was still to be told of it in other rooms is not."""

    def act() -> None:
        for room in rooms:
            if room is not state.rooms.lobby:
                room.notices.withdraw(nick)
        note(state, state.rooms.lobby, nick, why)

    state.log.in_turn(act)
