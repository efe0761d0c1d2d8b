"""Messages, to a room and to one person: what is asked for becomes an entry of the log."""

from typing import Final

from chatd.behaviour.away import come_back
from chatd.behaviour.fanout import tell
from chatd.behaviour.holders import holder_of, not_here
from chatd.behaviour.moderation.speaking import check_speech
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack, DirectMessage
from chatd.protocol.requests import Direct, Say
from chatd.state.message_log import IDS_A_MILLISECOND, DirectEntry, RoomEntry
from chatd.state.outbox import KEEPING_UP, Outbox
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session

#: It has as many digits as those of this century.
_AN_ID: Final = 1 << 51


def say(state: ServerState, session: Session, request: Say, room: Room) -> Room:
    """To everyone in the room but the speaker."""
    if session.person.away is not None:
        come_back(state, session.person)
    if request.key is not None and _said_already(state, session, request):
        return room
    if room.number in state.rulings.restricted:
        check_speech(state, session, room)
    if request.key is not None:
        state.keys.add(session.person.number, request.key, state.now())
    state.log.append(
        RoomEntry(session, request.text, request.ref, key=request.key, room=room, kind=request.kind)
    )
    return room


def direct(state: ServerState, session: Session, request: Direct) -> Outbox | None:
    """To one person, whose outbox may be full: then the writer is told, and nothing was sent. What was said
    already is answered also where its reader is gone by now. Who has an account need not be here."""
    if session.person.away is not None:
        come_back(state, session.person)
    key = request.key
    if key is not None and _said_already(state, session, request):
        return None
    reader = holder_of(state, request.to)
    if reader is None:
        raise not_here(request.to)
    outbox = _outbox(state, session, reader, request) if reader.sessions else None
    if key is not None:
        state.keys.add(session.person.number, key, state.now())
    state.log.append(DirectEntry(session, request.text, request.ref, key=key, to=reader))
    return outbox


def _outbox(state: ServerState, session: Session, reader: Person, request: Direct) -> Outbox:
    """That of its devices which has most room. Raises ChatError where none takes the message."""
    devices = reader.sessions
    device = devices[0] if len(devices) == 1 else min(devices, key=lambda one: one.outbox.private)
    outbox = device.outbox
    # (As `takes`, without its call, for one that keeps up.)
    fits = outbox.flow is KEEPING_UP and outbox.private + len(request.text) <= state.limits.private_round
    if not fits and not outbox.takes(_size(session, device, request)):
        raise ChatError(Code.NOT_READING, f"{reader.nick} is not reading; please try again later")
    return outbox


def _size(session: Session, reader: Session, request: Direct) -> int:
    """Bytes that the message will have, for a reader that is behind and near a bound. (Where it keeps up, the
    number of characters is near enough.)"""
    message = DirectMessage(
        id=_AN_ID, sender=session.nick, to=reader.nick, text=request.text, at=_AN_ID // IDS_A_MILLISECOND
    )
    return len(reader.dialect.encode_for(reader, message))


def _said_already(state: ServerState, session: Session, request: Say | Direct) -> bool:
    """Whether a message with this key was said before: then this one is answered as that."""
    message = state.keys.find(session.person.number, str(request.key), state.now())
    if message is None:
        return False
    if not message.id:
        message.again.append((session, request.ref))
        session.in_flight += 1
    elif request.ref is not None:
        tell(state, session, Ack(ref=request.ref, id=message.id))
    return True
