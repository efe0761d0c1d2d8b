"""What may be lost in a power cut, and is no account's: who may come back, and rulings that no act makes.

It is written with the next entries; or by itself soon, where none come.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from chatd.state.entry_rows import rulings_of
from chatd.state.message_log import ActEntry, Entry
from chatd.state.stored_entries import StoredGuest, StoredRoom
from chatd.state.stored_rulings import Ruling
from chatd.store.later import Later
from chatd.store.sqlite.acts import Moderation
from chatd.store.sqlite.guest_changes import GuestChanges

#: Seconds until it is written, where nothing is said.
_LATER: Final = 0.1
#: Rulings that are written at once.
_AT_ONCE: Final = 1000

#: What tells one ruling from another (Ruling.key).
_Key = tuple[int, str, str]
#: A ruling, and the id of the last entry when it was to be kept.
_Kept = tuple[int, Ruling]


class RulingChanges:
    """Of each key only the newest is kept. An act that came after it takes its place, also where that is
    written before; one that came before it does not, also where that is written after."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def keep(self, ruling: Ruling, after: int) -> None:
        self._kept[ruling.key] = (after, ruling)

    def take(self, most: int | None = None) -> list[_Kept]:
        keys = list(islice(self._kept, _AT_ONCE if most is None else most))
        return [self._kept.pop(key) for key in keys]

    def put_back(self, kept: Iterable[_Kept]) -> None:
        """These could not be written; what came since is newer."""
        for one in kept:
            self._kept.setdefault(one[1].key, one)

    def displace(self, acts: Iterable[ActEntry]) -> None:
        """The acts are written: what is older than them is not."""
        for key, id in _newest(acts).items():
            if key in self._kept and self._kept[key][0] < id:
                del self._kept[key]


def _newest(acts: Iterable[ActEntry]) -> dict[_Key, int]:
    """Which act rules last about what."""
    return {ruling.key: act.id for act in acts for ruling in rulings_of(act)}


@dataclass(frozen=True, slots=True)
class KeptChanges:
    """Some of it, to be written. `forgotten` are tokens."""

    guests: list[StoredGuest] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    rulings: list[_Kept] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.guests or self.forgotten or self.rulings)


def moderation_of(entries: Iterable[Entry], rooms: list[StoredRoom], kept: KeptChanges) -> Moderation | None:
    """What is to be written beside the entries, and with rooms of which some are gone."""
    acts = [one for one in entries if type(one) is ActEntry]
    newest = _newest(acts) if acts else {}
    rulings = [ruling for after, ruling in kept.rulings if after >= newest.get(ruling.key, 0)]
    return Moderation(acts, rulings, [room.number for room in rooms if room.name is None]) or None


class Keeping:
    """`last_id` is that of the last entry that was appended; `write` is called when it is time."""

    __slots__ = ("_guests", "_last_id", "_later", "_rulings", "_write")

    def __init__(self, guests: int, last_id: Callable[[], int], write: Callable[[], None]) -> None:
        self._guests: Final = GuestChanges(guests)
        self._rulings: Final = RulingChanges()
        self._last_id: Final = last_id
        self._write: Final = write
        self._later: Final = Later()

    def __bool__(self) -> bool:
        return bool(self._guests or self._rulings)

    def keep_guest(self, guest: StoredGuest) -> None:
        """See MessageLog."""
        self._guests.keep(guest)
        self.write_soon()

    def forget_guest(self, token: str) -> None:
        """See MessageLog."""
        self._guests.forget(token)
        self.write_soon()

    def keep_ruling(self, ruling: Ruling) -> None:
        """See MessageLog."""
        self._rulings.keep(ruling, self._last_id())
        self.write_soon()

    def write_soon(self) -> None:
        if not self._later.active:
            self._later.start(_LATER, self._write)

    def take(self) -> KeptChanges:
        return KeptChanges(*self._guests.take(), self._rulings.take())

    def take_all(self) -> KeptChanges:
        return KeptChanges(*self._guests.take(self._guests.most), self._rulings.take(len(self._rulings)))

    def put_back(self, kept: KeptChanges) -> None:
        self._guests.put_back(kept.guests, kept.forgotten)
        self._rulings.put_back(kept.rulings)

    def written(self, acts: Iterable[ActEntry]) -> None:
        """With these acts."""
        self._rulings.displace(acts)

    def close(self) -> None:
        self._later.stop()
