"""Who is here, by name. A name belongs to one person at a time.

What somebody is about to have (once the log knows it) is claimed: nobody else gets it meanwhile.
"""

from collections.abc import Iterator

from chatd.protocol.names import fold
from chatd.state.sessions import Person


class Roster:
    """Names and their holders, in order of arrival. Case does not tell two names apart."""

    __slots__ = ("_claims", "_holders", "_numbers")

    def __init__(self) -> None:
        self._holders: dict[str, Person] = {}
        self._numbers: dict[int, Person] = {}
        self._claims: dict[str, Person] = {}

    def __len__(self) -> int:
        return len(self._holders)

    def __iter__(self) -> Iterator[Person]:
        return iter(self._holders.values())

    def get(self, nick: str) -> Person | None:
        return self._holders.get(nick.lower())  # as `fold`, without its call, for each direct message

    def numbered(self, number: int | None) -> Person | None:
        """Who is here and has this number."""
        return None if number is None else self._numbers.get(number)

    def put(self, person: Person) -> None:
        """Make it the holder of its name; it keeps its place, where it holds that already."""
        self._holders[fold(person.nick)] = self._numbers[person.number] = person

    def remove(self, person: Person) -> None:
        """Its name is free, unless it is somebody else's already."""
        if self._holders.get(fold(person.nick)) is person:
            del self._holders[fold(person.nick)]
        if self._numbers.get(person.number) is person:
            del self._numbers[person.number]

    def claim(self, nick: str, person: Person, displaces: bool = False) -> bool:
        """The name is about to be the person's: False where it is, or will be, somebody else's. Who holds it
        without owning it is no hindrance to who `displaces` them."""
        name = fold(nick)
        holder = self._holders.get(name, person)
        owned = holder.account is not None and fold(holder.account.name) == name
        free = holder is person or (displaces and not owned)
        return free and self._claims.setdefault(name, person) is person

    def unclaim(self, nick: str, person: Person) -> None:
        """It is the person's now, or will not be."""
        if self.claimant(nick) is person:
            del self._claims[fold(nick)]

    def claimant(self, nick: str) -> Person | None:
        """Whose it will be."""
        return self._claims.get(fold(nick))
