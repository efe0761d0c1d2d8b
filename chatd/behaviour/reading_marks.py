"""How far somebody with an account has read: kept by the server, and the same on all devices."""

from collections.abc import Callable, Iterable

from chatd.behaviour.account_changes import account_of
from chatd.behaviour.asking import ask
from chatd.behaviour.fanout import tell
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.entering import floors_of
from chatd.behaviour.retelling import fitting, retold
from chatd.behaviour.rooms import devices, find
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import DirectMessage, Error, Said
from chatd.protocol.people_events import Caught, ReadUpTo, UnreadCounts, UnreadMessages
from chatd.protocol.people_requests import CatchUp, Read
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, PRESENT, Session
from chatd.state.stored_accounts import CaughtUp, ReadMark, Unread, UnreadQuestion
from chatd.state.stored_entries import Conversation, StoredEntry, pair_of

_UNREADABLE = "the server cannot read what you missed now; please try again later"
_BUSY = "too many ask for what they missed now; please try again later"


def remember_departure(state: ServerState, session: Session, lost: bool = False) -> None:
    """What somebody at a terminal was shown it has read (a program says so itself); where its connection was
    `lost`, up to when it typed last. With the last of its sessions goes the person."""
    person = session.person
    if person.account is None:
        return
    if session.dialect.typed and session.state is PRESENT and session.unread is not None:
        _mark_read(state, session, session.marked if lost else state.log.last_id, session.unread)
    if person.sessions == (session,):
        person.account.left = state.today()
        state.log.people.keep_account(person.account.stored())


def _mark_read(
    state: ServerState, session: Session, last: int, unread: frozenset[Conversation] = frozenset()
) -> None:
    """It has read all there is up to this id, but in these conversations."""
    person = session.person.number
    rooms = [(state.rooms[one.room].number, 0) for one in session.memberships]
    for conversation in (*rooms, (0, person)):
        if conversation not in unread:
            state.log.people.keep_mark(ReadMark(person, *conversation, last))


def read(state: ServerState, session: Session, request: Read) -> None:
    """The client has shown it."""
    account_of(session)
    if (request.room is None) == (request.whom is None):
        raise ChatError(Code.USAGE, "what is read is a room or with somebody; please give one of them")
    conversation: Conversation
    if request.room is not None:
        room = find(state, session, request.room)
        conversation, told = (room.number, 0), ReadUpTo(room=room.name, id=_bounded(state, request.id))
    else:
        other = person_named(state, request.whom or "")
        conversation = pair_of(session.person.number, other.number)
        told = ReadUpTo(whom=other.nick, id=_bounded(state, request.id))
    state.log.people.keep_mark(ReadMark(session.person.number, *conversation, told.id))
    for device in devices(session):
        tell(state, device, told)


def _bounded(state: ServerState, id: int) -> int:
    return max(0, min(id, state.log.last_id))


def _question(state: ServerState, session: Session) -> tuple[UnreadQuestion, dict[int, str]]:
    """What is unread of the session's rooms, and their names by their numbers."""
    person = session.person
    members = [state.rooms[one.room] for one in session.memberships]
    rooms, floors = {room.number: room.name for room in members}, floors_of(state, person, members)
    return UnreadQuestion(person.number, person.nick, tuple(rooms), person.since, floors), rooms


def tell_unread(state: ServerState, session: Session) -> None:
    """How much it is, when somebody comes. What comes from now on is not in it."""
    question, rooms = _question(state, session)
    session.unread = None

    def answer(unread: Unread | None) -> None:
        if unread is None:
            raise ChatError(Code.UNAVAILABLE, _UNREADABLE)
        direct = [(0, question.person)] if unread.pairs else []
        session.unread = frozenset((*((one.number, 0) for one in unread.rooms if one.count), *direct))
        counts = [
            UnreadMessages(one.count, one.mark, room=rooms[one.number], mentions=one.mentions)
            for one in unread.rooms
            if one.number in rooms
        ]
        counts += [
            UnreadMessages(one.count, one.mark, whom=_name(state, one.person, one.name))
            for one in unread.pairs
        ]
        tell(state, session, UnreadCounts(counts))

    def count(answered: Callable[[Unread | None], None]) -> bool:
        return state.log.people.count_unread(question, answered, lambda: session.state not in OVER)

    if not ask(state, session, count, answer):
        tell(state, session, Error(code=Code.BUSY, text=_BUSY))


def _name(state: ServerState, person: int, name: str) -> str:
    """That it has now, where it owns one; else the `name` under which it wrote."""
    account = state.accounts.of_person(person)
    return name if account is None else account.name


def catch_up(state: ServerState, session: Session, request: CatchUp) -> None:
    """What is unread, which is read then."""
    account_of(session)
    question, rooms = _question(state, session)
    last = state.log.last_id

    def answer(caught: CaughtUp | None) -> None:
        if caught is None:
            raise ChatError(Code.UNAVAILABLE, _UNREADABLE)
        if session.state is not PRESENT:  # nobody reads it
            return
        most = state.limits.page_bytes
        first, size = fitting(caught.first, most)
        rest, more_size = fitting(caught.rest, most - size)
        session.unpaid = size + more_size
        more = caught.more or len(first) + len(rest) < len(caught.first) + len(caught.rest)
        told = Caught(_told(session, rooms, first), _told(session, rooms, rest), more, request.ref)
        tell(state, session, told)
        session.unread = frozenset()
        _mark_read(state, session, last)
        _tell_devices(state, session, rooms, (*first, *rest), last)

    def unread(answered: Callable[[CaughtUp | None], None]) -> bool:
        most = state.limits.caught_up
        return state.log.people.read_unread(question, most, answered, lambda: session.state not in OVER)

    session.unpaid = 0
    if not ask(state, session, unread, answer, request.ref):
        raise ChatError(Code.BUSY, _BUSY)


def _told(session: Session, rooms: dict[int, str], entries: list[StoredEntry]) -> list[Said | DirectMessage]:
    number = session.person.number
    told = (retold(one, None if one.second else rooms.get(one.first, ""), number) for one in entries)
    return [one for one in told if isinstance(one, Said | DirectMessage)]


def _tell_devices(
    state: ServerState, session: Session, rooms: dict[int, str], entries: Iterable[StoredEntry], last: int
) -> None:
    """The other devices count anew."""
    read = (
        ReadUpTo(whom=_name(state, one.person, one.sender), id=last)
        if one.second
        else ReadUpTo(room=rooms[one.first], id=last)
        for one in entries
    )
    told = dict.fromkeys(read)
    for device in devices(session):
        for event in told:
            tell(state, device, event)
