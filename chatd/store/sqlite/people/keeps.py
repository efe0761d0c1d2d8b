"""What may be lost in a power cut, and is not written yet: the newest of each, and not more than so much."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from chatd.state.stored_accounts import AccountChange, ReadMark, StoredAccount, StoredDevice
from chatd.state.stored_entries import Conversation

#: So many accounts and devices, and about so many marks, are written at once: a few milliseconds each.
_AT_ONCE: Final = 1000
_MARKS_AT_ONCE: Final = 2000
#: And so many wait, while the disk takes nothing; what was changed first is lost first.
MOST: Final = 100_000


@dataclass(slots=True)
class KeptRows:
    """Some of it, to be written."""

    accounts: list[StoredAccount] = field(default_factory=list)
    devices: list[StoredDevice] = field(default_factory=list)
    marks: list[ReadMark] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.accounts or self.devices or self.marks)


class Keeps:
    """By person, by token, and by person and conversation."""

    __slots__ = ("_accounts", "_devices", "_marks", "_most")

    def __init__(self, most: int = MOST) -> None:
        self._most: Final = most
        self._accounts: OrderedDict[int, StoredAccount] = OrderedDict()
        self._devices: OrderedDict[str, StoredDevice] = OrderedDict()
        self._marks: OrderedDict[int, dict[Conversation, int]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._accounts or self._devices or self._marks)

    def keep_account(self, account: StoredAccount) -> None:
        self._accounts[account.person] = account
        if len(self._accounts) > self._most:
            self._accounts.popitem(last=False)

    def keep_device(self, device: StoredDevice) -> None:
        self._devices[device.token] = device
        if len(self._devices) > self._most:
            self._devices.popitem(last=False)

    def keep_mark(self, mark: ReadMark) -> None:
        marks = self._marks.setdefault(mark.person, {})
        marks[mark.conversation] = max(mark.id, marks.get(mark.conversation, 0))
        if len(self._marks) > self._most:
            self._marks.popitem(last=False)

    def marks_of(self, person: int) -> Mapping[Conversation, int]:
        return self._marks.get(person, {})

    def take(self) -> KeptRows:
        """The oldest ones."""
        return KeptRows(
            [self._accounts.pop(person) for person in list(islice(self._accounts, _AT_ONCE))],
            [self._devices.pop(token) for token in list(islice(self._devices, _AT_ONCE))],
            self._take_marks(),
        )

    def _take_marks(self) -> list[ReadMark]:
        """All of each person."""
        taken: list[ReadMark] = []
        while self._marks and len(taken) < _MARKS_AT_ONCE:
            taken += _flat([self._marks.popitem(last=False)])
        return taken

    def put_back(self, rows: KeptRows) -> None:
        """These could not be written, or the change that was to take their place has failed; what came since
        is newer."""
        for account in rows.accounts:
            self._accounts.setdefault(account.person, account)
        for device in rows.devices:
            self._devices.setdefault(device.token, device)
        for mark in rows.marks:
            self.keep_mark(mark)
        while len(self._accounts) > self._most:
            self._accounts.popitem(last=False)
        while len(self._devices) > self._most:
            self._devices.popitem(last=False)

    def displaced_by(self, change: AccountChange) -> KeptRows:
        """Take out what is older than a change of the same, and so must not be written after it."""
        gone = frozenset(change.gone)
        persons = [*change.gone, *(account.person for account in change.accounts)]
        tokens = [*change.revoked, *(device.token for device in change.devices)]
        if gone:
            tokens += [token for token, device in self._devices.items() if device.person in gone]
        return KeptRows(
            [self._accounts.pop(person) for person in dict.fromkeys(persons) if person in self._accounts],
            [self._devices.pop(token) for token in dict.fromkeys(tokens) if token in self._devices],
            _flat((person, self._marks.pop(person)) for person in gone if person in self._marks),
        )


def _flat(marks: Iterable[tuple[int, dict[Conversation, int]]]) -> list[ReadMark]:
    return [ReadMark(person, *place, id) for person, places in marks for place, id in places.items()]
