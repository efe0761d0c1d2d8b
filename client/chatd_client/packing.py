"""Lines of input put together to messages of several lines, as many as fit."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chatd.protocol.sanitize import shows_nothing
from chatd_client.input_lines import NumberedLine, json_size, pieces, plain

#: Bytes of a line feed in JSON.
_BREAK = 2


class NumberedText(NamedTuple):
    """A message, and which lines of the input it has."""

    first: int
    last: int
    text: str


class Packer:
    """Makes messages of at most `most_lines` lines. Lines that show nothing are left out, except between
    others of a message; one that is too long for a message is split.
    """

    def __init__(self, most_lines: int) -> None:
        self._most = most_lines
        self._held: list[NumberedLine] = []
        self._size = 0  # in bytes of JSON

    def pack(self, lines: Iterable[NumberedLine], limit: int) -> Iterator[NumberedText]:
        """Further lines; yields what is complete: messages of at most `limit` bytes of JSON."""
        for number, line in lines:
            for piece in pieces(plain(line), limit):
                size = json_size(piece)
                if self._size + size > limit:
                    yield from self.rest()
                if not self._held and shows_nothing(piece):
                    continue
                self._held.append(NumberedLine(number, piece))
                self._size += size + _BREAK
                if len(self._held) == self._most:
                    yield from self.rest()

    def rest(self) -> Iterator[NumberedText]:
        """The message that is not complete, if there is one."""
        held, self._held, self._size = self._held, [], 0
        while held and shows_nothing(held[-1].text):
            held.pop()
        if held:
            yield NumberedText(held[0].number, held[-1].number, "\n".join([line.text for line in held]))
