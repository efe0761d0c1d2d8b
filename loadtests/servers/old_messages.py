"""Messages that were said before a run: a million of them, to be searched and paged through.

    python -m loadtests.servers.old_messages FOLDER [--messages N]

fills the data folder of a chatd that has made it (`chatd --data FOLDER`) and has ended. A million takes some
ten seconds: they are written as rows of the table, since a million that are said would take minutes. The
search index is taken away with that, so that the next chatd makes it anew.

Which message is which follows from its number alone. So for each question the right answer is known, down to
the ids; only the time at which the newest was said differs from run to run.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from time import time
from typing import Final, NamedTuple

from chatd.protocol.requests import LOBBY
from loadtests.servers.filling import IDS_A_MS, filling

#: The room besides the lobby, and in which messages were said there: of so many the one of that number.
DEV: Final = "dev"
_IN_DEV: Final = (8, 5)
#: The time in which they were said, ms, and how long ago the last of them was.
_SPAN_MS: Final = 30 * 86_400_000
_AGO_MS: Final = 60_000

#: Those who spoke.
_PEOPLE: Final = tuple(f"old{number:02d}" for number in range(50))
#: Halves of messages, drawn once: six words of so many, of which the first are said most often.
_HALVES: Final = 4096
_WORDS: Final = 20_000
_SYLLABLES: Final = tuple(f"{one}{other}" for one in "bdfgklmnprstv" for other in "aeiou")
#: One message in so many has a number, which hardly any other has.
_NUMBERED: Final = 4


class SearchMark(NamedTuple):
    """A text that stands in one message in `every`, in those that are number `first` of so many."""

    text: str
    every: int
    first: int

    def marks(self, number: int) -> bool:
        """Whether it stands in that message."""
        return number % self.every == self.first


FREQUENT: Final = SearchMark("today", 10, 3)
SHIP: Final = SearchMark("ship", 7, 1)
FRIDAY: Final = SearchMark("friday", 11, 2)
CHINESE: Final = SearchMark("日本語", 1000, 5)


@cache
def _halves() -> tuple[str, ...]:
    """All halves of messages; the same ones everywhere."""
    chance = Random(1)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(_WORDS)]
    weights = [*accumulate(1 / (place + 10) for place in range(_WORDS))]
    return tuple(" ".join(chance.choices(words, cum_weights=weights, k=6)) for _ in range(_HALVES))


@dataclass(frozen=True, slots=True)
class OldMessages:
    """So many messages, numbered from 0 in the order in which they were said, the `newest` of them at that
    time (ms since the epoch)."""

    count: int
    newest: int

    @classmethod
    def until_now(cls, count: int) -> "OldMessages":
        """Of which the last was said a minute ago."""
        return cls(count, int(time() * 1000) - _AGO_MS)

    @property
    def rare(self) -> SearchMark:
        """A word of five messages."""
        every = max(self.count // 5, 1)
        return SearchMark("quagga", every, every // 2)

    def at(self, number: int) -> int:
        """When it was said, ms since the epoch."""
        return self.newest - (self.count - 1 - number) * max(_SPAN_MS // self.count, 1)

    def id(self, number: int) -> int:
        return self.at(number) * IDS_A_MS

    def room(self, number: int) -> str:
        every, first = _IN_DEV
        return DEV if number % every == first else LOBBY

    def sender(self, number: int) -> str:
        return _PEOPLE[number % len(_PEOPLE)]

    def text(self, number: int) -> str:
        spread = number * 2_654_435_761  # so that neighbours have nothing in common
        halves = _halves()
        parts = [halves[spread % _HALVES], halves[(spread >> 12) % _HALVES]]
        parts += [mark.text for mark in (FREQUENT, SHIP, FRIDAY, CHINESE, self.rare) if mark.marks(number)]
        if not number % _NUMBERED:
            parts.append(str(number))
        return " ".join(parts)

    def rows(self) -> Iterator[tuple[int, int, int, str, int, str]]:
        """(number of the room, id, time, sender, the sender's number, text) of each."""
        rooms = {LOBBY: 1, DEV: 2}
        for number in range(self.count):
            person = 1 + number % len(_PEOPLE)
            yield (
                *(rooms[self.room(number)], self.id(number), self.at(number)),
                *(self.sender(number), person, self.text(number)),
            )


def write(old: OldMessages, folder: Path) -> None:
    """Into the data folder of a chatd that has ended; nothing was said there yet."""
    last = old.count - 1
    with filling(folder, old.id(last), old.at(last)) as database:
        database.execute("INSERT INTO rooms (room, name, topic) VALUES (2, ?, '')", (DEV,))
        database.executemany(
            "INSERT INTO entries (first, second, id, at, sender, person, kind, text) "
            "VALUES (?, 0, ?, ?, ?, ?, 0, ?)",
            old.rows(),
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.servers.old_messages",
        description="Fill the data folder that a chatd has made, and that no chatd uses now.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--messages", type=int, default=1_000_000, metavar="N")
    options = parser.parse_args()
    write(OldMessages.until_now(options.messages), options.folder)


if __name__ == "__main__":
    main()
