"""What is taken apart where a stream cannot be compared as a whole: messages of many senders, and replies.

It costs 0.6-0.8 µs a message with its reply: one `split` of the chunk by a pattern of everything that is
allowed, which must leave nothing over, and a comparison for each number. Counting alone costs 0.25 µs. Tried
and left: slices at fixed offsets, line by line (a third slower), and iterators over the expected numbers,
compared in bulk (no faster than the loop).
"""

from collections.abc import Sequence
from typing import NamedTuple

from loadtests.engine.strangers import Odd
from loadtests.engine.stream import SHOWN
from loadtests.engine.wire import MessageTemplate


class Sifted(NamedTuple):
    """Items in the order in which they came, of replies all are None: digits of the sender's name, who it is
    for (where the message says so), digits of the number and of the time. `tail` is what has arrived of the
    next item."""

    name: Sequence[bytes]
    to: Sequence[bytes]
    number: Sequence[bytes]
    time: Sequence[bytes]
    tail: bytes


class Sieve:
    """For such messages of `size` bytes and replies to them."""

    def __init__(self, message: MessageTemplate, size: int) -> None:
        self._pattern = message.pattern(size, replies=True)
        #: An item is whole with so many line ends.
        self._ends = message.heard.count(b"\n")

    def sift(self, who: str, data: bytes) -> Sifted:
        """Raises Odd where `who` got anything else."""
        groups, step = self._pattern.groupindex, self._pattern.groups + 1
        # The text before each item, which must be empty, and its groups.
        *parts, tail = self._pattern.split(data)
        odd = b"".join(parts[::step])
        if odd or tail.count(b"\n") >= self._ends:
            raise Odd(f"{who} got {(odd or tail)[:SHOWN]!r}: changed, or no message", data)

        def group(name: str) -> Sequence[bytes]:
            return parts[groups[name] :: step] if name in groups else ()

        return Sifted(group("name"), group("to"), group("number"), group("time"), tail)
