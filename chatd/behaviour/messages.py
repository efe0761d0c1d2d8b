"""Messages, to a room and to one person: what is asked for becomes an entry of the log."""

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.names import printable
from chatd.protocol.requests import Direct, Say
from chatd.state.message_log import DirectEntry, RoomEntry
from chatd.state.outbox import Outbox
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def say(state: ServerState, session: Session, request: Say, room: Room) -> Room:
    """To everyone in the room but the speaker."""
    state.log.append(RoomEntry(session, request.text, request.ref, room=room, kind=request.kind))
    return room


def direct(state: ServerState, session: Session, request: Direct) -> Outbox:
    """To one person, whose outbox may be full: then the writer is told, and nothing was sent."""
    reader = state.roster.get(request.to)
    if reader is None:
        raise ChatError(Code.NO_SUCH_NICK, f"{printable(request.to)} is not here; /users lists who is")
    if not reader.outbox.takes(len(request.text)):
        raise ChatError(Code.NOT_READING, f"{reader.nick} is not reading; please try again later")
    state.log.append(DirectEntry(session, request.text, request.ref, to=reader))
    return reader.outbox
