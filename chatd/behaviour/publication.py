"""What happens to an entry once the log has it: its readers are told, and in the end its author."""

from collections.abc import Callable
from typing import Any, Final

from chatd.behaviour.fanout import flush_notices, publish, tell
from chatd.protocol.events import Ack, DirectMessage, Said, Sent
from chatd.state.message_log import DirectEntry, Entry, RoomEntry
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import Session


def attach(state: ServerState) -> None:
    """Have the log tell people."""
    state.log.published = lambda entry: _PUBLISH[type(entry)](state, entry)
    state.log.acknowledged = lambda entry: _acknowledge(state, entry)


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


def _say(state: ServerState, entry: RoomEntry) -> None:
    """To everyone in the room but the speaker."""
    room, speaker = entry.room, entry.author
    _announce_first(state, room, speaker)
    said = Said(room=room.name, id=entry.id, sender=speaker.nick, text=entry.text, at=entry.at)
    publish(state, room, said, speaker)


def _direct(state: ServerState, entry: DirectEntry) -> None:
    """To its reader. The writer sees it, too, where it types."""
    writer, reader = entry.author, entry.to
    for membership in writer.memberships:
        _announce_first(state, state.rooms[membership.room], writer)
    message = DirectMessage(id=entry.id, sender=writer.nick, to=reader.nick, text=entry.text, at=entry.at)
    tell(state, reader, message)
    if writer.dialect.typed:
        tell(state, writer, Sent(to=reader.nick, text=entry.text, id=entry.id, ref=entry.ref))


def _acknowledge(state: ServerState, entry: Entry) -> None:
    if entry.ref is not None:
        tell(state, entry.author, Ack(ref=entry.ref, id=entry.id))


_PUBLISH: Final[dict[type[Entry], Callable[[ServerState, Any], None]]] = {
    RoomEntry: _say,
    DirectEntry: _direct,
}
