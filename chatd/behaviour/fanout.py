"""From an event to the outboxes of its readers.

This is the hot path: one encoding and one append to a feed for each variant. Every room event passes through
`publish`, so the order of its calls is the order in which all members read (MUST 1).
"""

from typing import Final

from chatd.protocol.dialects.contract import Variant
from chatd.protocol.events import Event
from chatd.state.feed import Batch, Notice
from chatd.state.notice_pages import Why
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session


def publish(state: ServerState, room: Room, event: Event, speaker: Session | None = None) -> None:
    """Append `event` for every member of `room`: what a `speaker` said, who gets no copy of its own; without
    one it is a notice of who came and left."""
    if speaker is not None:
        speaker.catch_up()
    size = 0
    for variant, feed in room.feeds.items():
        data = variant.encode(event)
        if data:
            size = max(size, len(data))
            if speaker is not None:
                feed.append(data)
            else:
                feed.append_notice(Notice(data))
    if speaker in room.members:
        room.members[speaker].skip_to_end()
    room.unflushed += size
    state.pending.add_room(room)
    if state.watch is not None:
        state.watch(room, event)


def remind(state: ServerState, variant: Variant, data: bytes) -> None:
    """Tell all readers of one variant what says nothing, but keeps them connected: it is never skipped."""
    lobby = state.rooms.lobby
    feed = lobby.feeds.get(variant)
    if feed is not None:
        feed.append_notice(Notice(data))
        state.pending.add_room(lobby)


def tell(state: ServerState, session: Session, event: Event) -> None:
    """Queue `event` for one session: a reply or a direct message. Nothing is added to one that is over."""
    if session.state not in OVER:
        post(state, session, session.dialect.encode_for(session, event))


def post(state: ServerState, session: Session, data: bytes | memoryview) -> None:
    """`tell`, for an event that is encoded already."""
    if not data:
        return
    session.catch_up()
    if session.outbox.post(data):
        state.pending.add(session)


def note(state: ServerState, room: Room, nick: str, why: Why) -> None:
    """Have the room told, when its next notices are due, that `nick` joined or left."""
    room.notices.add(nick, why)
    state.rooms.noticing.add(room)
    state.pending.wake()


def note_arrival(state: ServerState, room: Room, session: Session, away: int | None = None) -> None:
    """`note` that the session came, or is back after so many seconds, at its place among what is said. It is
    told only what comes after that; to be called when it is in the room."""

    def act() -> None:
        note(state, room, session.nick, away)
        for device in session.person.sessions or (session,):
            if device in room.members:
                room.notices.arrived(device)

    state.log.in_turn(act)


def flush_notices(state: ServerState, room: Room) -> None:
    """Announce now who joined and left; to each newcomer only what happened after it joined."""
    if room is state.rooms.lobby:
        state.pending.catch_up_but(room)  # what somebody said in a room comes before that they left
    page, newcomers = room.notices.take(state.now())
    for session in newcomers:
        session.catch_up()
    for event in page.events():
        publish(state, room, event)
    parts: dict[tuple[Variant, int], Batch] = {}
    for session, start in newcomers.items():
        membership = room.members[session]
        membership.skip_to_end()
        variant = membership.feed.variant
        part = parts.get((variant, start))
        if part is None:
            own = (variant.encode(event) for event in page.events(start))
            part = parts[variant, start] = Batch(room.name, [Notice(data) for data in own if data], True)
        if part.messages:
            session.outbox.add(part)


#: So much is told at once, some 5 ms: a room takes 10 us, where people are in a hundred of them, and as many
#: more for each eight who are told a part of it only, since they have just come.
_ROOMS_AT_ONCE: Final = 500
_NEWCOMERS_A_ROOM: Final = 8


def flush_due_notices(state: ServerState) -> float | None:
    """Announce in every room what is due, in the lobby first: that somebody came to the server is told before
    that they came to a room. Where it is due in very many rooms, the others' turn is after the next round.
    Return when the next notices are due, or None."""
    rooms = state.rooms
    if not rooms.noticing:
        return None
    lobby, later, turns = rooms.lobby, [], _ROOMS_AT_ONCE
    for room in [lobby, *(rooms.noticing - {lobby})]:
        due = room.notices.due_at
        if due is not None and due <= state.now() and turns > 0:
            turns -= 1 + room.notices.newcomers // _NEWCOMERS_A_ROOM
            flush_notices(state, room)
            due = room.notices.due_at
        if due is None:
            rooms.noticing.discard(room)
        else:
            later.append(due)
        if room is lobby and due is not None:
            break
    return min(later, default=None)
