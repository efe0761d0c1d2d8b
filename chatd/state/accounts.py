"""Who owns a name, whether it is here or not, and from which devices it comes. All of them are in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY
from chatd.state.stored_accounts import StoredAccount, StoredDevice


@dataclass(slots=True, eq=False)
class Account:
    """As StoredAccount. `devices` are by the hash of their tokens."""

    person: int
    name: str
    verifier: str
    created: int
    rooms: tuple[str, ...] = (LOBBY,)
    room: str = LOBBY
    left: int = 0
    since: int = 0
    devices: dict[str, StoredDevice] = field(default_factory=dict)

    def stored(self) -> StoredAccount:
        """What is kept of it."""
        return StoredAccount(
            self.person,
            self.name,
            self.verifier,
            self.created,
            self.rooms,
            self.room,
            self.left,
            self.since,
        )

    def free_number(self) -> int:
        """For one more device: above all there are."""
        return max((device.number for device in self.devices.values()), default=0) + 1


class Accounts:
    """By name, by the hash of a device's token, and by person. `changing` are the persons of whose name
    or account a change is on its way: another one would be made of what it was before."""

    __slots__ = ("_by_name", "_by_person", "_by_token", "changing")

    def __init__(self, accounts: Iterable[StoredAccount] = (), devices: Iterable[StoredDevice] = ()) -> None:
        self._by_name: dict[str, Account] = {}
        self._by_person: dict[int, Account] = {}
        self._by_token: dict[str, Account] = {}
        self.changing: set[int] = set()
        for kept in accounts:
            self.add(
                Account(
                    kept.person,
                    kept.name,
                    kept.verifier,
                    kept.created,
                    kept.rooms,
                    kept.room,
                    kept.left,
                    kept.since,
                )
            )
        for device in devices:
            if (account := self._by_person.get(device.person)) is not None:
                self.add_device(account, device)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_name.values())

    def named(self, nick: str) -> Account | None:
        """Who owns this name."""
        return self._by_name.get(fold(nick))

    def of_person(self, person: int) -> Account | None:
        return self._by_person.get(person)

    def with_token(self, token: str) -> Account | None:
        """Whose device has a token with this hash."""
        return self._by_token.get(token)

    def add(self, account: Account) -> None:
        self._by_name[fold(account.name)] = account
        self._by_person[account.person] = account

    def remove(self, account: Account) -> None:
        """Nobody owns the name any more."""
        del self._by_name[fold(account.name)]
        del self._by_person[account.person]
        for token in list(account.devices):
            self.remove_device(account, token)

    def rename(self, account: Account, name: str) -> None:
        """It owns this name, which nobody owned, and not the one before."""
        del self._by_name[fold(account.name)]
        account.name = name
        self._by_name[fold(name)] = account

    def add_device(self, account: Account, device: StoredDevice) -> None:
        """In place of one with the same token."""
        account.devices[device.token] = device
        self._by_token[device.token] = account

    def remove_device(self, account: Account, token: str) -> None:
        del account.devices[token]
        del self._by_token[token]
