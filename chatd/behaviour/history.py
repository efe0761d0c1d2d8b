"""What was said: pages of a room, or of what two people wrote to each other."""

from msgspec.structs import replace

from chatd.behaviour.fanout import tell
from chatd.behaviour.messages import not_here
from chatd.behaviour.retelling import fitting, retold
from chatd.behaviour.rooms import find
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import DirectMessage, Error, HistoryPage, Said, TopicSet
from chatd.protocol.requests import History
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session
from chatd.state.stored_entries import PAGE_LIMIT, Page, Span, StoredEntry, StoredGuest, pair_of


def show_history(state: ServerState, session: Session, request: History) -> None:
    """Ask the log for a page, which it gives now or later."""
    span = Span(min(request.limit, PAGE_LIMIT), request.before, request.after)
    if request.whom is None and request.room is not None:
        room = find(state, session, request.room)
        _read(state, session, request, span, _OfRoom(room))
    elif request.whom is not None and request.room is None:
        other = state.roster.get(request.whom) or state.guests.named(request.whom)
        if other is None:
            raise not_here(request.whom)
        _read(state, session, request, span, _OfPair(session, other))
    else:
        raise ChatError(Code.USAGE, "history is that of a room or with somebody: please give one of them")


class _OfRoom:
    """The history of a room, for one who is in it when the page comes, too."""

    def __init__(self, room: Room) -> None:
        self.conversation = (room.number, 0)
        self._room = room

    def page(self, session: Session, messages: list[StoredEntry], more: bool, ref: str | None) -> HistoryPage:
        if session not in self._room.members:
            raise ChatError(Code.NOT_IN_ROOM, f"you are not in the room {self._room.name} any more")
        name = self._room.name
        told = [retold(one, name, session.person) for one in messages]
        return HistoryPage(room=name, messages=told, more=more, ref=ref)


class _OfPair:
    """What two people wrote to each other."""

    def __init__(self, session: Session, other: Session | StoredGuest) -> None:
        self.conversation = pair_of(session.person, other.person)
        self._other = other

    def page(self, session: Session, messages: list[StoredEntry], more: bool, ref: str | None) -> HistoryPage:
        told = [self._told(session, one) for one in messages]
        return HistoryPage(whom=self._other.nick, messages=told, more=more, ref=ref)

    def _told(self, session: Session, entry: StoredEntry) -> Said | DirectMessage | TopicSet:
        """To the name that its reader has now."""
        to = self._other if entry.person == session.person else session
        return replace(retold(entry, None, session.person), to=to.nick)


def _read(
    state: ServerState, session: Session, request: History, span: Span, source: _OfRoom | _OfPair
) -> None:
    """Read, and answer then. Until that is done it is in flight: what is asked for next waits for it."""

    def answer(page: Page | None) -> None:
        session.in_flight -= 1
        state.log.moved()
        ref = request.ref
        if page is None:
            tell(state, session, Error(code=Code.UNAVAILABLE, text=_UNREADABLE, ref=ref))
            return
        newest = span.after is None  # from which end it is filled
        messages, size = fitting(page.entries[:: -1 if newest else 1], state.limits.page_bytes)
        more = page.more or len(messages) < len(page.entries)
        session.unpaid = size
        try:
            tell(state, session, source.page(session, messages[:: -1 if newest else 1], more, ref))
        except ChatError as error:
            tell(state, session, Error(code=error.code, text=error.text, ref=ref))

    session.in_flight += 1
    session.unpaid = 0
    if not state.log.read(source.conversation, span, answer, lambda: session.state not in OVER):
        session.in_flight -= 1
        raise ChatError(Code.BUSY, "too many ask for history now; please try again later")


_UNREADABLE = "the server cannot read this now; please try again later"
