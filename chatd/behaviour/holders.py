"""Who is meant by a name."""

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.names import printable
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session


def person_of(account: Account) -> Person:
    """Who owns the account, while it is not here."""
    person = Person(account.person, account.name, account.since)
    person.account = account
    return person


def owner_here(state: ServerState, account: Account) -> Person | None:
    """Who owns the account, where it is here; it may be about to have the name only."""
    for person in (state.roster.get(account.name), state.roster.claimant(account.name)):
        if person is not None and person.account is account:
            return person
    return None


def sessions_here(state: ServerState, account: Account) -> tuple[Session, ...]:
    """Those of who owns it."""
    person = owner_here(state, account)
    return () if person is None else person.sessions


def holder_of(state: ServerState, name: str) -> Person | None:
    """Who has this name: who is here under it, or owns it."""
    person = state.roster.get(name)
    if person is None and (account := state.accounts.named(name)) is not None:
        return person_of(account)
    return person


def returned(state: ServerState, person: Person) -> Person:
    """It may have come back since it was looked up, under its name or, with an account, a new one."""
    account = person.account
    holder = state.roster.get(person.nick) if account is None else owner_here(state, account)
    return holder if holder is not None and holder.number == person.number else person


def person_named(state: ServerState, name: str) -> Person:
    """Who has this name, or had it a moment ago. Raises ChatError."""
    person = holder_of(state, name)
    if person is None:
        guest = state.guests.named(name)
        if guest is None:
            raise not_here(name)
        person = Person(guest.person, guest.nick, guest.since, guest.left)
    return person


def not_here(name: str) -> ChatError:
    """Nobody has this name."""
    return ChatError(Code.NO_SUCH_NICK, f"{printable(name)} is not here; /users lists who is")
