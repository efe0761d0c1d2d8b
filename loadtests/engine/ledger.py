"""What several processes received of one room, compared: a Gathering's reports in, faults and sums out.

A message that was acknowledged under some id must have come, under that id, to everyone in each process with
somebody who was there: who received something before it and something after it. And what came from one of
these processes must have been acknowledged there. Who speaks for none of them is a stranger, of whom nothing
is known.

Who has left got all direct messages that were acknowledged to their senders.

A process may be lost before its last report. What its people said and received since its report before is
not known then: that is said, and nobody is accused because of it.

An id is settled when no process with somebody in it has more to tell about it, and all have reported once
more since: reports cross each other, and who has just begun has not told yet.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import msgspec

#: Of so many faults, sentences are kept: of a server that ends everyone can tell the same.
TOLD: Final = 20
#: Between the tag of a process and the number of one of its people.
DASH: Final = "-"


class Report(msgspec.Struct):
    """What a process tells, once a second: of messages what is new, of sums and faults all. Plain types."""

    tag: str
    #: How many it has made before; and nothing follows the `last` one.
    number: int = 0
    last: bool = False
    #: The id up to which it has nothing more to tell; -1 where nobody is there.
    settled: int = -1
    #: (first, last) ids of which somebody must have received everything between.
    spans: list[list[int]] = []
    #: Their speakers' numbers by ids: received, by the tag of the speaker's process; and acknowledged.
    seen: dict[str, dict[int, int]] = {}
    acked: dict[int, int] = {}
    #: Numbers of all messages whose speakers lost their connection before they were acknowledged.
    cut: list[int] = []
    #: Direct messages: acknowledged, to people of other processes, by sender; and received from there by
    #: those who have left.
    wrote: dict[str, dict[str, int]] = {}
    left: dict[str, dict[str, int]] = {}
    #: Deliveries.
    got: int = 0
    due: int = 0
    faults: list[str] = []
    fault_count: int = 0


@dataclass(slots=True)
class Worker:
    """A process: its last report, and what is not settled yet of all of them."""

    report: Report
    seen: defaultdict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    acked: dict[int, int] = field(default_factory=dict)
    spans: list[list[int]] = field(default_factory=list)


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
        self._lost: list[str] = []
        #: Direct messages from one process to another, by receiver and sender: acknowledged, and received.
        self._wrote: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._left: dict[str, dict[str, int]] = {}

    @property
    def got(self) -> int:
        return sum(one.report.got for one in self.workers.values())

    @property
    def due(self) -> int:
        return sum(one.report.due for one in self.workers.values()) + self._fault_count

    @property
    def faults(self) -> list[str]:
        """The first of all faults, as sentences."""
        told = (one.report.faults for one in self.workers.values())
        return [*chain(*told, self._faults)][:TOLD]

    @property
    def open(self) -> list[str]:
        """The tags of the processes that have more to tell."""
        return [tag for tag, one in self.workers.items() if not one.report.last]

    def take(self, report: Report) -> bool:
        """What a process tells; False where it belongs to an earlier test, whose beginning was told to
        somebody else."""
        if report.number and report.tag not in self.workers:
            return False
        one = self.workers.setdefault(report.tag, Worker(report))
        one.report = report
        for tag, seen in report.seen.items():
            one.seen[tag] |= {id: number for id, number in seen.items() if id > self._settled}
        one.acked |= report.acked
        one.spans += report.spans
        for to, senders in report.wrote.items():
            self._wrote[to].update(senders)
        self._left |= report.left
        self._reported.add(report.tag)
        if len(self._reported) == len(self.workers):
            self._reported.clear()
            settled = (other.report.settled for other in self.workers.values())
            upto = min((id for id in settled if id >= 0), default=self._upto)
            self._settle(min(self._upto, upto))
            self._upto = upto
        return True

    def close(self) -> None:
        """There are no more reports."""
        self._lost = lost = self.open
        told = (chain(one.acked, *one.seen.values()) for one in self.workers.values())
        self._settle(max(chain.from_iterable(told), default=0))
        for name, received in self._left.items():
            for sender, count in self._wrote[name].items():
                if received.get(sender, 0) != count and sender.rpartition(DASH)[0] not in lost:
                    self._accuse(f"{name} got {received.get(sender, 0)} of {count} from {sender}: missing")
        if lost:
            many = f"{len(lost)} of {len(self.workers)} workers were lost"
            self._faults.append(f"{many}, and what their users received is not known")

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
        mine = other.seen[tag]
        seen = {id: mine.pop(id) for id in [id for id in mine if id <= upto]}
        for id, number in seen.items():
            told = number not in self.workers[tag].report.cut and tag not in self._lost
            odd = id in acked or (number >= 0 and told)
            if acked.get(id) != number and odd:
                self._accuse(f"message {number} of {tag} came with the id {id}: changed, or doubled")
        if other is not self.workers[tag]:
            for id in acked.keys() - seen.keys():
                if any(first <= id <= last for first, last in other.spans):
                    self._accuse(f"message {acked[id]} of {tag}, with the id {id}, is missing in a process")

    def _accuse(self, sentence: str) -> None:
        self._fault_count += 1
        self._faults += [sentence] * (self._fault_count <= TOLD)
