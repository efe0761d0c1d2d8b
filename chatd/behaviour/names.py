"""Taking another name. Everyone is told, at its place among what is said."""

from typing import Final

from msgspec.structs import replace

from chatd.behaviour.fanout import publish, tell
from chatd.behaviour.guests import remember
from chatd.behaviour.naming import owner_here
from chatd.behaviour.presence import end
from chatd.behaviour.publication import announce_first
from chatd.behaviour.storing import begin_change, end_change, store
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import check_name
from chatd.protocol.people_events import Done, Renamed
from chatd.protocol.people_requests import Rename
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session
from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from chatd.state.token_bucket import TokenBucket

#: Of names for whoever has to take another one: more than there are people.
_ENDINGS: Final = 1000


def rename(state: ServerState, session: Session, request: Rename) -> None:
    """An account has the new name once the log has that; its old one is free then."""
    nick, person = check_name(request.nick), session.person
    if nick == person.nick:
        raise ChatError(Code.HAS_NICK, f"you are {nick} already")
    owner = state.accounts.named(nick)
    if owner is not None and owner is not person.account:
        raise ChatError(Code.TAKEN_NICK, f"the name {nick} is registered; please take another")
    _slow_down(state, person)
    if person.account is not None:
        begin_change(state, person.number)
    if not state.roster.claim(nick, person):
        if person.account is not None:
            end_change(state, person.number)
        raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please take another")
    if person.account is None:
        _take(state, session, person, request)
    else:
        _store_name(state, session, person.account, request)


def _take(state: ServerState, session: Session, person: Person, request: Rename) -> None:
    state.roster.unclaim(request.nick)
    take_other_name(state, person, request.nick)
    if request.ref is not None:
        tell(state, session, Done(f"you are {request.nick} now", ref=request.ref))


def _store_name(state: ServerState, session: Session, account: Account, request: Rename) -> None:
    nick = request.nick

    def answer(outcome: ChangeOutcome) -> None:
        end_change(state, account.person)
        if outcome is not ChangeOutcome.DONE:
            state.roster.unclaim(nick)
            text = "the server cannot store your name now, so you keep the old one; please try again later"
            tell(state, session, Error(code=Code.UNAVAILABLE, text=text, ref=request.ref))
            return
        person = owner_here(state, account) or session.person  # it may have left and come back
        state.accounts.rename(account, nick)
        _take(state, session, person, request)

    store(state, session, AccountChange((replace(account.stored(), name=nick),)), answer)


def _slow_down(state: ServerState, person: Person) -> None:
    """Everyone reads each change."""
    if not state.limits.line_rate:
        return
    if person.names is None:
        person.names = TokenBucket(state.limits.rename_burst, state.limits.rename_rate)
    now = state.now()
    wait = person.names.wait(now)
    if wait > 0:
        raise ChatError(
            Code.TOO_MANY, f"you took {state.limits.rename_burst} names; please wait {int(wait) + 1} s"
        )
    person.names.take(now, 1)


def take_other_name(state: ServerState, person: Person, nick: str, reason: str | None = None) -> None:
    """From its place among what is said on."""
    if not person.sessions:
        return
    state.roster.claim(nick, person)

    def act() -> None:
        state.roster.unclaim(nick)
        old = person.nick
        if not person.sessions or old == nick:
            return
        _announce(state, person)
        state.roster.remove(person)
        person.nick = nick
        state.roster.put(person)
        state.pending.catch_up_but(state.rooms.lobby)  # what it said under the old name comes before
        renamed = Renamed(old, nick, reason)
        publish(state, state.rooms.lobby, renamed)
        for session in person.sessions:
            if session.returning is not None:  # it is in no room yet
                tell(state, session, renamed)
        touch(state, person)
        for session in person.sessions:
            remember(state, session)

    state.log.in_turn(act)


def _announce(state: ServerState, person: Person) -> None:
    """That it came comes before that it has another name."""
    session = person.sessions[0]
    announce_first(state, state.rooms.lobby, session)
    for membership in session.memberships:
        announce_first(state, state.rooms[membership.room], session)


def touch(state: ServerState, person: Person) -> None:
    """Lists of the rooms in which the person is are made anew."""
    for room in {membership.room for session in person.sessions for membership in session.memberships}:
        state.rooms[room].changes += 1


def displace(state: ServerState, guest: Person, reason: str) -> None:
    """Somebody else owns the guest's name now: it gets another, and is told why."""
    stem = guest.nick[: DEFAULT.name - 4]
    for number in range(2, _ENDINGS):
        nick = f"{stem}_{number}"
        if state.accounts.named(nick) is None and state.roster.claim(nick, guest):
            state.roster.unclaim(nick)
            take_other_name(state, guest, nick, reason)
            return
    for session in guest.sessions:
        end(state, session, reason)
