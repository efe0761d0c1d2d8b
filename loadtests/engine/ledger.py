"""What several processes received of one room, compared: a Gathering's reports in, faults and sums out.

A message that was acknowledged under some id must have come, under that id, to everyone in each process with
somebody who was there: who received something before it and something after it. And what came from one of
these processes must have been acknowledged there. Who speaks for none of them is a stranger, of whom nothing
is known.

Who has left got all direct messages that were acknowledged to their senders.

An id is settled when no process with somebody in it has more to tell about it, and all have reported once
more since: reports cross each other, and who has just begun has not told yet.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

#: Of these, sentences are kept.
_TOLD = 20


@dataclass(slots=True)
class Worker:
    """What is known from one process: ids and numbers of `seen` messages by the tag of the process that sent
    them, `spans` of ids of which everything must have come. `settled` is -1 where nobody is there."""

    settled: int = 0
    seen: dict[str, dict[int, int]] = field(default_factory=dict)
    acked: dict[int, int] = field(default_factory=dict)
    spans: list[list[int]] = field(default_factory=list)
    got: int = 0
    due: int = 0
    faults: list[str] = field(default_factory=list)
    fault_count: int = 0


class Ledger:
    """`got` and `due` count deliveries of all processes."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}
        self._faults: list[str] = []
        self._fault_count = 0
        #: Who has reported since all had, and up to which id all were done then; and what was settled: a
        #: process that begins to report after that is not compared there.
        self._reported: set[str] = set()
        self._upto = self._settled = 0
        #: Direct messages from one process to another, by receiver and sender: acknowledged, and received.
        self._wrote: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._left: dict[str, dict[str, int]] = {}

    @property
    def got(self) -> int:
        return sum(one.got for one in self.workers.values())

    @property
    def due(self) -> int:
        return sum(one.due for one in self.workers.values()) + self._fault_count

    @property
    def faults(self) -> list[str]:
        """The first of all faults, as sentences."""
        found = [*self._faults, *(fault for one in self.workers.values() for fault in one.faults)]
        return found[:_TOLD]

    @property
    def fault_count(self) -> int:
        return self._fault_count + sum(one.fault_count for one in self.workers.values())

    def take(self, report: dict[str, Any]) -> None:
        """A Gathering's report."""
        one = self.workers.setdefault(report["tag"], Worker())
        for tag, (ids, numbers) in report["seen"].items():
            new = {id: number for id, number in zip(ids, numbers, strict=True) if id > self._settled}
            one.seen.setdefault(tag, {}).update(new)
        one.acked.update(zip(*report["acked"], strict=True))
        one.spans += report["spans"]
        for name in ("settled", "got", "due", "faults", "fault_count"):
            setattr(one, name, report[name])
        for to, senders in report["wrote"].items():
            self._wrote[to].update(senders)
        self._left |= report["left"]
        self._reported.add(report["tag"])
        if len(self._reported) == len(self.workers):
            self._reported.clear()
            upto = min((it.settled for it in self.workers.values() if it.settled >= 0), default=self._upto)
            self._settle(min(self._upto, upto))
            self._upto = upto

    def close(self) -> None:
        """There are no more reports."""
        self._settle(max((id for one in self.workers.values() for id in self._ids(one)), default=0))
        for name, received in self._left.items():
            for sender, count in self._wrote[name].items():
                if received.get(sender, 0) != count:
                    self._accuse(f"{name} got {received.get(sender, 0)} of {count} from {sender}: missing")

    def _settle(self, upto: int) -> None:
        self._settled = max(self._settled, upto)
        for tag, one in self.workers.items():
            acked = {id: number for id, number in one.acked.items() if id <= upto}
            for other in self.workers.values():
                self._compare(tag, acked, other, upto)
            for id in acked:
                del one.acked[id]
        for one in self.workers.values():
            one.spans = [span for span in one.spans if span[1] > upto]

    def _compare(self, tag: str, acked: dict[int, int], other: Worker, upto: int) -> None:
        """What was acknowledged to the process with that tag, and what came to another of it."""
        mine = other.seen.get(tag, {})
        seen = {id: mine.pop(id) for id in [id for id in mine if id <= upto]}
        for id, number in seen.items():
            if acked.get(id) != number and (number >= 0 or id in acked):
                self._accuse(f"message {number} of {tag} came with the id {id}: changed, or doubled")
        if other is not self.workers[tag]:
            for id in acked.keys() - seen.keys():
                if any(first <= id <= last for first, last in other.spans):
                    self._accuse(f"message {acked[id]} of {tag}, with the id {id}, is missing in a process")

    def _accuse(self, sentence: str) -> None:
        self._fault_count += 1
        self._faults += [sentence] * (self._fault_count <= _TOLD)

    @staticmethod
    def _ids(one: Worker) -> list[int]:
        return [*one.acked, *(id for seen in one.seen.values() for id in seen)]
