"""Coming to a room and leaving it, and what it is about. (Who comes to the server or leaves it is told in the
lobby: see `presence`.)"""

from chatd.behaviour.fanout import note, note_arrival, tell
from chatd.behaviour.guests import remember
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Left, RoomInfo
from chatd.protocol.names import check_room, fold_room, printable
from chatd.protocol.requests import LOBBY, Join, Leave, Topic
from chatd.state.message_log import TopicEntry
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import PRESENT, Person, Session
from chatd.state.stored_accounts import ReadMark


def find(state: ServerState, session: Session, name: str) -> Room:
    """The room of that name, in which the session must be; an empty one is where it says what it types."""
    room = state.rooms.get(name or session.room) or state.rooms.get(fold_room(name))
    if room is None:
        raise ChatError(Code.NO_SUCH_ROOM, f"there is no room {printable(name)}; /rooms lists them")
    if session not in room.members:
        where = room.name
        raise ChatError(Code.NOT_IN_ROOM, f"you are not in the room {where}; /join {where} goes there")
    return room


def enter(state: ServerState, session: Session, request: Join) -> None:
    """Go to a room, or back to one in which the client is already."""
    name = check_room(request.room)
    room = state.rooms.get(name)
    if room is None or session not in room.members:
        if len(session.memberships) > state.limits.rooms_a_person:
            raise ChatError(
                Code.TOO_MANY_ROOMS,
                f"you are in {state.limits.rooms_a_person} rooms; please leave one before you join another",
            )
        if room is None:
            room = state.rooms.make(name, session.address, state.now())
        _enter(state, session.person, room)
        note_arrival(state, room, session)
        for device in devices(session):
            tell(state, device, RoomInfo(room=name, users=len(room), topic=room.topic))
    session.room = name
    remember(state, session)
    tell(state, session, RoomInfo(room=name, users=len(room), topic=room.topic, ref=request.ref))


def _enter(state: ServerState, person: Person, room: Room) -> None:
    """With all devices; what was said there before is nothing that it has to catch up with."""
    for device in person.sessions:
        if device.state is PRESENT:
            room.add(device)
    state.rooms.entered(room)
    if person.account is not None:
        state.log.people.keep_mark(ReadMark(person.number, room.number, 0, state.log.last_id))


def devices(session: Session) -> list[Session]:
    """The other sessions of the same person that can be told something."""
    return [one for one in session.person.sessions if one is not session and one.state is PRESENT]


def leave(state: ServerState, session: Session, request: Leave, room: Room) -> None:
    """Leave a room. What was said there before is still delivered."""
    if room is state.rooms.lobby:
        raise ChatError(Code.BAD_ROOM, "everyone is in the lobby; /quit leaves the server")
    others, person = devices(session), session.person
    for device in (session, *others):
        room.remove(device)
        if device.outbox.queued:  # a round does not find it in the room any more
            state.pending.add(device)
        if device.room == room.name:
            device.room = LOBBY
    state.log.in_turn(lambda: note(state, room, person.nick, ""))
    lately = [one for one in person.left_lately if one != room.name and _is_untold(state, session, one)]
    person.left_lately = (*lately, room.name)
    vacated(state, room)
    remember(state, session)
    tell(state, session, Left(names=[session.nick], count=1, room=room.name, ref=request.ref))
    for device in others:
        tell(state, device, Left(names=[session.nick], count=1, room=room.name))


def _is_untold(state: ServerState, session: Session, name: str) -> bool:
    """Whether the room is still to be told something of the session."""
    room = state.rooms.get(name)
    return room is not None and room.notices.mentions(session.nick)


def vacated(state: ServerState, room: Room) -> None:
    """Somebody is not in it any more."""
    if not room.members:
        state.listings.pop(room.name, None)
    state.rooms.left(room)


def topic(state: ServerState, session: Session, request: Topic, room: Room) -> Room:
    """Show the topic, or set it: the room has it when the log has."""
    if request.text is None:
        tell(state, session, RoomInfo(room=room.name, users=len(room), topic=room.topic, ref=request.ref))
    else:
        state.log.append(TopicEntry(session, request.text, request.ref, room=room))
    return room
