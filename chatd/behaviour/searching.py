"""Looking for what was said: in the rooms of the session, and in what was written to its person or by it."""

from collections.abc import Callable
from typing import Final

from chatd.behaviour.asking import ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.history import point_in_time
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.entering import floors_of
from chatd.behaviour.retelling import retold
from chatd.behaviour.rooms import find
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.limits import Limits
from chatd.protocol.names import fold
from chatd.protocol.requests import Search
from chatd.protocol.search_words import phrases_of
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session
from chatd.state.stored_entries import (
    PAGE_LIMIT,
    Conversation,
    Found,
    Neighbours,
    NotFound,
    SearchFailure,
    StoredEntry,
    Wanted,
    pair_of,
)

#: An entry, and what stands before and after it.
_Hit = tuple[StoredEntry, Neighbours]

_FAILURES: Final[dict[SearchFailure, tuple[Code, str]]] = {
    SearchFailure.UNREADABLE: (Code.UNAVAILABLE, "the server cannot search now; please try again later"),
    SearchFailure.TOO_SLOW: (
        Code.BUSY,
        "that took too long; please give a rarer word, or narrow it by in: or since:",
    ),
    SearchFailure.NOT_READY: (
        Code.UNAVAILABLE,
        "what was said is being indexed, {:.0%} is done; please try again later",
    ),
}


def search(state: ServerState, session: Session, request: Search) -> None:
    """Ask the log, which answers now or later. Until then it is in flight: what is asked for next waits."""
    wanted = _wanted(state, session, request)

    def answer(found: Found | NotFound) -> None:
        session.unpaid = _price(state.limits, found.seconds)
        if isinstance(found, Found):
            tell(state, session, _page(state, session, request, found))
        elif found.why in _FAILURES:
            code, text = _FAILURES[found.why]
            raise ChatError(code, text.format(found.indexed))

    def begin(answered: Callable[[Found | NotFound], None]) -> bool:
        return state.log.search(wanted, answered, lambda: session.state not in OVER)

    session.unpaid = 0
    if not ask(state, session, begin, answer, request.ref):
        raise ChatError(Code.BUSY, "too many search now; please try again later")


def _price(limits: Limits, seconds: float) -> int:
    """What a search of so many seconds costs the line rate, as bytes of an answer."""
    lines = int(min(limits.search_lines, seconds / limits.search_line))
    return max(limits.search_least, lines) * limits.answer_bytes


def _wanted(state: ServerState, session: Session, request: Search) -> Wanted:
    phrases, sender = phrases_of(request.words), fold(request.sender or "")
    if not phrases and (request.words.strip() or not sender):
        raise ChatError(Code.USAGE, "there is no word to look for; please give one, of letters or digits")
    rooms = [state.rooms[membership.room] for membership in session.memberships]
    return Wanted(
        phrases,
        _conversations(state, session, request, rooms),
        min(request.limit, PAGE_LIMIT),
        sender,
        point_in_time(state, request.since),
        point_in_time(state, request.until),
        request.before,
        request.context,
        floors_of(state, session.person, rooms),
    )


def _conversations(
    state: ServerState, session: Session, request: Search, rooms: list[Room]
) -> tuple[Conversation, ...]:
    if request.room is not None and request.whom is not None:
        raise ChatError(Code.USAGE, "a search is in a room or with somebody; please give one of them")
    if request.room is not None:
        return ((find(state, session, request.room).number, 0),)
    if request.whom is not None:
        return (pair_of(session.person.number, person_named(state, request.whom).number),)
    return (*((room.number, 0) for room in rooms), (0, session.person.number))


def _fitting(hits: list[_Hit], most: int) -> tuple[int, int]:
    """How many of them, with what stands around them, have `most` bytes of text; and how many bytes."""
    size = 0
    for count, (entry, around) in enumerate(hits):
        length = sum(len(one.text.encode()) for one in (entry, *around) if one is not None)
        if size + length > most:
            return count, size
        size += length
    return len(hits), size


def _page(state: ServerState, session: Session, request: Search, found: Found) -> HistoryPage:
    """What of it the session may still read, as much as fits."""
    rooms = {state.rooms[one.room].number: one.room for one in session.memberships}
    context = found.context or [(None, None)] * len(found.entries)
    hits = [
        (entry, around)
        for entry, around in zip(found.entries, context, strict=True)
        if entry.second or entry.first in rooms
    ]
    count, size = _fitting(hits, state.limits.page_bytes)
    more = found.more or count < len(hits)
    session.unpaid += size
    hits = hits[:count]

    def told(entry: StoredEntry) -> Told:
        return retold(entry, None if entry.second else rooms[entry.first], session.person.number)

    return HistoryPage(
        room=request.room,
        whom=request.whom,
        messages=[told(entry) for entry, _ in hits],
        more=more,
        found=True,
        before=[told(before) if before else None for _, (before, _) in hits] if found.context else None,
        after=[told(after) if after else None for _, (_, after) in hits] if found.context else None,
        ref=request.ref,
    )
