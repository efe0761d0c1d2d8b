"""Taking another name. Everyone is told, at its place among what is said."""

from typing import Final

from msgspec.structs import replace

from chatd.behaviour.account_changes import begin_change, end_change, store
from chatd.behaviour.asking import do_in_turn
from chatd.behaviour.fanout import publish, tell
from chatd.behaviour.guests import remember
from chatd.behaviour.holders import owner_here
from chatd.behaviour.moderation.bans import is_banned_name
from chatd.behaviour.presence import end
from chatd.behaviour.publication import announce_first
from chatd.protocol.errors import ChatError, Code
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
    nick, person, account = check_name(request.nick), session.person, session.person.account
    if nick == person.nick:
        raise ChatError(Code.HAS_NICK, f"you are {nick} already")
    owner = state.accounts.named(nick)
    if owner is not None and owner is not account:
        raise ChatError(Code.TAKEN_NICK, f"the name {nick} is registered; please take another")
    if account is None and is_banned_name(state, nick):
        raise ChatError(Code.BANNED, f"the name {nick} is banned from this server; please take another")
    begin_change(state, person.number)
    try:
        slow_down(state, person)
        if not state.roster.claim(nick, person):
            raise ChatError(Code.TAKEN_NICK, f"the name {nick} is taken; please take another")
    except ChatError:
        end_change(state, person.number)
        raise
    if account is None:
        end_change(state, person.number)
        _take(state, session, person, request)
    else:
        _store_name(state, session, account, request)


def _take(state: ServerState, session: Session, person: Person, request: Rename) -> None:
    """What the session asks for next waits until it has the name."""
    take_other_name(state, person, request.nick)
    done = Done(f"you are {request.nick} now", ref=request.ref)
    do_in_turn(state, session, lambda: None if request.ref is None else tell(state, session, done))


def _store_name(state: ServerState, session: Session, account: Account, request: Rename) -> None:
    """Where it cannot be stored, it is free again."""
    nick, claimant = request.nick, session.person

    def stored(outcome: ChangeOutcome) -> None:
        end_change(state, account.person)
        state.roster.unclaim(nick, claimant)
        if outcome is not ChangeOutcome.DONE:
            text = "the server cannot store your name now, so you keep the old one; please try again later"
            raise ChatError(Code.UNAVAILABLE, text)
        person = owner_here(state, account) or claimant  # it may have left and come back
        state.roster.claim(nick, person)
        state.accounts.rename(account, nick)
        _take(state, session, person, request)

    changed = AccountChange((replace(account.stored(), name=nick),))
    store(state, session, changed, stored, request.ref)


def slow_down(state: ServerState, person: Person) -> None:
    """Everyone reads each change, and nobody skips it."""
    if not state.limits.line_rate:
        return
    if person.changes is None:
        person.changes = TokenBucket(state.limits.rename_burst, state.limits.rename_rate)
    now = state.now()
    wait = person.changes.wait(now)
    if wait > 0:
        raise ChatError(
            Code.TOO_MANY,
            f"you change your name, or go away, too often; please wait {int(wait) + 1} s",
        )
    person.changes.take(now)


def take_other_name(state: ServerState, person: Person, nick: str, reason: str | None = None) -> None:
    """From its place among what is said on. The person has claimed the name."""

    def act() -> None:
        state.roster.unclaim(nick, person)
        old = person.nick
        if not person.sessions or old == nick:  # it left, and may have come back by its new name
            return
        _announce_earlier(state, person)
        state.roster.remove(person)
        person.nick = nick
        state.roster.put(person)
        state.pending.catch_up_but(state.rooms.lobby)  # what it said under the old name comes before
        renamed = Renamed(old, nick, reason)
        publish(state, state.rooms.lobby, renamed)
        for session in person.sessions:
            if session.returning is not None:  # it is in no room yet
                tell(state, session, renamed)
        renew_lists(state, person)
        if person.account is None:  # else the log knows
            remember(state, person.sessions[0])

    state.log.in_turn(act)


def _announce_earlier(state: ServerState, person: Person) -> None:
    """Where it came, and which rooms it left, is told under the name that it had then."""
    session = person.sessions[0]
    announce_first(state, state.rooms.lobby, session)
    for name in (*sorted(person.rooms), *person.left_lately):
        room = state.rooms.get(name)
        if room is not None:
            announce_first(state, room, session)


def renew_lists(state: ServerState, person: Person) -> None:
    """Those of the rooms in which the person is are made anew."""
    for room in person.rooms:
        state.listings.pop(room, None)


def displace(state: ServerState, guest: Person, reason: str) -> None:
    """Somebody else owns the guest's name now: it gets another, and is told why. (Who registers another name
    itself has that one.)"""
    if guest.account is not None:
        return
    stem = guest.nick[: DEFAULT.name - 4]
    for number in range(2, _ENDINGS):
        nick = f"{stem}_{number}"
        if state.accounts.named(nick) is None and state.roster.claim(nick, guest):
            take_other_name(state, guest, nick, reason)
            return
    for session in guest.sessions:
        end(state, session, reason)
