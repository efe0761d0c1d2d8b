"""Who is meant by a name."""

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.names import printable
from chatd.state.accounts import Account
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person


def person_of(account: Account) -> Person:
    """Who owns the account, while it is not here."""
    person = Person(account.person, account.name, account.since)
    person.account = account
    return person


def holder_of(state: ServerState, name: str) -> Person | None:
    """Who has this name: who is here under it, or owns it."""
    person = state.roster.get(name)
    if person is None and (account := state.accounts.named(name)) is not None:
        return person_of(account)
    return person


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
