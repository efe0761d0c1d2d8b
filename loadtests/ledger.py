"""What one reader has heard of every talker.

The check is complete and needs nobody else: numbers without a gap from 0 to the last message, which says that
it is the last, from as many talkers as there are. A dropped, doubled or late delivery shows at the reader it
happened to. Two talkers' messages in a different order than other readers got them show by the room's ids,
which grow: readers whose ids all grow have all read in the same order.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.stream import Block, Message

_UNHEARD: Final = -1


@dataclass(frozen=True, slots=True)
class Faults:
    """Deliveries to one reader that were not as they must be. `example` is the first, in words."""

    missing: int = 0
    doubled: int = 0
    reordered: int = 0
    #: Talkers that were never heard to end; what they said last may be missing as well.
    unended: int = 0
    example: str = ""

    def counts(self) -> dict[str, int]:
        """The kinds that occurred; an end that was not heard is a missing delivery."""
        kinds = {
            "missing": self.missing + self.unended,
            "doubled": self.doubled,
            "reordered": self.reordered,
        }
        return {kind: count for kind, count in kinds.items() if count}


class Ledger:
    """One reader's account. One who came `late`, when talkers talked already, begins wherever it begins."""

    __slots__ = ("_doubled", "_ended", "_example", "_gaps", "_last_id", "_next", "_reordered")

    def __init__(self, *, late: bool = False) -> None:
        first = _UNHEARD if late else 0
        self._next: defaultdict[str, int] = defaultdict(lambda: first)
        self._gaps: defaultdict[str, set[int]] = defaultdict(set)
        self._ended: set[str] = set()
        self._last_id = -1
        self._doubled = 0
        self._reordered = 0
        self._example = ""

    def take(self, block: Block) -> Sequence[int]:
        """Account for a block; return the times of the messages that it delivered for the first time."""
        if not block.messages:
            return ()
        self._ended.update(block.ended)
        if block.runs is None or block.messages[0].id <= self._last_id:
            return self._one_by_one(block.messages)
        numbers = self._next
        for run in block.runs:
            if numbers[run.talker] != run.first:
                return self._one_by_one(block.messages)
        for talker, _, after in block.runs:
            numbers[talker] = after
        self._last_id = block.messages[-1].id
        return block.sent

    def _one_by_one(self, messages: Sequence[Message]) -> Sequence[int]:
        return [message.sent for message in messages if self._is_new(message)]

    def _is_new(self, message: Message) -> bool:
        """Account for one message; whether it is delivered for the first time."""
        talker, number = message.talker, message.number
        expected = self._next[talker]
        gaps = self._gaps[talker]
        in_order = message.id > self._last_id
        self._last_id = max(message.id, self._last_id)
        if 0 <= number < expected and number not in gaps:
            self._doubled += 1
            self._note(f"{talker} said {number} twice")
            return False
        if not in_order or number < expected:
            self._reordered += 1
            self._note(f"{number} of {talker} came late")
        if number < expected:
            gaps.remove(number)
            return True
        if number > expected != _UNHEARD:
            gaps.update(range(expected, number))
            self._note(f"after {expected - 1} of {talker} came {number}")
        self._next[talker] = number + 1
        return True

    def _note(self, example: str) -> None:
        self._example = self._example or example

    def is_complete(self, talkers: int) -> bool:
        """Whether all that talked have ended, and they were at least `talkers`."""
        return len(self._ended) >= talkers and self._next.keys() <= self._ended

    def judge(self, talkers: int) -> Faults:
        """The final account; `talkers` is how many others talked."""
        missing = sum(map(len, self._gaps.values()))
        unended = max(talkers - len(self._ended), len(self._next.keys() - self._ended))
        example = self._example or (f"talkers not heard to end: {unended}" if unended else "")
        return Faults(missing, self._doubled, self._reordered, unended, example)
