"""From an event to the outboxes of those who are to have it.

This is the hot path: one encoding for each variant, one append to its feed. `publish` is the one call through
which every accepted room event passes, so that its order is everyone's order (MUST 1).
"""

from chatd.protocol.events import Event
from chatd.state.feed import Batch
from chatd.state.notices import Why, since
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session


def publish(state: ServerState, room: Room, event: Event, speaker: Session | None = None) -> None:
    """Append `event` for every member of `room`; a speaker gets no copy of its own."""
    if speaker is not None:
        speaker.catch_up()
    size = 0
    for variant, feed in room.feeds.items():
        data = variant.encode(event)
        if data:
            size = max(size, len(data))
            feed.append(data)
    if speaker is not None:
        room.members[speaker].skip_to_end()
    room.unflushed += size
    state.pending.add_room(room)


def tell(state: ServerState, session: Session, event: Event) -> None:
    """Queue `event` for one session: a reply or a direct message. Nothing is added to one that is over."""
    if session.state not in OVER:
        post(state, session, session.dialect.encode_for(session, event))


def post(state: ServerState, session: Session, data: bytes) -> None:
    """`tell`, for what is encoded already."""
    if not data:
        return
    session.catch_up()
    if session.outbox.post(data):
        state.pending.add(session)


def note(state: ServerState, room: Room, nick: str, why: Why) -> None:
    """The room is to be told, in its time, that `nick` came or went."""
    room.notices.add(nick, why)
    state.pending.wake()


def flush_notices(state: ServerState, room: Room) -> None:
    """Tell the room what waits about who came and went, each newcomer only what came after it."""
    runs, newcomers = room.notices.take(state.now())
    for session in newcomers:
        session.catch_up()
    for run in runs:
        publish(state, room, run.event())
    for session, position in newcomers.items():
        room.members[session].skip_to_end()
        own = [session.dialect.encode_for(session, event) for event in since(runs, position)]
        if own:
            session.outbox.add(Batch(room.name, own))


def flush_due_notices(state: ServerState) -> float | None:
    """Tell every room what is due; return when the next is, or None."""
    later = []
    for room in state.rooms.values():
        due = room.notices.due_at
        if due is None:
            continue
        if due > state.now():
            later.append(due)
        else:
            flush_notices(state, room)
    return min(later, default=None)
