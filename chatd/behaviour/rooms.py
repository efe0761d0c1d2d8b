"""Coming to a room and leaving it, and what it is about. (Who comes to the server or leaves it is told in the
lobby: see `presence`.)"""

from chatd.behaviour.fanout import note, note_arrival, tell
from chatd.behaviour.guests import remember
from chatd.behaviour.moderation.acts import act, role
from chatd.behaviour.moderation.entering import begin_membership, check_entry, end_membership
from chatd.behaviour.moderation.roles import role_of
from chatd.behaviour.moderation.speaking import check_lockdown, check_speech, is_locked_down
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Left, RoomInfo
from chatd.protocol.names import check_room, fold_room, printable
from chatd.protocol.requests import LOBBY, Join, Leave, Topic
from chatd.protocol.roles import Role
from chatd.state.message_log import TopicEntry
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import CONSOLE, PRESENT, Person, Session
from chatd.state.stored_accounts import ReadMark
from chatd.state.stored_rulings import Act


def find(state: ServerState, session: Session, name: str) -> Room:
    """The room of that name, in which the session must be; an empty one is where it says what it types."""
    room = state.rooms.get(name or session.room) or state.rooms.get(fold_room(name))
    if room is None:
        raise ChatError(Code.NO_SUCH_ROOM, f"there is no room {printable(name)}; /rooms lists them")
    if session not in room.members and session.person is not CONSOLE:
        where = room.name
        raise ChatError(Code.NOT_IN_ROOM, f"you are not in the room {where}; /join {where} goes there")
    return room


def enter(state: ServerState, session: Session, request: Join) -> None:
    """Go to a room, or back to one in which the client is already."""
    name = check_room(request.room)
    room, new = state.rooms.get(name), False
    if room is None or session not in room.members:
        if len(session.memberships) > state.limits.rooms_a_person:
            raise ChatError(
                Code.TOO_MANY_ROOMS,
                f"you are in {state.limits.rooms_a_person} rooms; please leave one before you join another",
            )
        new = room is None
        if room is None:
            check_lockdown(state, session.person)
            room = state.rooms.make(name, session.address, state.now())
            if session.person.account is not None:
                _forget_earlier(state, room)
        else:
            check_entry(state, session, room, request.key)
        _enter(state, session.person, room)
        note_arrival(state, room, session)
        for device in devices(session):
            tell(state, device, room_info(state, session.person, room))
    session.room = name
    remember(state, session)
    tell(state, session, room_info(state, session.person, room, request.ref))
    if new:
        _own(state, session, room)


def _forget_earlier(state: ServerState, room: Room) -> None:
    """Who is away or just coming back, and was in an earlier room of this name, does not come back to this
    one: it is somebody's now, who may make it private."""
    for account in state.accounts:
        if room.name in account.rooms:
            _forget_room(state, room, account.person)
    state.guests.forget_room(room.name)
    for person in state.roster:
        _do_not_return(person, room)


def _own(state: ServerState, session: Session, room: Room) -> None:
    """It belongs to who made it, where that has an account."""
    person = session.person
    if person.account is not None:
        owner = role(room, person.number, person.nick, Role.ROOM_OWNER.word, person.nick)
        act(state, session, room, Act("own", person.nick, person.number), [owner])


def tell_lockdown(state: ServerState, session: Session) -> None:
    """Who comes is told at once that guests do not speak."""
    if is_locked_down(state):
        tell(state, session, room_info(state, session.person, state.rooms.lobby))


def room_info(state: ServerState, person: Person, room: Room, ref: str | None = None) -> RoomInfo:
    """The room, as somebody who is in it sees it."""
    rulings, number, mine = state.rulings, room.number, role_of(state, person, room)
    return RoomInfo(
        room=room.name,
        users=len(room),
        topic=room.topic,
        ref=ref,
        role=mine.word if mine else None,
        private=bool(rulings.setting(number, "private")),
        moderated=bool(rulings.setting(number, "moderated")),
        slow=int(rulings.setting(number, "slow") or 0),
        key=bool(rulings.setting(number, "key")),
        lockdown=bool(rulings.setting(number, "lockdown")),
    )


def _enter(state: ServerState, person: Person, room: Room) -> None:
    """With all devices; what was said there before is nothing that it has to catch up with."""
    for device in person.sessions:
        if device.state is PRESENT:
            room.add(device)
    state.rooms.entered(room)
    begin_membership(state, person, room)
    if person.account is not None:
        state.log.people.keep_mark(ReadMark(person.number, room.number, 0, state.log.last_id))


def devices(session: Session) -> list[Session]:
    """The other sessions of the same person that can be told something."""
    return [one for one in session.person.sessions if one is not session and one.state is PRESENT]


def leave(state: ServerState, session: Session, request: Leave, room: Room) -> None:
    """Leave a room. What was said there before is still delivered."""
    if room is state.rooms.lobby:
        raise ChatError(Code.BAD_ROOM, "everyone is in the lobby; /quit leaves the server")
    end_membership(state, session.person.number, room)
    _go_out(state, room, session, "")
    tell(state, session, Left(names=[session.nick], count=1, room=room.name, ref=request.ref))
    for device in devices(session):
        tell(state, device, Left(names=[session.nick], count=1, room=room.name))


def put_out(state: ServerState, room: Room, person: Person, why: str) -> list[Session]:
    """Somebody is not wanted in the room. Returns those of its devices that were told so."""
    told = [one for one in person.sessions if one in room.members]
    known = _do_not_return(person, room)
    if told:
        _go_out(state, room, told[0], why)
    elif known:
        state.listings.pop(room.name, None)
        _note_departure(state, room, person, why)
    for device in told:
        tell(state, device, Left(names=[person.nick], count=1, reason=why, room=room.name))
    _forget_room(state, room, person.number)
    return told


def _do_not_return(person: Person, room: Room) -> bool:
    """Where it is just coming back, it is not to this room. Whether others think that it is there."""
    known = False
    for session in person.sessions:
        if session.returning is not None:
            known = known or session.returning.is_known_in(room.name)
            session.returning.rooms = _without(session.returning.rooms, room)
    return known


def put_out_absent(state: ServerState, room: Room, number: int) -> None:
    """Who is not here, or not yet, does not come back to the room."""
    _forget_room(state, room, number)
    state.guests.put_out(number, room.name)


def _forget_room(state: ServerState, room: Room, number: int) -> None:
    """Who owns an account does not come back to the room."""
    account = state.accounts.of_person(number)
    if account is not None and room.name in account.rooms:
        account.rooms = _without(account.rooms, room)
        account.room = LOBBY if account.room == room.name else account.room
        state.log.people.keep_account(account.stored())


def _without(rooms: tuple[str, ...], room: Room) -> tuple[str, ...]:
    return tuple(one for one in rooms if one != room.name)


def _note_departure(state: ServerState, room: Room, person: Person, why: str) -> None:
    """Those in the room hear of it at its place among what is said, under the name that it has then."""
    state.log.in_turn(lambda: note(state, room, person.nick, why))


def _go_out(state: ServerState, room: Room, session: Session, why: str) -> None:
    """With all devices of who has the session, which is in the room."""
    person = session.person
    for device in person.sessions:
        if device not in room.members:
            continue
        room.remove(device)
        if device.outbox.queued:  # a round does not find it in the room any more
            state.pending.add(device)
        if device.room == room.name:
            device.room = LOBBY
    _note_departure(state, room, person, why)
    lately = [one for one in person.left_lately if one != room.name and _is_untold(state, person, one)]
    person.left_lately = (*lately, room.name)
    vacated(state, room)
    remember(state, session)


def _is_untold(state: ServerState, person: Person, name: str) -> bool:
    """Whether the room is still to be told something of somebody."""
    room = state.rooms.get(name)
    return room is not None and room.notices.mentions(person.nick)


def vacated(state: ServerState, room: Room) -> None:
    """Somebody is not in it any more."""
    if not room.members:
        state.listings.pop(room.name, None)
    state.rooms.left(room)


def topic(state: ServerState, session: Session, request: Topic, room: Room) -> Room:
    """Show the topic, or set it: the room has it when the log has."""
    if request.text is None:
        tell(state, session, room_info(state, session.person, room, request.ref))
    else:
        check_lockdown(state, session.person)
        if room.number in state.rulings.restricted:
            check_speech(state, session, room)
        state.log.append(TopicEntry(session, request.text, request.ref, room=room))
    return room
