"""Coming back after a drop: what was missed, a page at a time, then who is in each room, then live.

The connection asks for the next page (`ask_on`) when the client has taken the one before, and handles no
request meanwhile. The page that reaches to the present is followed, without a yield, by the session's
membership in its rooms: so between what was read and what is live nothing is missing, and nothing twice.
"""

from collections.abc import Callable

from chatd.behaviour.asking import ask, do_in_turn
from chatd.behaviour.fanout import note_arrival, tell
from chatd.behaviour.guests import remember
from chatd.behaviour.moderation.entering import floors_of, to_return_to
from chatd.behaviour.queries import show_users
from chatd.behaviour.reading_marks import tell_unread
from chatd.behaviour.retelling import fitting, retold
from chatd.behaviour.rooms import room_info, tell_lockdown
from chatd.protocol.events import LineLimits, Mark, Skipped, Welcome
from chatd.protocol.requests import LOBBY, Users
from chatd.protocol.version import SERVER
from chatd.state.returning import Returning
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session, SessionState
from chatd.state.stored_entries import Gap, Missed, MissedPage


def welcome(state: ServerState, session: Session) -> None:
    """The name is the session's; it will be in the lobby."""
    limits = LineLimits(line=state.limits.line, name=state.limits.name)
    resumed = session.state is SessionState.RESUMING
    users, account = max(1, len(state.roster)), session.person.account is not None
    tell(state, session, Welcome(session.nick, session.token, SERVER, users, limits, resumed, account))


def resume(
    state: ServerState, session: Session, rooms: tuple[str, ...], seen: int | None, away: int | None
) -> None:
    """The session has its name again, and is told what it missed: also what is still on its way into the log,
    as its own last messages may be."""
    newest = state.log.last_id
    session.state = SessionState.RESUMING
    session.returning = Returning(
        rooms,
        newest if seen is None else max(session.person.since, min(seen, newest)),
        seen is not None,
        away,
    )
    welcome(state, session)
    do_in_turn(state, session, lambda: None)  # what it asks for, which is the first page, waits for that


def ask_on(state: ServerState, session: Session) -> bool:
    """For the next page of a session that is RESUMING. False when too many ask: ask again."""
    returning = session.returning
    if returning is None:
        return False
    known = to_return_to(state, session, state.rooms.get, returning.rooms)
    rooms = {room.number: room.name for room in known}
    most, floors = None if returning.begun else state.limits.missed, floors_of(state, session.person, known)
    missed = Missed(session.person.number, tuple(rooms), returning.seen, most, floors)

    def ask_missed(answered: Callable[[MissedPage | None], None]) -> bool:
        return state.log.read_missed(missed, answered, lambda: session.state not in OVER)

    return ask(state, session, ask_missed, lambda page: _take(state, session, rooms, page))


def _take(state: ServerState, session: Session, rooms: dict[int, str], page: MissedPage | None) -> None:
    """The page has come."""
    returning = session.returning
    if returning is None or session.state is not SessionState.RESUMING:
        return
    if page is None:
        page = _lost_page(state, returning.seen, rooms)
    returning.begun = True
    before = session.outbox.private
    for gap in page.gaps:
        if gap.before > returning.gaps.get(gap.number, 0):  # else it is one of an earlier page
            returning.gaps[gap.number] = gap.before
            name = rooms.get(gap.number, "")
            tell(state, session, Skipped(room=name, count=gap.count, after=gap.after, before=gap.before))
    for key, id in page.keys:
        state.keys.restore(session.person.number, key, id, state.now())
    entries, _ = fitting(page.entries, state.limits.page_bytes)
    for entry in entries:
        room = None if entry.second else rooms.get(entry.first)
        tell(state, session, retold(entry, room, session.person.number))
        returning.seen = entry.id
    if not page.more and len(entries) == len(page.entries):
        _arrive(state, session, returning)
    session.unpaid = session.outbox.private - before


def _lost_page(state: ServerState, seen: int, rooms: dict[int, str]) -> MissedPage:
    """What cannot be read may have been anything: a gap in each conversation."""
    end = state.log.last_id + 1
    return MissedPage([], False, [Gap(number, 1, seen, end) for number in (*rooms, 0) if seen + 1 < end])


def _arrive(state: ServerState, session: Session, returning: Returning) -> None:
    """It has everything: it is in its rooms again, and told who else is."""
    session.state, session.returning = SessionState.PRESENT, None
    account = session.person.account
    names = returning.rooms if account is None else account.rooms  # it may have come to others meanwhile
    rooms = to_return_to(state, session, state.rooms.reopen, names)
    if session.room not in {room.name for room in rooms}:
        session.room = LOBBY
    for room in rooms:
        room.add(session)
        state.rooms.entered(room)
        _note(state, room, session, returning.away)
    for other in session.person.sessions:
        if other.returning is not None:
            other.returning.away = None  # that the person is here is known now
    session.marked = state.log.last_id
    remember(state, session)
    _show_rooms(state, session, rooms, returning.asked)


def _show_rooms(state: ServerState, session: Session, rooms: list[Room], asked: bool) -> None:
    """Where it is; with an account also where nothing was asked for: the server knows more than a client."""
    account = session.person.account is not None
    if not asked:
        tell_lockdown(state, session)
    for room in rooms:
        if asked or (account and room is not state.rooms.lobby):
            tell(state, session, room_info(state, session.person, room))
        if asked:
            show_users(state, session, Users(room=room.name), room)
    if asked or account:
        tell(state, session, Mark(id=session.marked))
    if account:
        tell_unread(state, session)


def _note(state: ServerState, room: Room, session: Session, away: int | None) -> None:
    """Who was away for long joins; in its other rooms it is back, since it never left them."""
    if away is None:
        room.notices.arrived(session)
    elif room is state.rooms.lobby and away >= state.limits.away_time:
        note_arrival(state, room, session)
    else:
        note_arrival(state, room, session, away)
