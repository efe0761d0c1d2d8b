"""Messages, to a room and to one person."""

from chatd.behaviour.fanout import flush_notices, post, publish, tell
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack, DirectMessage, Said, Sent
from chatd.protocol.names import printable
from chatd.protocol.requests import Direct, Say
from chatd.state.outbox import Outbox
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def _announce_first(state: ServerState, room: Room, session: Session) -> None:
    """Announce what is still to be told of the speaker: its join comes before its message (MUST 5). All that
    waits goes with it, up to a bound; then only that, or each newcomer's word would cost everyone a page."""
    notices = room.notices
    if not notices.mentions(session.nick):
        return
    if notices.take_hurry(state.now(), state.limits.hurried_notices):
        flush_notices(state, room)
        return
    session.catch_up()
    for event in notices.withdraw(session.nick):
        publish(state, room, event)
    room.members[session].skip_to_end()


def say(state: ServerState, session: Session, request: Say) -> Room:
    """To everyone in the room but the speaker."""
    room = state.rooms[request.room]
    _announce_first(state, room, session)
    said = Said(room=room.name, id=room.next_id(), sender=session.nick, text=request.text, at=state.at())
    publish(state, room, said, session)
    if request.ref is not None:
        tell(state, session, Ack(ref=request.ref, id=said.id))
    return room


def direct(state: ServerState, session: Session, request: Direct) -> Outbox:
    """To one person, whose outbox may be full: then the writer is told, and nothing was sent."""
    reader = state.roster.get(request.to)
    if reader is None:
        raise ChatError(Code.NO_SUCH_NICK, f"{printable(request.to)} is not here; /users lists who is")
    for membership in session.memberships:
        _announce_first(state, state.rooms[membership.room], session)
    message = DirectMessage(
        id=state.last_direct_id + 1, sender=session.nick, to=reader.nick, text=request.text, at=state.at()
    )
    data = reader.dialect.encode_for(reader, message)
    if not reader.outbox.takes(len(data)):
        raise ChatError(Code.NOT_READING, f"{reader.nick} is not reading; please try again later")
    state.last_direct_id = message.id
    post(state, reader, data)
    if request.ref is not None or session.dialect.typed:  # else nobody is told: it would cost a tenth more
        tell(state, session, Sent(to=reader.nick, text=request.text, id=message.id, ref=request.ref))
    return reader.outbox
