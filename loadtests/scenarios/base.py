"""What a scenario is: a small frozen dataclass whose fields are its options, and a `run` that fills in a Run.

From the fields come the options of `--help` and of locust's web page, the rows of the bench's plan, and the
small form of `--quick`. A scenario knows neither how its server was started nor who watches it: it gets a
`Stage`, with the target to load and a `tick` to be called while it waits.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeVar

from loadtests.engine.stream import Fault
from loadtests.latency import Histogram
from loadtests.result import Run
from loadtests.servers.running import Spent, spent

#: What the histograms are called that a stage hears of: as entries in locust's statistics.
JOIN: Final = "join"
DELIVER: Final = "deliver"
DIRECT: Final = "direct"

#: Files that a process needs besides its clients' sockets.
SPARE_FILES: Final = 64

_T = TypeVar("_T", int, float)


class Option(NamedTuple):
    """One option of a scenario; its type is that of the default. `--quick` multiplies it by `quick`."""

    name: str
    default: int | float
    help: str
    least: float
    quick: float


def option(default: _T, help: str, *, least: float = 0, quick: float = 1) -> _T:
    """A scenario's field."""
    value: _T = field(default=default, metadata={"help": help, "least": least, "quick": quick})
    return value


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """A running server: how it is spoken to (a key of the engine's CODECS), where, and, where it runs on this
    machine, its process."""

    codec: str
    address: tuple[str, int]
    pid: int | None = None

    def spent(self) -> Spent:
        """What its process has spent so far; NaN where it is not known. Raises Fault where it has ended."""
        return Spent(float("nan"), float("nan")) if self.pid is None else spent(self.pid)

    def memory(self, field: str = "VmRSS") -> float:
        """Resident bytes now (VmRSS), or the most so far (VmHWM); NaN where it is not known."""
        if self.pid is None:
            return float("nan")
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError as error:
            raise Fault("the server has ended by itself") from error
        found = [line for line in status.splitlines() if line.startswith(field + ":")]
        return int(found[0].split()[1]) * 1024 if found else float("nan")

    def files(self) -> float:
        """How many files its process may open; infinitely many where it is not known."""
        if self.pid is None:
            return float("inf")
        limits = Path(f"/proc/{self.pid}/limits").read_text().splitlines()
        return float(next(line for line in limits if line.startswith("Max open files")).split()[3])


@dataclass(slots=True)
class Stage:
    """Where a scenario runs. `tick` is called at least every 50 ms while a load goes on, and may end it by an
    exception; `follow` is told of each histogram that the engine begins to count in, by name."""

    target: ServerUnderTest
    run: Run
    tick: Callable[[], None] = lambda: None
    follow: Callable[[str, Histogram], None] = lambda name, histogram: None
    #: Whether somebody looks at the run while it goes on.
    live: bool = False


class Scenario:
    """Subclasses are frozen dataclasses with one `option` a field."""

    name: ClassVar[str]
    about: ClassVar[str]
    #: The figures worth a column.
    columns: ClassVar[tuple[str, ...]] = ()
    #: The dialects it is made for; empty: all.
    codecs: ClassVar[tuple[str, ...]] = ()

    def run(self, stage: Stage) -> None:
        """Load the target; fill in the run's figures, marks, samples and latency. Raises Fault."""
        raise NotImplementedError

    @property
    def connections(self) -> int:
        """How many connections it needs in this process at a time."""
        raise NotImplementedError

    def mistake(self) -> str | None:
        """Why these options cannot be run together, as one sentence."""
        return None

    def unfit(self, codec: str) -> str | None:
        """Why its messages, or its people, cannot be at such a server (a key of the engine's CODECS), as one
        sentence."""
        return None

    @classmethod
    def user_class(cls) -> str:
        """What locust's command line and web page call it: `Broadcast` for the scenario `broadcast`."""
        return cls.name.capitalize()

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """In the order in which they are written down."""
        return tuple(
            Option(name=one.name, default=one.default, **one.metadata)  # type: ignore[arg-type]
            for one in fields(cls)  # type: ignore[arg-type]  # each subclass is a dataclass
        )

    @classmethod
    def of(cls, values: dict[str, Any]) -> Self:
        """The scenario with the options that are among `values`."""
        return cls(
            **{one.name: type(one.default)(values[one.name]) for one in cls.options() if one.name in values}
        )

    def chosen(self) -> dict[str, Any]:
        """Its options' values."""
        return {one.name: getattr(self, one.name) for one in self.options()}

    def quick(self) -> Self:
        """The small form, which shows that it works and measures nothing worth quoting."""
        changed = {
            one.name: type(one.default)(max(one.least, getattr(self, one.name) * one.quick))
            for one in self.options()
            if one.quick != 1
        }
        return replace(self, **changed)  # type: ignore[type-var]  # each subclass is a dataclass


def own_cpu() -> Spent:
    """What this process, the generator, has spent."""
    return spent(os.getpid())


def nothing_due(rate: float, seconds: float) -> str | None:
    """Why an even rate is none: a run in which nobody says anything shows nothing, and is green."""
    if int(rate * seconds) < 1:
        return "no message is due in that time: please give more --rate or --seconds"
    return None
