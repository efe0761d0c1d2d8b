"""From an event to the outboxes of those who are to have it.

This is the hot path: one encoding for each dialect, one append to its feed. `publish` is the one call through
which every accepted room event passes, so that its order is everyone's order (MUST 1).
"""

from chatd.protocol.events import Event
from chatd.state.notices import Why, since
from chatd.state.rooms import Room
from chatd.state.roster import Chat
from chatd.state.sessions import OVER, Session


def publish(chat: Chat, room: Room, event: Event, speaker: Session | None = None) -> None:
    """Put `event` down for every member of `room`; a speaker gets no copy of its own."""
    if speaker is not None:
        speaker.catch_up()
    size = 0
    for dialect, feed in room.audience.items():
        if feed.members:
            data = dialect.encode(event)
            size = max(size, len(data))
            feed.pieces.append(data)
    if speaker is not None:
        room.feed(speaker).pass_by(speaker)
    room.unflushed += size
    chat.work.add_room(room)


def tell(chat: Chat, session: Session, event: Event) -> None:
    """Queue `event` for one session: a reply or a direct message. Nothing is added to one that is over."""
    if session.state not in OVER:
        post(chat, session, session.dialect.encode(event))


def post(chat: Chat, session: Session, data: bytes) -> None:
    """`tell`, for what is encoded already."""
    if not data:
        return
    session.catch_up()
    if not session.outbox.queue:
        chat.work.add(session)
    session.outbox.post(data)


def note(chat: Chat, room: Room, nick: str, why: Why) -> None:
    """The room is to be told, in its time, that `nick` came or went."""
    room.notices.add(nick, why)
    chat.work.wake()


def flush_notices(chat: Chat, room: Room) -> None:
    """Tell the room what waits about who came and went, each newcomer only what came after it."""
    runs, newcomers = room.notices.take(chat.now())
    for session in newcomers:
        session.catch_up()
    for run in runs:
        publish(chat, room, run.event())
    for session, place in newcomers.items():
        room.feed(session).pass_by(session)
        session.outbox.queue += [session.dialect.encode(event) for event in since(runs, place)]


def flush_due_notices(chat: Chat) -> float | None:
    """Tell every room what is due; return when the next is, or None."""
    later = []
    for room in chat.rooms.values():
        due = room.notices.due_at
        if due is None:
            continue
        if due > chat.now():
            later.append(due)
        else:
            flush_notices(chat, room)
    return min(later, default=None)
