"""What happens to an entry once the log has it: its readers are told, and in the end its author."""

from typing import Final

from chatd.behaviour.fanout import flush_notices, publish, tell
from chatd.behaviour.holders import returned
from chatd.behaviour.moderation.acts import undo
from chatd.behaviour.moderation.effects import take_effect
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack, DirectMessage, Error, Said, Sent, TopicSet
from chatd.protocol.people_events import Gone
from chatd.state.message_log import ActEntry, DirectEntry, Entry, RoomEntry, TopicEntry
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import PRESENT, Session

UNAVAILABLE: Final = "the server cannot store this now, so nobody has read it; please try again later"


def attach(state: ServerState) -> None:
    """Have the log tell people."""
    telling = _Telling(state)
    log = state.log
    log.published = {
        RoomEntry: telling.say,
        TopicEntry: telling.set_topic,
        DirectEntry: telling.direct,
        ActEntry: telling.act,
    }
    log.acknowledged = telling.acknowledge
    log.failed = telling.refuse


def restore_rooms(state: ServerState) -> None:
    """At the start: the rooms that the log knows; and it hears of those that go."""
    for room in state.log.rooms:
        state.rooms.restore(room)
    state.rooms.gone = lambda room: _forget(state, room)


def _forget(state: ServerState, room: Room) -> None:
    """It is gone, with all that holds in it."""
    state.rulings.forget_room(room.number)
    state.log.forget(room)


def announce_first(state: ServerState, room: Room, session: Session) -> None:
    """Announce what is still to be told of the speaker: its join comes before its message (MUST 5), that to
    the server before that to the room. In the lobby all that waits goes with it, up to a bound; else only
    that, or each newcomer's word would cost everyone a page."""
    lobby = state.rooms.lobby
    if lobby.notices.mentions(session.nick):
        if lobby.notices.take_hurry(state.now(), state.limits.hurried_notices):
            flush_notices(state, lobby)
        else:
            _withdraw(state, lobby, session)
    if room is not lobby and room.notices.mentions(session.nick):
        _withdraw(state, room, session)


def _withdraw(state: ServerState, room: Room, session: Session) -> None:
    """Announce now what is still to be told of somebody in the room."""
    notices = room.notices
    session.catch_up()
    for event in notices.withdraw(session.nick):
        publish(state, room, event)
    if session in room.members:
        room.members[session].skip_to_end()


class _Telling:
    """What the log calls: methods, since a function around each would cost more than its work."""

    __slots__ = ("_keys", "_rooms", "_state")

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._rooms = state.rooms
        self._keys = state.keys

    def say(self, entry: RoomEntry) -> None:
        """To everyone in the room but the speaker."""
        room, speaker = entry.room, entry.author
        room.has_history = True
        if self._rooms.noticing:
            announce_first(self._state, room, speaker)
        said = Said(
            room=room.name,
            id=entry.id,
            sender=speaker.person.nick,
            text=entry.text,
            at=entry.at,
            kind=entry.kind,
        )
        publish(self._state, room, said, speaker)

    def set_topic(self, entry: TopicEntry) -> None:
        """To everyone in the room; never skipped, as it is no talk."""
        room, author = entry.room, entry.author
        room.topic, room.has_history = entry.text, True
        announce_first(self._state, room, author)
        event = TopicSet(room=room.name, id=entry.id, sender=author.nick, text=entry.text, at=entry.at)
        publish(self._state, room, event)

    def act(self, entry: ActEntry) -> None:
        """To everyone in the room; never skipped either."""
        entry.room.has_history = True
        announce_first(self._state, entry.room, entry.author)
        take_effect(self._state, entry)
        entry.author.connection.write_now()  # it may stand against a crowd, and wants to know

    def direct(self, entry: DirectEntry) -> None:
        """To its reader. The writer sees it, too, where it types."""
        state, writer, reader = self._state, entry.author, entry.to
        if not reader.sessions:
            reader = returned(state, reader)
        if self._rooms.noticing:
            announce_first(state, self._rooms.lobby, writer)
        message = DirectMessage(id=entry.id, sender=writer.nick, to=reader.nick, text=entry.text, at=entry.at)
        for session in reader.sessions:
            if session.state is PRESENT:  # who is coming back reads it in the log
                data = session.dialect.encode_for(session, message)
                if data:  # as `post`, without its call
                    session.catch_up()
                    if session.outbox.post(data):
                        state.pending.add(session)
        if writer.dialect.typed:
            tell(state, writer, Sent(to=reader.nick, text=entry.text, id=entry.id, ref=entry.ref))
        if len(writer.person.sessions) > 1:
            self._tell_own_devices(writer, message)
        if reader.account is not None and not reader.sessions:
            tell(state, writer, Gone(reader.nick, kept=True))
        elif reader.away is not None:
            tell(state, writer, Gone(reader.nick, text=reader.away or None, kept=False))

    def _tell_own_devices(self, writer: Session, message: DirectMessage) -> None:
        """The writer's other devices have it, too."""
        for device in writer.person.sessions:
            if device is not writer and device.state is PRESENT:
                sent = Sent(to=message.to, text=message.text, id=message.id, ref=None)
                tell(self._state, device, sent if device.dialect.typed else message)

    def acknowledge(self, entry: Entry) -> None:
        """Answer its author, and who sent it again meanwhile."""
        if entry.ref is not None:
            tell(self._state, entry.author, Ack(ref=entry.ref, id=entry.id))
        if entry.key is not None:
            for session, ref in self._keys.said(entry):
                session.take_answer()
                if ref is not None:
                    tell(self._state, session, Ack(ref=ref, id=entry.id))

    def refuse(self, entry: Entry) -> None:
        """The log could not take it: the author is told."""
        state = self._state
        if isinstance(entry, ActEntry):
            undo(state, entry)
        tell(state, entry.author, Error(code=Code.UNAVAILABLE, text=UNAVAILABLE, ref=entry.ref))
        for session, ref in self._keys.failed(entry) if entry.key is not None else ():
            session.take_answer()
            tell(state, session, Error(code=Code.UNAVAILABLE, text=UNAVAILABLE, ref=ref))
