"""All that is kept of a person, as the law lets it ask for: who it is, and what the log has of it."""

from collections.abc import Iterator
from typing import Final

from chatd.behaviour.administration.listings import of_account, of_guest, of_session
from chatd.behaviour.administration.parts import Answering, PartTaker, refused
from chatd.behaviour.asking import BUSY, UNREADABLE
from chatd.behaviour.holders import person_named
from chatd.behaviour.moderation.telling import retold_act
from chatd.behaviour.retelling import retold
from chatd.protocol.admin_events import DeviceRow, PersonHead, ReadRow, RulingRow
from chatd.protocol.errors import Code
from chatd.protocol.events import Event
from chatd.state.accounts import Account
from chatd.state.rooms import Room
from chatd.state.rulings import by_name, by_person
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person
from chatd.state.stored_accounts import Unread, UnreadQuestion
from chatd.state.stored_entries import EntryKind, StoredEntry
from chatd.state.stored_rulings import PersonFile, Ruling, RulingKind

#: Rooms in which it is looked for rulings in one go, some 2 ms.
_ROOMS: Final = 1000


def export(state: ServerState, name: str) -> Answering:
    """Of who has this name. Raises ChatError."""
    export = _Export(state, person_named(state, name))
    return lambda then: export.step(then)  # noqa: PLW0108  # which changes as it goes on


class _Export:
    """One after the other: what holds for it, how far it has read, who it is; then what the log has, a page
    at a time. `step` is how it goes on."""

    def __init__(self, state: ServerState, person: Person) -> None:
        self._state, self._person = state, person
        self._rooms = list(state.rooms)
        self._rulings: list[RulingRow] = []
        self._after = 0
        self.step: Answering = self._look_for_rulings

    def _look_for_rulings(self, then: PartTaker) -> None:
        rooms, self._rooms = self._rooms[:_ROOMS], self._rooms[_ROOMS:]
        for room in rooms:
            self._rulings += [_row(ruling, room) for ruling in self._about(room)]
        if not self._rooms:
            self.step = self._look_for_marks
        then([], True)

    def _about(self, room: Room) -> Iterator[Ruling]:
        rulings, person = self._state.rulings, self._person
        number, name = by_person(person.number), by_name(person.nick)
        for kind in (RulingKind.ROLE, RulingKind.MEMBER, RulingKind.BAN, RulingKind.MUTE):
            found = rulings.get(room.number, kind, number)
            if found is None and person.account is None:
                found = rulings.get(room.number, kind, name)
            if found is not None:
                yield found

    def _look_for_marks(self, then: PartTaker) -> None:
        """Only who has an account has any."""
        self.step = self._show_page
        account, state = self._person.account, self._state
        if account is None:
            then([self._head(())], True)
            return
        rooms = {room.number: room.name for name in account.rooms if (room := state.rooms.get(name))}
        question = UnreadQuestion(account.person, account.name, tuple(rooms), account.since)

        def counted(unread: Unread | None) -> None:
            if unread is None:
                then(refused(Code.UNAVAILABLE, UNREADABLE), False)
            else:
                then([self._head(_marks(unread, rooms))], True)

        if not state.log.people.count_unread(question, counted):
            then(refused(Code.BUSY, BUSY), False)

    def _head(self, read: tuple[ReadRow, ...]) -> PersonHead:
        state, person, account = self._state, self._person, self._person.account
        return PersonHead(
            at=state.today(),
            user=of_guest(person) if account is None else of_account(state, account),
            devices=() if account is None else _devices(account),
            sessions=tuple(map(of_session, person.sessions)),
            rulings=tuple(self._rulings),
            read=read,
        )

    def _show_page(self, then: PartTaker) -> None:
        def show(file: PersonFile | None) -> None:
            if file is None:
                then(refused(Code.UNAVAILABLE, UNREADABLE), False)
            else:
                events = self._events(file)
                then(events, file.more and bool(events))

        if not self._state.log.people.read_person(self._person.number, self._after, show):
            then(refused(Code.BUSY, BUSY), False)

    def _events(self, file: PersonFile) -> list[Event]:
        """In the order of the ids, each once: an act of its own is among both."""
        found = {entry.id: (room, entry) for room, entry in (*file.entries, *file.acts)}
        self._after = max(found, default=self._after)
        return [self._event(*found[id]) for id in sorted(found)]

    def _event(self, room: str, entry: StoredEntry) -> Event:
        if entry.kind is EntryKind.ACT:
            return retold_act(entry, room)
        return retold(entry, None if entry.second else room, self._person.number)


def _row(ruling: Ruling, room: Room) -> RulingRow:
    return RulingRow(
        room=room.name,
        kind=ruling.kind.value,
        value=ruling.value,
        whom=ruling.whom,
        at=ruling.at,
        until=ruling.until or None,
        by=ruling.by or None,
        reason=ruling.reason or None,
    )


def _devices(account: Account) -> tuple[DeviceRow, ...]:
    devices = sorted(account.devices.values(), key=lambda device: device.number)
    return tuple(
        DeviceRow(number=one.number, name=one.label, created=one.created, used=one.used) for one in devices
    )


def _marks(unread: Unread, rooms: dict[int, str]) -> tuple[ReadRow, ...]:
    return (
        *(ReadRow(id=one.mark, room=rooms[one.number]) for one in unread.rooms),
        *(ReadRow(id=one.mark, person=one.name) for one in unread.pairs),
    )
