"""Thousands of clients join at once, lose their connections at once, and reconnect: what the restart of a
switch does to a server. Nobody says /quit."""

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from loadtests.engine.codecs import CODECS, PEOPLE
from loadtests.engine.crowd import Crowd, Guest, Witness
from loadtests.measure.errors import Fault
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.broadcast import SHARES
from loadtests.scenarios.measures import latencies, metered, watched
from loadtests.servers.transports import TCP, TLS

#: The first letter of their names, by which the protocols of some servers tell them from witnesses.
_GUEST = "s"


@dataclass(frozen=True, slots=True)
class Storm(Scenario):
    """Each time is measured until the last guest is welcomed, or until the last witness was told of everyone.
    A witness that is told of too many or too few is a Fault."""

    name: ClassVar[str] = "storm"
    transports: ClassVar[tuple[str, ...]] = (TCP, TLS)
    about: ClassVar[str] = "thousands join, drop without a word, and return"
    columns: ClassVar[tuple[str, ...]] = (
        *("all in s", "all told s", "drops told s", "back s", "join p50 ms", "join p99 ms", "KiB each"),
        *SHARES,
    )
    codecs: ClassVar[tuple[str, ...]] = tuple(name for name, codec in CODECS.items() if codec.notices)

    people: int = option(10_000, "people who come and go", least=2, most=PEOPLE, quick=0.05)
    witnesses: int = option(10, "people who remain, and count", least=1)
    patience: float = option(60.0, "seconds after which a part is given up", least=1)

    def run(self, context: RunContext) -> None:
        with closing(Crowd(context.target, self.patience)) as crowd:
            before = context.target.memory()
            witnesses = crowd.admit(Witness, "w", range(self.witnesses))
            crowd.quieten(self.patience)  # their notices about each other are delivered before it begins
            for witness in witnesses:
                witness.came = witness.went = 0
            context.run.noun = "joins"
            with (
                watched(context, crowd, lambda: crowd.welcomed, crowd.joins),
                metered(context, lambda wall, cpu: latencies(context.run, crowd.joins, "join ")),
            ):
                self._come_and_go(context, crowd, witnesses, before)

    def _come_and_go(
        self, context: RunContext, crowd: Crowd, witnesses: list[Witness], before: float
    ) -> None:
        figures, numbers = context.run.figures, range(self.people)

        def told(came: int, went: int) -> float:
            return self._told(crowd, witnesses, came, went)

        began = monotonic()
        guests = crowd.admit(Guest, _GUEST, numbers)
        figures["all in s"] = monotonic() - began
        figures["all told s"] = figures["all in s"] + told(self.people, 0)
        figures["KiB each"] = (context.target.memory() - before) / self.people / 1024
        began = monotonic()
        crowd.leave(guests)
        figures["drops told s"] = monotonic() - began + told(self.people, self.people)
        began = monotonic()
        crowd.admit(Guest, _GUEST, numbers)
        figures["back s"] = monotonic() - began
        told(2 * self.people, self.people)

    def _told(self, crowd: Crowd, witnesses: list[Witness], came: int, went: int) -> float:
        """Seconds until all witnesses have been told of so many since the beginning. After that comes a
        fence: a ping, since a notice too many would arrive before its answer."""
        began = monotonic()
        crowd.until(
            lambda: all(one.came >= came and one.went >= went for one in witnesses),
            self.patience,
            lambda: _sentence(min, witnesses, came, went),
        )
        seconds = monotonic() - began
        fence = witnesses[0].pongs + 1
        for one in witnesses:
            one.ping()
        crowd.until(
            lambda: all(one.pongs >= fence for one in witnesses),
            self.patience,
            lambda: "a witness gets no answer to its ping",
        )
        if any((one.came, one.went) != (came, went) for one in witnesses):
            raise Fault(_sentence(max, witnesses, came, went))
        return seconds


def _sentence(extreme: Callable[[Iterable[int]], int], witnesses: list[Witness], came: int, went: int) -> str:
    """The witness that was told of the fewest, or of the most, as a sentence."""
    come, gone = extreme(one.came for one in witnesses), extreme(one.went for one in witnesses)
    return f"a witness was told of {come} of {came} that came, and of {gone} of {went} that went"
