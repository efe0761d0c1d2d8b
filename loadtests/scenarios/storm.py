"""Thousands join at once, lose their connections at once, and return: what a tunnel, or the restart of a
switch, does to a server. Nobody says /quit."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from loadtests.engine.stream import Fault
from loadtests.result import Run
from loadtests.scenarios.base import JOIN, Scenario, Stage, option
from loadtests.scenarios.broadcast import SHARES
from loadtests.scenarios.crowd import NOTICES, Crowd, Witness
from loadtests.scenarios.measures import Meter, latencies, watched

#: What a guest is called, and those who remain.
_GUEST, _WITNESS = "s", "w"


@dataclass(frozen=True, slots=True)
class Storm(Scenario):
    """Each time ends when the last one is welcome, or the last of those who remain has been told of everyone.
    Who is told of one too many or too few is a fault. A server that tells nobody has no times for that."""

    name: ClassVar[str] = "storm"
    about: ClassVar[str] = "thousands join, drop without a word, and return"
    columns: ClassVar[tuple[str, ...]] = (
        *("all in s", "all told s", "drops told s", "back s", "join p50 ms", "join p99 ms", "KiB each"),
        *SHARES,
    )

    people: int = option(10_000, "people who come and go", least=2, quick=0.05)
    witnesses: int = option(10, "people who remain, and count", least=1)
    patience: float = option(60.0, "seconds after which a part is given up", least=1)

    def run(self, stage: Stage) -> None:
        notices = NOTICES.get(stage.target.codec)
        with closing(Crowd(stage, self.patience)) as crowd:
            before = stage.target.memory()
            codec = crowd.codec
            stayers = crowd.enter(range(self.witnesses), _WITNESS, codec.talker)
            crowd.quieten()  # of each other they are told before it begins
            witnesses = [Witness(guest, notices) for guest in stayers if notices]
            for guest, witness in zip(stayers, witnesses, strict=False):
                crowd.watch(guest.sock, witness.read)
            with watched(stage, JOIN, lambda: crowd.welcomed, crowd.joins) as tick:
                crowd.tick = tick
                meter = Meter(stage.target)
                self._come_and_go(stage, crowd, witnesses, before)
                meter.read(stage.run)
            _name(stage.run, crowd)

    @property
    def connections(self) -> int:
        return self.people + self.witnesses

    def mistake(self) -> str | None:
        return (
            "the names have five digits: please give at most 99999 --people" if self.people > 99_999 else None
        )

    def _come_and_go(self, stage: Stage, crowd: Crowd, witnesses: list[Witness], before: float) -> None:
        figures, numbers = stage.run.figures, range(self.people)

        def told(what: Callable[[Witness], int], count: int) -> float:
            """Seconds until all witnesses have been told."""
            began = monotonic()
            crowd.until(
                lambda: all(what(one) >= count for one in witnesses),
                self.patience,
                lambda: f"a witness was told of {min(map(what, witnesses))} of {count}",
            )
            if any(what(one) > count for one in witnesses):
                raise Fault(f"a witness was told of {max(map(what, witnesses))}, and there were {count}")
            return monotonic() - began

        began = monotonic()
        guests = crowd.enter(numbers, _GUEST)
        figures["all in s"] = monotonic() - began
        if witnesses:
            figures["all told s"] = figures["all in s"] + told(lambda one: one.came, self.people)
        figures["KiB each"] = (stage.target.memory() - before) / self.people / 1024
        began = monotonic()
        crowd.leave(guests)
        if witnesses:
            told(lambda one: one.went, self.people)
            figures["drops told s"] = monotonic() - began
        began = monotonic()
        crowd.enter(numbers, _GUEST)
        figures["back s"] = monotonic() - began
        if witnesses:
            told(lambda one: one.came, 2 * self.people)


def _name(run: Run, crowd: Crowd) -> None:
    """The latencies of this scenario are those of joining."""
    latencies(run, crowd.joins)
    for figure in ("p50 ms", "p99 ms", "p99.9 ms", "worst ms"):
        run.figures[f"join {figure}"] = run.figures.pop(figure)
