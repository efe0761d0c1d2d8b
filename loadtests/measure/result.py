"""The results of a run, in the form that all reports read: tables, JSON, HTML, locust's page.

A document is many runs on one machine. Names of figures carry their unit (`p99 ms`, `µs/delivery`), so that a
table needs no legend. What was not measured is not there, and NaN becomes null in JSON.
"""

from dataclasses import dataclass, field
from math import nan
from typing import Any, Final

#: Above this share of the time, %, other processes on the two cores falsify the figures.
DISTURBED: Final = 5.0
#: Figures that remain valid when the load generator was saturated: they are taken from steps in which it kept
#: up, or before the load began; or are about memory, the generator or the machine; or come from the server;
#: or are what a generator that was late can only make worse. Figures in MiB are memory, too.
_NOT_THE_LOADS: Final = frozenset(
    (
        *("capacity/s", "capacity at/s", "all in s", "connections", "blocked ms", "listened s", "resumed s"),
        *("rebuilt s", "index µs"),
        *("generator %", "disturbed %", "late p99 ms", "KiB each", "KiB each slow", "after / before"),
    )
)


@dataclass(slots=True)
class Sample:
    """The state of a run at one moment; CPU shares and latencies are those since the sample before."""

    #: Seconds since the load began.
    at: float
    #: Deliveries so far, or what else the run's noun names.
    deliveries: int
    #: Shares of a core, 1.0 being all of it.
    server: float
    generator: float
    #: The server's resident memory.
    memory_mib: float
    p50_ms: float
    p99_ms: float

    def rate(self, later: "Sample") -> float:
        """Deliveries a second from this one to a later one; NaN where no time has passed."""
        seconds = later.at - self.at
        return (later.deliveries - self.deliveries) / seconds if seconds > 0 else nan


#: The sample before the first one.
ORIGIN: Final = Sample(*[0] * 7)


@dataclass(slots=True)
class Run:
    """One server's figures in one repetition of a scenario. A run with a fault has failed, whatever its
    figures."""

    server: str
    figures: dict[str, float] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    scenario: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    #: How often each latency occurred: (milliseconds, in buckets 2 % wide; count), ascending.
    latency: list[tuple[float, int]] = field(default_factory=list)
    #: The load generator was saturated or late: the figures of the load say nothing about the server.
    void: bool = False
    #: It was interrupted; its figures are valid for the time until then.
    interrupted: bool = False
    #: What the samples count.
    noun: str = "deliveries"

    def mark(self, text: str) -> None:
        """Add a remark that readers of the figures need, once."""
        if text not in self.marks:
            self.marks.append(text)

    def struck(self, figure: str) -> bool:
        """Whether this figure says nothing about the server: it is one of the load, and the run is void."""
        return self.void and figure not in _NOT_THE_LOADS and not figure.endswith(" MiB")

    @property
    def disturbed(self) -> bool:
        """Whether other processes used too much of the two cores."""
        return self.figures.get("disturbed %", 0) > DISTURBED


@dataclass(slots=True)
class Document:
    """Everything that one command has measured. `began` is ISO 8601, UTC."""

    machine: dict[str, str]
    command: str
    began: str
    runs: list[Run] = field(default_factory=list)
    #: It was interrupted before all was measured.
    interrupted: bool = False
