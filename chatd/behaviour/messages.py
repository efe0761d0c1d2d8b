"""Messages, to a room and to one person: what is asked for becomes an entry of the log."""

from chatd.behaviour.fanout import tell
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack
from chatd.protocol.names import printable
from chatd.protocol.requests import Direct, Say
from chatd.state.message_log import DirectEntry, RoomEntry
from chatd.state.outbox import Outbox
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def say(state: ServerState, session: Session, request: Say, room: Room) -> Room:
    """To everyone in the room but the speaker."""
    if request.key is not None and _said_already(state, session, request):
        return room
    state.log.append(
        RoomEntry(session, request.text, request.ref, key=request.key, room=room, kind=request.kind)
    )
    return room


def direct(state: ServerState, session: Session, request: Direct) -> Outbox:
    """To one person, whose outbox may be full: then the writer is told, and nothing was sent."""
    reader = state.roster.get(request.to)
    if reader is None:
        raise ChatError(Code.NO_SUCH_NICK, f"{printable(request.to)} is not here; /users lists who is")
    if not reader.outbox.takes(len(request.text)):
        raise ChatError(Code.NOT_READING, f"{reader.nick} is not reading; please try again later")
    if request.key is not None and _said_already(state, session, request):
        return reader.outbox
    state.log.append(DirectEntry(session, request.text, request.ref, key=request.key, to=reader))
    return reader.outbox


def _said_already(state: ServerState, session: Session, request: Say | Direct) -> bool:
    """Whether a message with this key was said before: then this one is answered as that. Else it is the
    first."""
    key = str(request.key)
    message = state.keys.find(session.person, key)
    if message is None:
        state.keys.add(session.person, key, state.now())
        return False
    if not message.id:
        message.again.append((session, request.ref))
        session.in_flight += 1
    elif request.ref is not None:
        tell(state, session, Ack(ref=request.ref, id=message.id))
    return True
