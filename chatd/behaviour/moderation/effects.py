"""What acts of moderation do to people and rooms, once the log has them: a table by the act."""

from collections.abc import Callable, Iterator
from typing import Final

from chatd.behaviour.fanout import publish, tell
from chatd.behaviour.moderation.acts import renew_lists_of
from chatd.behaviour.moderation.bans import ban_of, sentence, where
from chatd.behaviour.moderation.entering import end_membership
from chatd.behaviour.moderation.putting_out import begin_putting_out
from chatd.behaviour.moderation.room_acts import keep_of
from chatd.behaviour.moderation.telling import acted
from chatd.behaviour.presence import end, part
from chatd.behaviour.rooms import put_out, put_out_absent
from chatd.protocol.errors import Code
from chatd.protocol.events import Error
from chatd.protocol.keep_rule import EVERYTHING, parse_keep_rule
from chatd.protocol.moderation_events import Acted
from chatd.protocol.requests import LOBBY
from chatd.state.message_log import ActEntry
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.sessions import NAMED, Person

#: Connections that end in one turn: each takes a fifth of a millisecond.
_AT_ONCE: Final = 10


def take_effect(state: ServerState, entry: ActEntry) -> None:
    """The log has it: everyone in the room is told, then it is done."""
    for ruling in entry.rulings:
        state.rulings.settle(ruling, entry.id, entry.at)
    event = acted(entry)
    publish(state, entry.room, event)
    effect = _EFFECTS.get(entry.act.act)
    if effect is not None:
        effect(state, entry, event)


def _people(state: ServerState, entry: ActEntry) -> list[Person]:
    """Whom it is done to, who is here: it may have another name by now."""
    person = state.roster.numbered(entry.act.person)
    return [] if person is None else [person]


def _kick(state: ServerState, entry: ActEntry, event: Acted) -> None:
    """It is put out with all of its devices; who has dropped meanwhile does not come back to the room, and
    who was only invited is told, too."""
    _tell_whom(state, entry, event)
    _end_absent(state, entry)
    for person in _people(state, entry):
        put_out(state, entry.room, person, "kicked")


def _end_absent(state: ServerState, entry: ActEntry) -> None:
    number = entry.act.person
    if number is not None:
        end_membership(state, number, entry.room)
        put_out_absent(state, entry.room, number)


def _ban(state: ServerState, entry: ActEntry, event: Acted) -> None:
    """Whoever is here and is meant goes, a few at a time."""
    if entry.room is state.rooms.lobby:
        begin_putting_out(state, _off_the_server(state))
    else:
        _end_absent(state, entry)
        for person in _people(state, entry):
            _put_out_banned(state, entry.room, person)
        begin_putting_out(state, _out_of_the_room(state, entry.room))


def _off_the_server(state: ServerState) -> Iterator[bool]:
    """First none of them is heard any more: that is quick, and a loud crowd keeps the server busy until then.
    Then their connections end, which is more work, for the greenlet of each."""
    lobby, ended = state.rooms.lobby, []
    for person in list(state.roster):
        for session in person.sessions:
            found = ban_of(state, session, person, lobby) if session.state in NAMED else None
            if found is not None:
                text = sentence(found, where(state, lobby))
                if not session.dialect.typed:  # else it would read the same sentence twice
                    tell(state, session, Error(code=Code.BANNED, text=text))
                part(state, session, text, "banned")
                ended.append(session)
        yield False
    for number, session in enumerate(ended, 1):
        session.connection.hang_up()
        yield number % _AT_ONCE == 0


def _out_of_the_room(state: ServerState, room: Room) -> Iterator[bool]:
    for session in list(room.members):
        if session in room.members:
            _put_out_banned(state, room, session.person)
        yield False


def _put_out_banned(state: ServerState, room: Room, person: Person) -> None:
    """With all devices, also where it comes from a banned address with one of them only."""
    for session in person.sessions:
        found = ban_of(state, session, person, room)
        if found is not None:
            end_membership(state, person.number, room)
            for device in put_out(state, room, person, "banned"):
                tell(state, device, Error(code=Code.BANNED, text=sentence(found, where(state, room))))
            return


def _kill(state: ServerState, entry: ActEntry, event: Acted) -> None:
    text = f"{event.by} ended your connection ({event.reason})"
    for person in _people(state, entry):
        for session in person.sessions:
            end(state, session, text, "killed")


def _tell_whom(state: ServerState, entry: ActEntry, event: Acted) -> None:
    """Somebody who is not in the room."""
    for person in _people(state, entry):
        for session in person.sessions:
            if session not in entry.room.members:
                tell(state, session, event)


def _renew_lists(state: ServerState, entry: ActEntry, event: Acted) -> None:
    renew_lists_of(state, entry.room)


def _take_role(state: ServerState, entry: ActEntry, event: Acted) -> None:
    """Who had it was left in peace by bans of ranges: there, or with one on the server everywhere."""
    renew_lists_of(state, entry.room)
    for person in _people(state, entry):
        for name in sorted(person.rooms - {LOBBY}):
            _put_out_banned(state, state.rooms[name], person)
    if entry.room is state.rooms.lobby:
        begin_putting_out(state, _off_the_server(state))


def _keep(state: ServerState, entry: ActEntry, event: Acted) -> None:
    rule = parse_keep_rule(event.value) if event.value and event.value != "off" else EVERYTHING
    state.log.keep(entry.room, *keep_of(rule))


#: By the act: what is done, beside what holds from now on.
_EFFECTS: Final[dict[str, Callable[[ServerState, ActEntry, Acted], None]]] = {
    "op": _renew_lists,
    "deop": _take_role,
    "voice": _renew_lists,
    "devoice": _renew_lists,
    "own": _renew_lists,
    "grant": _take_role,
    "kick": _kick,
    "ban": _ban,
    "kill": _kill,
    "invite": _tell_whom,
    "keep": _keep,
}
