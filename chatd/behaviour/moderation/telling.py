"""Acts as the events that they are, when they are new and when they are read again."""

from chatd.protocol.moderation_events import Acted
from chatd.state.message_log import ActEntry
from chatd.state.stored_entries import StoredEntry
from chatd.state.stored_rulings import Act, act_of


def acted(entry: ActEntry) -> Acted:
    """One that is new."""
    return _event(entry.act, entry.room.name, entry.id, entry.at, entry.author.person.nick)


def retold_act(entry: StoredEntry, room: str) -> Acted:
    """One that is read again, in the room of this name."""
    return _event(act_of(entry), room, entry.id, entry.at, entry.sender)


def _event(act: Act, room: str, id: int, at: int, by: str) -> Acted:
    return Acted(
        act=act.act,
        room=room,
        id=id,
        at=at,
        by=by,
        whom=act.whom,
        seconds=act.seconds,
        value=act.value,
        reason=act.reason,
        message=act.message,
    )
