"""Taking a message out of what was said: by who said it, or by an operator. Before anything is deleted it is
read, as only the log knows whose an old message is."""

from collections.abc import Callable

from chatd.behaviour.asking import BUSY, ask
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.acts import act
from chatd.behaviour.moderation.entering import check_may_act, floor_of
from chatd.behaviour.moderation.roles import role_of
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_requests import Delete
from chatd.protocol.names import fold
from chatd.protocol.roles import Role
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, OVER, Person, Session
from chatd.state.stored_entries import PAGE_LIMIT, EntryKind, Page, Span, StoredEntry
from chatd.state.stored_rulings import Act

#: Kinds of entries that somebody said.
_SAID = (EntryKind.MESSAGE, EntryKind.ACTION)


def delete(state: ServerState, session: Session, request: Delete, room: Room) -> None:
    """The message is gone when the log has that."""
    floor = floor_of(state, session.person, room)
    if request.id is not None:
        span = Span(1, before=request.id + 1, floor=floor)
    else:
        span = Span(PAGE_LIMIT, floor=floor)
    author = None if request.nick is None else _author(state, request.nick)

    def answer(page: Page | None) -> None:
        if page is None:
            raise ChatError(
                Code.UNAVAILABLE, "the server cannot look for the message now; please try again later"
            )
        session.unpaid = sum(len(one.text) for one in page.entries)  # as one reads those
        if session not in room.members and session.person is not CONSOLE:
            raise ChatError(Code.NOT_IN_ROOM, f"you are not in the room {room.name} any more")
        _delete(state, session, request, room, _found(request, page, author))

    def read(answered: Callable[[Page | None], None]) -> bool:
        return state.log.read((room.number, 0), span, answered, lambda: session.state not in OVER)

    session.unpaid = 0
    if not ask(state, session, read, answer, request.ref):
        raise ChatError(Code.BUSY, BUSY)


def _author(state: ServerState, nick: str) -> Person | None:
    """Who has this name now; None where it is not known any more."""
    try:
        return person_named(state, nick)
    except ChatError:
        return None


def _found(request: Delete, page: Page, author: Person | None) -> StoredEntry:
    if request.id is not None:
        found = [one for one in page.entries if one.id == request.id and one.kind in _SAID]
    else:
        name = fold(request.nick or "")
        said = [one for one in page.entries if one.kind in _SAID and _is_by(one, name, author)]
        found = said[-request.back :][:1] if len(said) >= request.back else []
    if not found:
        raise ChatError(
            Code.NO_SUCH_MESSAGE, "there is no such message among the last ones; /history shows them"
        )
    return found[0]


def _is_by(entry: StoredEntry, name: str, author: Person | None) -> bool:
    """Whether it was said under this name, or by who has it now."""
    return fold(entry.sender) == name or (author is not None and entry.person == author.number)


def _delete(state: ServerState, session: Session, request: Delete, room: Room, entry: StoredEntry) -> None:
    """One's own, or as an operator anyone's: also of who has a higher role, which the audit tells."""
    own = entry.person == session.person.number
    if not own:
        if role_of(state, session.person, room) < Role.OPERATOR:
            raise ChatError(Code.NOT_ALLOWED, "that is not your message; only an operator can delete it")
        check_may_act(state, session, room)
    done = Act("delete", entry.sender, entry.person, message=entry.id)
    act(state, session, room, done, ref=request.ref, removes=entry)
