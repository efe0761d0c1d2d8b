"""All participants of one process: one epoll loop that reads for all of them, and one log of the room.

Once a second somebody calls `settle`: it checks that nobody misses anything, drops what everyone has, and
returns what a ledger needs to check the same across all processes.
"""

import socket

from loadtests.engine.ledger import DASH, Report
from loadtests.engine.participant import Participant
from loadtests.engine.room_log import HOLE
from loadtests.engine.speaker import Company


class Gathering(Company):
    """The names of all its people begin with its `tag`; `count` is how many there were."""

    count = _lacked = 0

    @property
    def tag(self) -> str:
        return self.report.tag

    # -- who is here ---------------------------------------------------------------------------------------

    def add(self, sock: socket.socket, *, slow: bool = False) -> Participant:
        """Somebody who is connected, with a name that nobody has had; who is `slow` may read so slowly that
        messages are skipped."""
        self.count += 1
        one = self.make(f"{self.tag}{DASH}{self.count}", sock, slow)
        self.everyone.add(one)
        self.attend(one)
        return one

    def make(self, name: str, sock: socket.socket, slow: bool) -> Participant:
        """What those who are added are."""
        return Participant(self, name, sock, slow)

    def attend(self, one: Participant) -> None:
        """Read what it is sent, from now on."""
        self.watch(one.sock, one.read)

    def close(self) -> None:
        for one in [*self.everyone]:
            self.end(one, "closed")
        super().close()

    # -- whether everything came -----------------------------------------------------------------------------

    def settle(self, *, last: bool = False) -> Report:
        """Check, forget what is done with, and tell what other processes need; `last` is for the end, when
        all have left."""
        for one in self._known():
            if lacks := one.lacks():
                self._lacked += lacks
                sentence = f"{one.name} did not get {lacks} messages that were said while they were here"
                if one.ended is None:
                    self.end(one, sentence, fault=True)
                else:
                    self.accuse(sentence)
                    self._departed.remove(one)
        log, before = self.log, self.log.settled
        settled = min((one.reach() for one in self.everyone), default=log.known)
        settled = max(min([settled, *(id - 1 for id in log.unacknowledged)]), before)
        settled = log.known if last else settled
        report = self.report
        self.report = Report(report.tag, report.number + 1, cut=report.cut)
        report.last, report.settled = last, settled if self.everyone else -1
        report.spans = self._spans(before, settled)
        for at in range(log.after(settled)):
            if log.lines[at] != HOLE:
                sender, number = log.authors[at]
                report.seen.setdefault(sender.rpartition(DASH)[0], {})[log.ids[at]] = number
        report.got = self.delivered()
        report.due = report.got + self._lacked
        report.faults, report.fault_count = self.faults, self.fault_count
        self._departed = [one for one in self._departed if max(one.until, one.last) > settled]
        for one in self._known():
            one.settle(settled)
        log.settle(settled)
        return report

    def _known(self) -> list[Participant]:
        """All who are here, and those who have left and may still miss something."""
        return [*self.everyone, *self._departed]

    def _spans(self, before: int, settled: int) -> list[list[int]]:
        """Merged, of what was settled now."""
        spans: list[list[int]] = []
        ends = ((one.first, one.reach()) for one in self._known() if one.first)
        for first, last in sorted((max(first, before + 1), min(last, settled)) for first, last in ends):
            if spans and first <= spans[-1][1] + 1:
                spans[-1][1] = max(spans[-1][1], last)
            elif first <= last:
                spans.append([first, last])
        return spans
