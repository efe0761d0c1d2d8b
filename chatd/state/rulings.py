"""What holds in rooms and on the server: roles, bans, mutes, members of private rooms, settings.

A ruling takes effect when it is made, before the log has it: so two who take each other's rights do not both
lose them. Where the log cannot keep it, what held before holds again. (A role that is given is the exception:
it is there once the log has it, else somebody could use it who never had it.)
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from chatd.protocol.address_ranges import parse_range
from chatd.protocol.names import fold
from chatd.state.address_bans import AddressRanges
from chatd.state.networks import UNIX, network_of
from chatd.state.stored_entries import ERASED
from chatd.state.stored_rulings import Ruling, RulingKind

#: By room, kind and subject.
RulingKey = tuple[int, RulingKind, str]
#: Of a ruling about addresses that concerns guests only.
GUESTS: Final = "guests"
#: Of one that concerns everyone whom its subject fits.
ALL: Final = "all"
#: Addresses of this machine, as which very many come who have nothing in common.
_SHARED: Final = frozenset(("127.0.0.1", "::1", "0:0:0:0::/64", "::/64", UNIX, ""))


def by_person(number: int) -> str:
    return str(number)


def by_name(nick: str) -> str:
    return f"={fold(nick)}"


def by_range(network: object) -> str:
    return f"@{network}"


def guest_network(address: str) -> str | None:
    """The subject for a guest's address; None where others come from it who have nothing in common."""
    network = network_of(address)
    return None if network in _SHARED else by_range(parse_range(network))


class Rulings:
    """`today` is the time of day in milliseconds. `restricted` are the numbers of rooms in which not everyone
    may say everything at any time."""

    __slots__ = ("_before", "_held", "_pending", "_ranges", "_today", "restricted")

    def __init__(self, rulings: Iterable[Ruling], today: Callable[[], int]) -> None:
        self._today: Final = today
        self._held: dict[tuple[int, RulingKind], dict[str, Ruling]] = {}
        self._ranges: dict[tuple[int, RulingKind], AddressRanges] = {}
        self._pending: dict[RulingKey, list[Ruling]] = {}  # that the log does not have yet
        self._before: dict[RulingKey, Ruling | None] = {}  # what the log has of those
        self.restricted: set[int] = set()
        for ruling in rulings:
            self._set(ruling.key, ruling)

    # -- what holds ------------------------------------------------------------------------------------

    def get(self, room: int, kind: RulingKind, subject: str) -> Ruling | None:
        """What holds now."""
        held = self._held.get((room, kind))
        ruling = None if held is None else held.get(subject)
        if ruling is not None and 0 < ruling.until <= self._today():
            return None
        return ruling

    def value(self, room: int, kind: RulingKind, subject: str) -> str:
        """That of what holds now; empty where nothing does."""
        ruling = self.get(room, kind, subject)
        return "" if ruling is None else ruling.value

    def possible(self, room: int, kind: RulingKind, subject: str) -> set[str]:
        """The values that may hold, as long as the log has not taken what was made last; empty: none."""
        values = {self.value(room, kind, subject)}
        waiting = self._pending.get((room, kind, subject))
        if waiting is not None:
            before = self._before[room, kind, subject]
            values.update(one.value for one in waiting)
            values.add("" if before is None else before.value)
        return values

    def setting(self, room: int, name: str) -> str:
        return self.value(room, RulingKind.SETTING, name)

    def of(self, room: int, kind: RulingKind) -> list[Ruling]:
        """All that hold now, in the order in which they were made."""
        return self._in_order(self._held.get((room, kind), {}).values())

    def called(self, room: int, kind: RulingKind, whom: str, subject: str = "") -> list[Ruling]:
        """Those of them whose subject is called so, or is this one. (Anybody with an account may ask in a
        room with a thousand: a loop with a call for each takes ten times as long.)"""
        name, held = whom.lower(), self._held.get((room, kind), {}).values()
        return self._in_order([one for one in held if one.whom.lower() == name or one.subject == subject])

    def _in_order(self, rulings: Iterable[Ruling]) -> list[Ruling]:
        today = self._today()
        return sorted(
            (one for one in rulings if not 0 < one.until <= today),
            key=lambda one: (not one.id, one.id, one.subject),  # what the log has not taken yet is the newest
        )

    def count(self, room: int, kind: RulingKind) -> int:
        """How many there are, those that are over with them."""
        return len(self._held.get((room, kind), ()))

    def about(
        self, room: int, kind: RulingKind, person: int, nick: str, address: str, guest: bool
    ) -> Ruling | None:
        """A ruling that concerns somebody who comes under this name from this address."""
        if (room, kind) not in self._held:
            return None
        found = self.get(room, kind, by_person(person))
        if found is None and guest:
            found = self.get(room, kind, by_name(nick))
        ranges = self._ranges.get((room, kind))
        if found is None and ranges is not None:
            for subject in ranges.find(address):
                ruling = self.get(room, kind, subject)
                if ruling is not None and (guest or ruling.value != GUESTS):
                    return ruling
        return found

    # -- what is made ----------------------------------------------------------------------------------

    def apply(self, ruling: Ruling) -> None:
        """It takes effect; the log will say what becomes of it (`settle` or `undo`)."""
        key = ruling.key
        if key not in self._pending:
            self._pending[key] = []
            self._before[key] = self._held.get((ruling.room, ruling.kind), {}).get(ruling.subject)
        self._pending[key].append(ruling)
        self._set(key, ruling)

    def settle(self, ruling: Ruling, id: int, at: int) -> None:
        """The log has it, with this id and time."""
        self._done(ruling, replace(ruling, id=id, at=at))

    def undo(self, ruling: Ruling) -> None:
        """It will not be."""
        self._done(ruling, self._before.get(ruling.key))

    def _done(self, ruling: Ruling, settled: Ruling | None) -> None:
        """What is not pending any more has no say: its room or its person went, or it was kept meanwhile."""
        key = ruling.key
        pending = self._pending.get(key, ())
        waiting = [one for one in pending if one is not ruling]
        if len(waiting) == len(pending):
            return
        if waiting:
            self._pending[key], self._before[key] = waiting, settled
            self._set(key, waiting[-1])
        else:
            del self._pending[key], self._before[key]
            self._set(key, settled)

    def keep(self, ruling: Ruling) -> None:
        """It holds, without being an act of anybody, and whatever becomes of what was made before."""
        self._pending.pop(ruling.key, None)
        self._before.pop(ruling.key, None)
        self._set(ruling.key, ruling)

    # -- what goes -------------------------------------------------------------------------------------

    def forget_room(self, room: int) -> None:
        self._forget(
            (*place, subject)
            for place in [(room, kind) for kind in RulingKind]
            for subject in self._held.get(place, ())
        )
        self._forget(key for key in self._pending if key[0] == room)

    def forget_person(self, person: int) -> list[Ruling]:
        """Its roles and memberships, when its account is gone. Returns how they are lifted: the log may take
        one after the account went, though it was given before."""
        subject = by_person(person)
        held = [(*place, subject) for place, held in self._held.items() if subject in held]
        waiting = [key for key in self._pending if key[2] == subject]
        keys = [key for key in dict.fromkeys(held + waiting) if key[1] in _OF_ACCOUNTS]
        self._forget(keys)
        return [Ruling(*key, "") for key in keys]

    def unname(self, by: str) -> None:
        """Who made these has no name any more (see ERASED)."""
        for held in self._held.values():
            for subject, ruling in held.items():
                if fold(ruling.by) == fold(by):
                    held[subject] = replace(ruling, by=ERASED)

    def _forget(self, keys: Iterable[RulingKey]) -> None:
        for key in list(keys):
            self.keep(Ruling(*key, ""))

    def over(self, room: int, kind: RulingKind) -> Iterator[Ruling]:
        """Those that hold no longer, to be taken away."""
        today = self._today()
        for ruling in list(self._held.get((room, kind), {}).values()):
            if 0 < ruling.until <= today and ruling.key not in self._pending:
                self._set(ruling.key, None)
                yield replace(ruling, value="")

    def _set(self, key: RulingKey, ruling: Ruling | None) -> None:
        """Nothing else changes what is held. A ruling without a value is none."""
        room, kind, subject = key
        place = room, kind
        held = self._held.setdefault(place, {})
        known = held.pop(subject, None)
        if known is not None and subject.startswith("@"):
            self._ranges[place].remove(parse_range(subject[1:]))
        if ruling is not None and ruling.value:
            held[subject] = ruling
            if subject.startswith("@"):
                ranges = self._ranges.setdefault(place, AddressRanges())
                ranges.add(parse_range(subject[1:]), subject)
        if not held:
            del self._held[place]
        self._note_restrictions(room)

    def _note_restrictions(self, room: int) -> None:
        settings = self._held.get((room, RulingKind.SETTING), ())
        if (room, RulingKind.MUTE) in self._held or any(name in settings for name in _RESTRICTING):
            self.restricted.add(room)
        else:
            self.restricted.discard(room)


#: Kinds of rulings that go with an account.
_OF_ACCOUNTS: Final = (RulingKind.ROLE, RulingKind.MEMBER)
#: Settings of a room by which not everyone may speak. (A lockdown is one of the lobby, and holds everywhere.)
_RESTRICTING: Final = ("moderated", "slow")
