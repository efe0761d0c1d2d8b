"""The shared reference log: how every byte of every reader's stream is checked at the cost of a memcmp.

All readers of a room must see the same bytes from START on. The reader that is furthest extends the log, and
what it adds is parsed once: every line a message, every talker's numbers in order with none missing. The
others are compared with it. So a reader's position alone says how many messages reached it, in which order.
"""

from loadtests.engine.codecs import parse_line


class Fault(Exception):
    """A delivery is missing, changed or out of order, or the server did not answer: the run fails."""


class StreamLog:
    """Positions count bytes from START; `times[k]` and `senders[k]` belong to message `first + k`."""

    def __init__(self, size: int, talkers: int) -> None:
        self.size = size
        self.log = bytearray()
        self.base = 0
        self.first = 0
        self.times: list[int] = []
        self.senders: list[int] = []
        self._numbers = [0] * talkers

    @property
    def end(self) -> int:
        """The position after the last byte that anyone has seen."""
        return self.base + len(self.log)

    def take(self, position: int, chunk: memoryview) -> int:
        """Compare what a reader at `position` received; return its new position or raise Fault."""
        log, at = self.log, position - self.base
        if log.startswith(chunk, at):
            return position + len(chunk)
        known = len(log) - at
        if known < len(chunk) and log.startswith(chunk[:known], at):
            log += chunk[known:]
            self._parse()
            return position + len(chunk)
        raise Fault(self._difference(at, bytes(chunk)))

    def trim(self, slowest: int) -> None:
        """Forget the whole messages that everyone has, up to position `slowest`."""
        count = slowest // self.size - self.first
        del self.log[: count * self.size], self.times[:count], self.senders[:count]
        self.base += count * self.size
        self.first += count

    def _parse(self) -> None:
        """Check the messages that have become complete."""
        size = self.size
        at = len(self.times) * size
        while at + size <= len(self.log):
            line = bytes(self.log[at : at + size])
            message = parse_line(line)
            if message is None:
                raise Fault(f"not a message: {line[:120]!r}")
            talker, number, time = message
            if number != self._numbers[talker]:
                raise Fault(f"talker {talker}: message {number} came in place of {self._numbers[talker]}")
            self._numbers[talker] += 1
            self.senders.append(talker)
            self.times.append(time)
            at += size

    def _difference(self, at: int, chunk: bytes) -> str:
        expected = bytes(self.log[at : at + len(chunk)])
        pairs = zip(chunk, expected, strict=False)
        place = next((i for i, (one, other) in enumerate(pairs) if one != other), len(expected))
        line = chunk.rfind(b"\n", 0, place) + 1
        return f"at byte {self.base + at + place}: {chunk[line : line + 120]!r} is not what the others got"
