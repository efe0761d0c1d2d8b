"""What the stub server does wrong, as data: in whose stream, and what comes there in place of a message."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

#: What a spoiled stream holds where a message should be.
ODD_LINE: Final = b"* nobody expects this line\n"
#: In a stream of lines: the connection ends here.
END: Final = b""


class Stream(Enum):
    """What a wrong spoils."""

    #: What the room takes from talker t000; it acknowledges everything.
    ROOM = auto()
    #: What reader r00003 gets.
    READER = auto()
    #: The messages that talker t002 gets.
    TALKER = auto()
    #: The messages that person p00001 gets.
    PERSON = auto()


#: Whose stream it is.
VICTIM: Final = {
    Stream.ROOM: "t000",
    Stream.READER: "r00003",
    Stream.TALKER: "t002",
    Stream.PERSON: "p00001",
}
#: What is a message of the room, by the first letter of who gets it.
HEARS: Final = {"r": Stream.READER, "t": Stream.TALKER}


@dataclass(frozen=True, slots=True)
class Wrong:
    """In the recipe `a` is the message at its place and `b` the one after it; `c` is `a` with one byte
    changed, `t` is `a` with another time, `?` an odd line, `.` the connection's end. The
    empty word is nothing."""

    stream: Stream
    #: In place of message `at`, of the next one, and of every other (which is its own `a`).
    here: str = "a"
    after: str = "b"
    others: str = "a"


@dataclass(frozen=True, slots=True)
class Delay:
    """Seconds that one message in `every` is late; or, once and for all, that the server stops working."""

    late: float = 0.0
    every: int = 1
    stop: float = 0.0


PUNCTUAL: Final = Delay()


def _retimed(line: bytes) -> bytes:
    """With another last digit of its time, which stands before the padding."""
    at = line.find(b" x")
    return line[: at - 1] + (b"1" if line[at - 1 : at] == b"0" else b"0") + line[at:]


class Spoiler:
    """Applies a recipe to one stream of lines."""

    def __init__(self, wrong: Wrong, at: int) -> None:
        self._recipes = {at: wrong.here, at + 1: wrong.after}
        self._others = wrong.others
        self._at = at
        self._count = 0
        self._before = b""

    def spoil(self, line: bytes) -> list[bytes]:
        """What comes in place of the next line."""
        number, self._count = self._count, self._count + 1
        one = self._before if number == self._at + 1 else line
        self._before = line
        letters = {
            "a": one,
            "b": line,
            "c": one.replace(b"xx", b"yx", 1),
            "t": _retimed(one),
            "?": ODD_LINE,
            ".": END,
        }
        return [letters[letter] for letter in self._recipes.get(number, self._others)]
