"""What was said before is asked for while people talk: pages of a room, or messages that have some words.

The server is stopped at the beginning, so that a million messages can be written into its folder. Started
again it makes the search index anew. When a search finds all that it must, people come, and talk at an even
rate to many readers, while a few others ask. Every answer is checked, down to each message and its place.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from heapq import merge
from time import monotonic
from typing import ClassVar, Final

from loadtests.engine.asking import AskedRoom
from loadtests.engine.codecs import TALKERS, unfit
from loadtests.engine.index_wait import await_index
from loadtests.engine.loads import Schedule, TimedAct, evenly
from loadtests.engine.questions import Question, pages, searches
from loadtests.measure.errors import Unusable
from loadtests.measure.latency import Histogram
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import SHARES, SHORTEST
from loadtests.scenarios.measures import measure, watched
from loadtests.servers.old_messages import OldMessages, write

#: Notes a second, which are said to be acknowledged, and some of them to be found.
_NOTES: Final = 20


@dataclass(frozen=True, slots=True)
class Reading(Scenario):
    """What searching and paging have in common. Open loop: also questions have their times."""

    one_load: ClassVar[bool] = False
    columns: ClassVar[tuple[str, ...]] = (
        *(
            "answers",
            "answer p50 ms",
            "answer p99 ms",
            "answer worst ms",
            "lag worst s",
            "rebuilt s",
            "index µs",
        ),
        *("ack p99 ms", "ack worst ms"),
        *("µs/delivery", "p50 ms", "p99 ms", "late p99 ms", *SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    server: ClassVar[str] = "chatd-always"

    messages: int = option(1_000_000, "messages that were said before", least=1000, quick=0.002)
    readers: int = option(1000, "people who only read", least=1, quick=0.1)
    talkers: int = option(10, "people who talk, and read too", least=2, most=TALKERS)
    size: int = option(100, "bytes of a delivered message", least=SHORTEST)
    rate: float = option(1000.0, "messages a second, of all talkers together", least=0.01)
    askers: int = option(4, "people who ask", least=1)
    questions: float = option(10.0, "questions a second, of all of them together", least=0.01)
    seconds: float = option(20.0, "how long they talk and ask", least=0.1, quick=0.05)

    def asked(self, old: OldMessages) -> list[Question]:
        """What is asked, in turn."""
        raise NotImplementedError

    def run(self, context: RunContext) -> None:
        target, run = context.target, context.run
        old = OldMessages.until_now(self.messages)
        self._prepare(context, old)
        crowd = (self.readers, self.talkers, self.askers)
        with closing(AskedRoom(target.codec, target.address, crowd, self.size)) as room:
            run.figures["all in s"] = room.join()
            room.start()
            room.questions = self.asked(old)
            with watched(context, room, room.delivered, room.histogram):
                try:
                    measure(context, room, Schedule(self.acts()))
                finally:
                    _tell(context, room)

    def _prepare(self, context: RunContext, old: OldMessages) -> None:
        """What was said before is there, and can be searched."""
        target, figures = context.target, context.run.figures
        if target.process is None or target.data is None:
            raise Unusable(
                f"{self.name} fills the folder of the server, which must be its own: please leave out --host"
            )
        target.go_down()
        target.kill()
        write(old, target.data)
        target.come_back()
        began, before = monotonic(), target.spent().cpu
        await_index(target, searches(old)[0])
        figures["rebuilt s"] = monotonic() - began
        figures["index µs"] = 1e6 * (target.spent().cpu - before) / old.count

    def acts(self) -> Iterator[TimedAct]:
        """What is said, asked and noted, by due time."""
        return merge(
            evenly(self.rate, self.seconds, AskedRoom.say_next),
            evenly(self.questions, self.seconds, AskedRoom.ask),
            evenly(_NOTES, self.seconds, AskedRoom.note),
            key=lambda act: act.due,
        )

    @property
    def connections(self) -> int:
        return self.readers + self.talkers + self.askers + 2

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return "a chatd that stores nothing has nothing old: please give --server chatd-always"
        if self.questions * self.seconds < 1:
            return "no question is due in that time: please give more --questions or --seconds"
        return nothing_due(self.rate, self.seconds) or unfit(codec, self.size)


@dataclass(frozen=True, slots=True)
class Searching(Reading):
    """For a rare word, for a frequent one, for two, for one in one room, and for Chinese, in turn."""

    name: ClassVar[str] = "search"
    about: ClassVar[str] = "people talk, and a few search a million old messages for words"

    def asked(self, old: OldMessages) -> list[Question]:
        return searches(old)


@dataclass(frozen=True, slots=True)
class Paging(Reading):
    """For the last 100 messages, and for 500 anywhere, in turn."""

    name: ClassVar[str] = "paging"
    about: ClassVar[str] = "people talk, and a few page through a million old messages"

    def asked(self, old: OldMessages) -> list[Question]:
        return pages(old, max(int(self.questions * self.seconds), 1))


def _tell(context: RunContext, room: AskedRoom) -> None:
    """Put into the run how long answers took, and the rest."""
    figures, answers = context.run.figures, Histogram()
    for histogram in room.answers.values():
        for bucket, count in histogram.counts.items():
            answers.counts[bucket] += count
    figures["answers"] = len(answers)
    for name, histogram in (("answer", answers), ("ack", room.acks)):
        figures[f"{name} p50 ms"], figures[f"{name} p99 ms"] = histogram.percentiles(50, 99)
        figures[f"{name} worst ms"] = histogram.worst()
    if room.lags:
        figures["lag worst s"] = max(room.lags)
    each = (f"{kind} {one.percentile(99):.3g} ms" for kind, one in room.answers.items())
    context.run.mark(f"p99 of answers: {', '.join(each)}")
