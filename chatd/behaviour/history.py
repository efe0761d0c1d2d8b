"""What was said: pages of a room, or of what two people wrote to each other."""

from collections.abc import Callable

from msgspec.structs import replace

from chatd.behaviour.asking import BUSY, UNREADABLE, ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.entering import floor_of
from chatd.behaviour.retelling import fitting, retold
from chatd.behaviour.rooms import find
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.requests import History
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Person, Session
from chatd.state.stored_entries import PAGE_LIMIT, Page, Span, StoredEntry, pair_of


def show_history(state: ServerState, session: Session, request: History) -> None:
    """Ask the log for a page, which it gives now or later."""
    span = _span(state, request)
    if request.whom is None and request.room is not None:
        room = find(state, session, request.room)
        span = replace(span, floor=floor_of(state, session.person, room))
        _read(state, session, request, span, _OfRoom(room))
    elif request.whom is not None and request.room is None:
        other = person_named(state, request.whom)
        _read(state, session, request, span, _OfPair(session, other))
    else:
        raise ChatError(Code.USAGE, "history is that of a room or with somebody: please give one of them")


def point_in_time(state: ServerState, time: int | None) -> int | None:
    """A time that a client gave, in milliseconds since the epoch."""
    return time if time is None or time >= 0 else max(0, state.today() + time)


def _span(state: ServerState, request: History) -> Span:
    limit = min(request.limit, PAGE_LIMIT)
    if request.around is None:
        return Span(limit, request.before, request.after, point_in_time(state, request.since))
    if (request.before, request.after, request.since) != (None, None, None):
        raise ChatError(Code.USAGE, "around goes without before, after and since; please give one of them")
    return Span(limit, around=request.around)


class _OfRoom:
    """The history of a room, for one who is in it when the page comes, too."""

    def __init__(self, room: Room) -> None:
        self.conversation = (room.number, 0)
        self._room = room

    def page(self, session: Session, messages: list[StoredEntry], more: bool, ref: str | None) -> HistoryPage:
        if session not in self._room.members:
            raise ChatError(Code.NOT_IN_ROOM, f"you are not in the room {self._room.name} any more")
        name = self._room.name
        told = [retold(one, name, session.person.number) for one in messages]
        return HistoryPage(room=name, messages=told, more=more, ref=ref)


class _OfPair:
    """What two people wrote to each other."""

    def __init__(self, session: Session, other: Person) -> None:
        self.conversation = pair_of(session.person.number, other.number)
        self._other = other

    def page(self, session: Session, messages: list[StoredEntry], more: bool, ref: str | None) -> HistoryPage:
        told = [self._told(session, one) for one in messages]
        return HistoryPage(whom=self._other.nick, messages=told, more=more, ref=ref)

    def _told(self, session: Session, entry: StoredEntry) -> Told:
        """To the name that its reader has now."""
        to = self._other if entry.person == session.person.number else session.person
        told: Told = replace(retold(entry, None, session.person.number), to=to.nick)
        return told


def _read(
    state: ServerState, session: Session, request: History, span: Span, source: _OfRoom | _OfPair
) -> None:
    """Read, and answer then. Until that is done it is in flight: what is asked for next waits for it."""

    def answer(page: Page | None) -> None:
        if page is None:
            raise ChatError(Code.UNAVAILABLE, UNREADABLE)
        messages, size = fitting(_by_weight(page.entries, span), state.limits.page_bytes)
        more = page.more or len(messages) < len(page.entries)
        messages.sort(key=lambda one: one.id)
        session.unpaid = size
        page_told = source.page(session, messages, more, request.ref)
        if floor := state.log.floor(source.conversation):
            page_told = replace(page_told, floor=floor)
        tell(state, session, page_told)

    def begin(answered: Callable[[Page | None], None]) -> bool:
        return state.log.read(source.conversation, span, answered, lambda: session.state not in OVER)

    session.unpaid = 0
    if not ask(state, session, begin, answer, request.ref):
        raise ChatError(Code.BUSY, BUSY)


def _by_weight(entries: list[StoredEntry], span: Span) -> list[StoredEntry]:
    """Those first that are to be in the page even where not all fit."""
    if span.around is not None:
        middle = sum(one.id <= span.around for one in entries)
        return [entry for _, entry in sorted(enumerate(entries), key=lambda one: abs(one[0] + 1 - middle))]
    return entries if span.after is not None or span.since is not None else entries[::-1]
