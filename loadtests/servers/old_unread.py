"""People who registered before a run, and what was said since they were here last: how much of it each has
not read is known.

Everyone is in the lobby and in some rooms. In each of them something was said, by one member after the other,
and every second message names somebody. Each has read as far as follows from the numbers of the two, and has
direct messages of three others. In one room more was said than the server counts.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Final, NamedTuple

from chatd.protocol.requests import LOBBY
from loadtests.servers.filling import IDS_A_MS, filling
from loadtests.servers.old_people import OldAccount, person_of, register

#: Counts end there; and so much was said in the room with most.
MOST: Final = 1000
_BUSY: Final = 1500
#: The other people who wrote to each: so many numbers behind it, and as many messages.
_WRITERS: Final = (1, 2, 3)
#: How long ago the last of it was said, ms.
_AGO_MS: Final = 3_600_000


class UnreadCount(NamedTuple):
    """What somebody is told of one room, or of one person who wrote to it."""

    unread: int
    mentions: int
    mark: int


class _OldRoom(NamedTuple):
    """Its number in the database, and its members. Message k has the id `first + k * IDS_A_MS`."""

    number: int
    name: str
    members: range
    size: int
    first: int

    def sender(self, message: int) -> int:
        return self.members[(message * 7 + self.number) % len(self.members)]

    def named(self, message: int) -> int | None:
        """Whom it names."""
        if message % 2:
            return None
        return self.members[(message * 7 + self.number + 1 + message % 3) % len(self.members)]

    def read(self, person: int) -> int:
        """How many messages of it this one has read."""
        return (person * 31 + self.number * 17) % (self.size + 1)

    def id(self, message: int) -> int:
        return self.first + message * IDS_A_MS


@dataclass(frozen=True, slots=True)
class OldUnread:
    """So many `people`, and `rooms` beside the lobby, of which everybody is in `each`; so many `messages` in
    every room. The last was said at the time `newest` (ms since the epoch), when all had left."""

    people: int
    rooms: int
    each: int
    messages: int
    newest: int

    @classmethod
    def until_now(cls, people: int, rooms: int, each: int, messages: int) -> "OldUnread":
        """Of which the last was said an hour ago."""
        return cls(people, rooms, each, messages, int(time() * 1000) - _AGO_MS)

    @staticmethod
    def name(person: int) -> str:
        return f"p{person:05d}"

    @property
    def began(self) -> int:
        """When they registered."""
        direct = self.people * sum(_WRITERS)
        return self.newest - direct - (self.rooms + 1) * self.messages - _BUSY - 1

    def accounts(self) -> Iterator[OldAccount]:
        apart = self.rooms // self.each
        for person in range(self.people):
            rooms = tuple(_room_name(number) for number in range(person % apart, self.rooms, apart))
            yield OldAccount(person, self.name(person), rooms=(LOBBY, *rooms))

    def places(self) -> Iterator[_OldRoom]:
        """The lobby, and all rooms."""
        apart, at = self.rooms // self.each, (self.began + 1) * IDS_A_MS
        yield _OldRoom(1, LOBBY, range(self.people), self.messages, at)
        at += self.messages * IDS_A_MS
        for number in range(self.rooms):
            size = max(_BUSY, self.messages) if not number else self.messages
            members = range(number % apart, self.people, apart)
            yield _OldRoom(number + 2, _room_name(number), members, size, at)
            at += size * IDS_A_MS

    def letters(self) -> Iterator[tuple[int, int, int]]:
        """(who wrote it, to whom, its id) of each direct message, in order."""
        id = (self.newest - self.people * sum(_WRITERS)) * IDS_A_MS
        for person in range(self.people):
            for count in _WRITERS:
                for _ in range(count):
                    id += IDS_A_MS
                    yield (person + count) % self.people, person, id

    def unread(self) -> list[dict[str, UnreadCount]]:
        """Of each person what it is told: by the room's name with #, or by who wrote."""
        told: list[dict[str, UnreadCount]] = [{} for _ in range(self.people)]
        for room in self.places():
            said, named = defaultdict[int, list[int]](list), defaultdict[int | None, list[int]](list)
            for message in range(room.size):
                said[room.sender(message)].append(message)
                named[room.named(message)].append(message)
            for person in room.members:
                told[person][f"#{room.name}"] = self._of_room(room, person, said[person], named[person])
        letters = defaultdict[tuple[int, int], list[int]](list)
        for sender, to, id in self.letters():
            letters[to, sender].append(id)
        for (to, sender), ids in letters.items():
            read = self.letters_read(to, sender)
            if read < len(ids):
                mark = ids[read - 1] if read else self.began * IDS_A_MS
                told[to][self.name(sender)] = UnreadCount(len(ids) - read, 0, mark)
        return told

    def _of_room(self, room: _OldRoom, person: int, said: list[int], named: list[int]) -> UnreadCount:
        """`said` are its own messages, `named` those that name it."""
        first = room.read(person)
        mark = room.id(first - 1) if first else self.began * IDS_A_MS
        count = room.size - first - len(said) + bisect_left(said, first)
        if count > MOST:
            others = [message for message in range(first, room.size) if room.sender(message) != person]
            count, first = MOST, others[-MOST]
        mentions = sum(message >= first and room.sender(message) != person for message in named)
        return UnreadCount(count, mentions, mark)

    def letters_read(self, to: int, sender: int) -> int:
        """How many of what this one wrote to the other that has read: one of two, or all three."""
        count = (sender - to) % self.people
        return 1 if count == 2 and not to % 3 else 3 if count == 3 and not to % 4 else 0


def _room_name(number: int) -> str:
    return f"r{number:05d}"


def _pair(one: int, other: int) -> tuple[int, int]:
    """Their conversation, as the database has it."""
    return person_of(min(one, other)), person_of(max(one, other))


def write_unread(old: OldUnread, folder: Path) -> None:
    """Into the data folder of a chatd that has ended; nobody was there yet."""
    with filling(folder, old.newest * IDS_A_MS, old.newest) as database:
        register(database, old.accounts(), old.began, old.newest)
        rooms = [*old.places()]
        database.executemany(
            "INSERT INTO rooms (room, name, topic) VALUES (?, ?, '')",
            ((room.number, room.name) for room in rooms[1:]),
        )
        for rows in (_said(old, rooms), _written(old)):
            database.executemany(
                "INSERT INTO entries (first, second, id, at, sender, person, kind, text, recipient) "
                "VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?)",
                rows,
            )
        database.executemany(
            "INSERT INTO marks (person, first, second, id) VALUES (?, ?, ?, ?)", _marks(old, rooms)
        )


def _said(old: OldUnread, rooms: list[_OldRoom]) -> Iterator[tuple[int | str, ...]]:
    for room in rooms:
        for message in range(room.size):
            sender, named, id = room.sender(message), room.named(message), room.id(message)
            text = f"message {message} of {room.name}, which somebody has to read"
            if named is not None:
                text = f"{old.name(named)}: {text}"
            yield room.number, 0, id, id // IDS_A_MS, old.name(sender), person_of(sender), text, ""


def _written(old: OldUnread) -> Iterator[tuple[int | str, ...]]:
    for sender, to, id in old.letters():
        names = old.name(sender), old.name(to)
        text = f"{names[1]}, this is for you only"
        yield (*_pair(sender, to), id, id // IDS_A_MS, names[0], person_of(sender), text, names[1])


def _marks(old: OldUnread, rooms: list[_OldRoom]) -> Iterator[tuple[int, ...]]:
    for room in rooms:
        for person in room.members:
            if read := room.read(person):
                yield person_of(person), room.number, 0, room.id(read - 1)
    letters = defaultdict[tuple[int, int], list[int]](list)
    for sender, to, id in old.letters():
        letters[to, sender].append(id)
    for (to, sender), ids in letters.items():
        if read := old.letters_read(to, sender):
            yield person_of(to), *_pair(to, sender), ids[read - 1]
