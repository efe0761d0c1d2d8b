"""The shared reference log: every byte of every reader's stream is checked at the cost of a memcmp.

All readers of a room must receive the same bytes from START on. The reader that is ahead of all others
extends the log, and what it adds is parsed once: every record must be a message, and every talker's sequence
numbers must be complete and in order. The other readers' bytes are compared with the log. So a reader's
position alone says how many messages it has received, and in which order.
"""

from collections.abc import Collection, Iterable
from typing import Final

from loadtests.engine.strangers import Odd
from loadtests.engine.wire import MessageTemplate, parser
from loadtests.measure.errors import Fault
from loadtests.measure.latency import Histogram

#: How much of a record a sentence shows, bytes.
SHOWN: Final = 120


def disorder(who: str, number: int, expected: int, behind: Collection[int]) -> Fault:
    """The rule of order, for each sender: its numbers come one after the other. Here `number` came where
    `expected` was due: doubled, out of order or missing, judged by `behind`, the sender's numbers that came
    after it."""
    why = "doubled" if number < expected else "out of order" if expected in behind else "missing"
    return Fault(f"{who}: message {number} came in place of {expected}: {why}")


class StreamLog:
    """What all members of a room share. Positions are bytes since START; the log keeps those from `base` on.
    `times[k]` and `senders[k]` belong to message `first + k`; `size` is that of a record, of a message of
    `message_size` bytes. `numbers[t]` counts the messages received from talker t, and nobody else may say
    anything here; `audience` counts the readers, and `histogram` has the latencies. While it is not
    `counting`, messages are checked as usual but are in no figure."""

    def __init__(
        self, message: MessageTemplate, message_size: int, talkers: Iterable[int] = (0,), audience: int = 1
    ) -> None:
        self.message = message
        self.message_size = message_size
        self.audience = audience
        self.size = message.size(message_size)
        self.histogram = Histogram()
        self.counting = True
        self.log = bytearray()
        self.base = 0
        self.first = 0
        self.times: list[int] = []
        self.senders: list[int] = []
        self.numbers = dict.fromkeys(talkers, 0)
        self.parse = parser(message, message_size)

    @property
    def end(self) -> int:
        """The position after the last byte that any reader has received."""
        return self.base + len(self.log)

    def take(self, position: int, chunk: memoryview) -> int:
        """Compare what a reader at `position` received; return its new position or raise Fault."""
        log, at = self.log, position - self.base
        if log.startswith(chunk, at):
            return position + len(chunk)
        known = len(log) - at
        if known < len(chunk) and log.startswith(chunk[:known], at):
            self.extend(bytes(chunk[known:]))
            return position + len(chunk)
        raise self.difference(at, bytes(chunk))

    def trim(self, slowest: int) -> None:
        """Drop the messages that everyone has received: whole ones before position `slowest`."""
        count = slowest // self.size - self.first
        del self.log[: count * self.size], self.times[:count], self.senders[:count]
        self.base += count * self.size
        self.first += count

    def extend(self, data: bytes) -> None:
        """Append what no reader has received before; check the messages that are now complete."""
        self.log += data
        size = self.size
        at = len(self.times) * size
        while at + size <= len(self.log):
            line = bytes(self.log[at : at + size])
            message = self.parse(line)
            if message is None or message[0] not in self.numbers:
                raise Odd(f"not a message: {line[:SHOWN]!r}", bytes(self.log[at:]))
            talker, number, time = message
            if number != self.numbers[talker]:
                raise self._disorder(talker, number, at)
            self.numbers[talker] += 1
            self._note(talker, line)
            self.senders.append(talker)
            self.times.append(time)
            at += size

    def _note(self, talker: int, record: bytes) -> None:
        """Called for each correct message, which is number `first + len(times)`; for subclasses."""

    def _disorder(self, talker: int, number: int, at: int) -> Fault:
        """What is wrong with the order at the record at `at`, from its number and the records after it."""
        size = self.size
        places = range(at + size, len(self.log) - size + 1, size)
        later = (self.parse(bytes(self.log[place : place + size])) for place in places)
        behind = {message[1] for message in later if message and message[0] == talker}
        return disorder(f"talker {talker}", number, self.numbers[talker], behind)

    def difference(self, at: int, chunk: bytes, talker: str = "") -> Odd:
        """How `chunk` differs from the log at `at`, up to where the stream agrees with it. Where the stream
        is that of a talker, its own messages are not expected."""
        size, log = self.size, bytes(self.log)
        if talker:
            own = int(talker[1:])
            places = (k * size for k, sender in enumerate(self.senders) if sender != own)
            log = b"".join([log[place : place + size] for place in places])
            at -= size * self.senders[: at // size].count(own)
        expected = log[at : at + len(chunk)]
        pairs = zip(chunk, expected, strict=False)
        place = at + next((i for i, (one, other) in enumerate(pairs) if one != other), len(expected))
        # The log begins with a whole record, and the stream equals the log up to `place`.
        start = place // size * size
        mine = log[start:at] + chunk[max(start - at, 0) :]
        one, here = mine[:size], log[start : start + size]
        why = self._why(log, start, one, swapped=here in mine[size:])
        who = f"{talker}: " if talker else ""
        return Odd(
            f"{who}at byte {self.base + place}: {one!r} is not what the others got, {here!r}: {why}",
            mine,
            log[start:],
        )

    def _why(self, log: bytes, start: int, one: bytes, *, swapped: bool) -> str:
        """Why record `one` came where the log has another: doubled, out of order, missing, …"""
        found = log.find(one)
        if found >= 0:
            return "doubled" if found < start else "out of order" if swapped else "missing"
        if start + len(one) > len(log):
            return "one too many"
        message = self.parse(one)
        # A message that the log does not have yet comes too early, or is missing there.
        known = message is None or message[1] < self.numbers.get(message[0], message[1] + 1)
        return "changed" if known else "missing"
