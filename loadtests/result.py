"""What one run has measured, as every report reads it: tables, JSON, HTML, locust's page.

A document is many runs on one machine. Names of figures carry their unit (`p99 ms`, `µs/delivery`), so that a
table needs no legend. What was not measured is not there, and NaN becomes null in JSON.
"""

from dataclasses import dataclass, field
from typing import Any, Final

#: Above this share of the time, %, someone else on the two cores spoils the figures.
DISTURBED: Final = 5.0
#: What a generator that ended first does not spoil: taken where it kept up, before the load began, of memory,
#: of the generator and the machine, or the server's own word. Sizes in MiB are of memory, too.
_NOT_THE_LOADS: Final = frozenset(
    (
        *("capacity/s", "capacity at/s", "all in s", "connections", "processes", "blocked ms"),
        *("generator %", "disturbed %", "late p99 ms", "KiB each", "KiB each slow", "after / before"),
    )
)


@dataclass(slots=True)
class Sample:
    """One look at a run while it goes on; the last three are those of the time since the look before."""

    #: Seconds since the load began.
    at: float
    #: Deliveries so far, or what else the run's noun says.
    deliveries: int
    #: Shares of a core, 1.0 being all of it.
    server: float
    generator: float
    #: The server's, resident.
    memory_mib: float
    p50_ms: float
    p99_ms: float


@dataclass(slots=True)
class Run:
    """One server's figures in one repetition of a scenario; a fault is a failure whatever the figures."""

    server: str
    figures: dict[str, float] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    scenario: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    #: How often each latency occurred: (milliseconds, rounded to three digits; count), ascending.
    latency: list[tuple[float, int]] = field(default_factory=list)
    #: The generator was what ended first: the load's figures say nothing about the server.
    void: bool = False
    #: Somebody ended it before its time; what it has is true as far as it goes.
    interrupted: bool = False
    #: What the samples count.
    noun: str = "deliveries"

    def mark(self, text: str) -> None:
        """Say once what the reader of the figures has to know."""
        if text not in self.marks:
            self.marks.append(text)

    def struck(self, figure: str) -> bool:
        """Whether this figure says nothing about the server, since it is the load's, and that was void."""
        return self.void and figure not in _NOT_THE_LOADS and not figure.endswith(" MiB")

    @property
    def disturbed(self) -> bool:
        """Whether someone else had too much of the two cores."""
        return self.figures.get("disturbed %", 0) > DISTURBED


@dataclass(slots=True)
class Document:
    """Everything that one command has measured. `began` is ISO 8601, UTC."""

    machine: dict[str, str]
    command: str
    began: str
    runs: list[Run] = field(default_factory=list)
    #: Somebody ended it before all was measured.
    interrupted: bool = False
