"""Who is away, and who somebody is."""

from chatd.behaviour.fanout import publish, tell
from chatd.behaviour.names import touch
from chatd.behaviour.naming import person_named
from chatd.protocol.people_events import Done, Gone, Identity
from chatd.protocol.people_requests import Away, Whois
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session


def go_away(state: ServerState, session: Session, request: Away) -> None:
    """Until it says something."""
    person = session.person
    person.away = request.text
    touch(state, person)
    publish(state, state.rooms.lobby, Gone(person.nick, text=request.text or None))
    why = f": {request.text}" if request.text else ""
    tell(state, session, Done(f"you are away{why}; you are back when you say something", ref=request.ref))


def come_back(state: ServerState, person: Person) -> None:
    """It said something."""
    person.away = None
    touch(state, person)
    publish(state, state.rooms.lobby, Gone(person.nick, away=False))


def show_identity(state: ServerState, session: Session, request: Whois) -> None:
    """Of who is here, owns the name, or was here a moment ago."""
    person = person_named(state, request.nick)
    account = person.account
    mine = {membership.room for membership in session.memberships}
    here = bool(person.sessions)
    identity = Identity(
        person.nick,
        account is not None,
        here,
        person.came if account is None else account.created,
        sorted(mine & rooms_of_person(person)),
        away=person.away,
        left=account.left if account is not None and not here else None,
        ref=request.ref,
    )
    tell(state, session, identity)


def rooms_of_person(person: Person) -> set[str]:
    """Those in which it is, or will be when it is here again."""
    if person.account is not None and not person.sessions:
        return set(person.account.rooms)
    return {membership.room for session in person.sessions for membership in session.memberships}
