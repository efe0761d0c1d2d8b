"""How somebody comes by a name: a guest by asking for a free one, or with its token for the one it had; who
has an account see logging_in.py."""

import hmac

from chatd.behaviour.fanout import flush_notices, note_arrival
from chatd.behaviour.guests import remember, rooms_of
from chatd.behaviour.moderation.entering import check_not_banned
from chatd.behaviour.presence import leave_rooms, say_bye
from chatd.behaviour.resuming import resume, welcome
from chatd.behaviour.rooms import tell_lockdown
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import TAKEN_OVER
from chatd.protocol.requests import Hello
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session, SessionState


def join_as_guest(state: ServerState, session: Session, nick: str, hello: Hello) -> None:
    """Give `session` a name that nobody owns; raises ChatError where somebody has it."""
    holder = state.roster.get(nick)
    if holder is not None:
        old = holder.sessions[0]
        if holder.account is not None or not proves(hello.token, old):
            raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please give another")
        check_not_banned(state, session, holder)
        take_over(state, session, old, hello.seen)
        return
    if state.roster.claimant(nick) is not None:
        raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please give another")
    guest = None if hello.token is None else state.guests.find(state.hash_token(hello.token), state.now())
    if guest is None:
        session.token = state.new_token()
        person = Person(state.new_person(), nick, state.log.last_id, state.today())
    else:
        session.token = hello.token or ""
        person = Person(guest.who.person, nick, guest.who.since, state.today())
        person.lines = guest.lines
    check_not_banned(state, session, person)
    if guest is not None:
        state.guests.take(guest.who.token, state.now())
    announce_earlier(state, nick)
    take_name(state, session, person)
    away = 0.0 if guest is None else state.now() - guest.left_at
    if guest is not None and away < state.limits.away_time:
        session.room = guest.who.room
        resume(state, session, guest.who.rooms, hello.seen, int(away))
        return
    person.since = state.log.last_id
    session.state = SessionState.PRESENT
    welcome(state, session)
    state.rooms.lobby.add(session)
    note_arrival(state, state.rooms.lobby, session)
    tell_lockdown(state, session)
    remember(state, session)


def take_name(state: ServerState, session: Session, person: Person) -> None:
    """The session is one of this person's, who is here from now on."""
    session.person = person
    person.sessions = (*person.sessions, session)
    state.roster.put(person)


def announce_earlier(state: ServerState, nick: str) -> None:
    """What is still to be told of somebody who had the name before is told before somebody else has it."""
    lobby = state.rooms.lobby
    if lobby.notices.mentions(nick) and lobby.notices.take_hurry(state.now(), 0):
        flush_notices(state, lobby)


def proves(token: str | None, session: Session) -> bool:
    """Whether it is the session's. (At a terminal the owner of an account has none.)"""
    if not (token and session.token):
        return False
    return hmac.compare_digest(token.encode(), session.token.encode())


def take_over(state: ServerState, session: Session, old: Session, seen: int | None) -> None:
    """A new connection takes the place of an old one: not announced, since nobody joined or left."""
    away = None if old.returning is None else old.returning.away
    rooms, person = rooms_of(old), old.person
    session.token, session.room = old.token, old.room
    leave_rooms(state, old)
    say_bye(state, old, TAKEN_OVER)
    old.state = SessionState.LEAVING
    person.drop(old)
    old.connection.hang_up()
    take_name(state, session, person)
    resume(state, session, rooms, seen, away)
