"""What a scenario is: a small frozen dataclass whose fields are its options, and a `run` that fills in a Run.

The options of `--help`, the rows of the bench's plan, and the small form for
`--quick` are all made from the fields. A scenario does not know how its server was started, nor who displays
the run: it gets a `RunContext` with the server under test and the run that it samples.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeVar

from loadtests.measure.result import Run
from loadtests.servers.target import ServerUnderTest
from loadtests.servers.transports import TCP, transport_of

#: File descriptors that a process needs besides its clients' sockets.
SPARE_FILES: Final = 64

#: The options that are numbers of people, each with a connection.
_CROWDS: Final = ("readers", "talkers", "people", "witnesses")
#: Any number but infinity.
MOST: Final = sys.float_info.max

_T = TypeVar("_T", int, float)


class Option(NamedTuple):
    """One option of a scenario; its type is that of the default. `--quick` multiplies it by `quick`."""

    name: str
    default: int | float
    help: str
    least: float
    quick: float
    most: float = MOST

    @property
    def kind(self) -> Callable[[str], float]:
        """Its type for argparse."""
        return at_least(self.least, type(self.default), self.most)

    def add_to(self, parser: Any) -> Any:
        """To a parser of arguments, or a group of them; returns argparse's Action."""
        text = f"{self.help} (default: {self.default:g})"
        return parser.add_argument(
            f"--{self.name}", metavar="N", type=self.kind, default=self.default, help=text
        )


def option(default: _T, help: str, *, least: float = 0, quick: float = 1, most: float = MOST) -> _T:
    """A scenario's field."""
    value: _T = field(default=default, metadata={"help": help, "least": least, "quick": quick, "most": most})
    return value


@dataclass(slots=True)
class RunContext:
    """Where a scenario runs, and what it fills in."""

    target: ServerUnderTest
    run: Run


class Scenario:
    """Subclasses are frozen dataclasses with one `option` a field."""

    name: ClassVar[str]
    about: ClassVar[str]
    #: The server that it loads where nothing else is asked for.
    server: ClassVar[str] = "chatd"
    #: The figures that are columns of its table.
    columns: ClassVar[tuple[str, ...]] = ()
    #: The servers that it can load (keys of the engine's CODECS), in all their forms; empty: all.
    codecs: ClassVar[tuple[str, ...]] = ()
    #: What it can be carried over, the usual one first.
    transports: ClassVar[tuple[str, ...]] = (TCP,)
    #: Whether it is one load of `seconds`, and not several of them.
    one_load: ClassVar[bool] = True

    @classmethod
    def loads(cls, server: str) -> bool:
        """Whether it can load this server: `chatd-always` is a form of chatd."""
        known = not cls.codecs or bool({server, server.partition("-")[0]} & {*cls.codecs})
        return known and transport_of(server) in cls.transports

    def run(self, context: RunContext) -> None:
        """Load the server; fill in the run's figures, marks, samples and latency. Raises Fault."""
        raise NotImplementedError

    @property
    def connections(self) -> int:
        """The most connections that it has open in this process at a time."""
        return sum(getattr(self, crowd, 0) for crowd in _CROWDS)

    @property
    def lasts(self) -> float:
        """Seconds of the load once all are in; NaN where that is not known beforehand."""
        return getattr(self, "seconds", math.nan) if self.one_load else math.nan

    def mistake(self, codec: str) -> str | None:
        """Why these options cannot be run together, or not against this server (a key of the engine's
        CODECS), as one sentence."""
        return None

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """In the order of the fields."""
        return tuple(
            Option(name=one.name, default=one.default, **one.metadata)  # type: ignore[arg-type]
            for one in fields(cls)  # type: ignore[arg-type]  # each subclass is a dataclass
        )

    @classmethod
    def of(cls, arguments: argparse.Namespace) -> Self:
        """The scenario with the options that were given."""
        return cls(**{one.name: getattr(arguments, one.name) for one in cls.options()})

    def chosen(self) -> dict[str, Any]:
        """The values of its options."""
        return {one.name: getattr(self, one.name) for one in self.options()}

    def quick(self) -> Self:
        """A small version, to see that it works; its figures are not worth quoting."""
        changed = {
            one.name: type(one.default)(max(one.least, getattr(self, one.name) * one.quick))
            for one in self.options()
            if one.quick != 1
        }
        return replace(self, **changed)  # type: ignore[type-var]  # each subclass is a dataclass


def nothing_due(rate: float, seconds: float) -> str | None:
    """Refuses a fixed rate at which no message is due at all: such a run would pass without a test."""
    if int(rate * seconds) < 1:
        return "no message is due in that time: please give more --rate or --seconds"
    return None


def at_least(least: float, kind: type[int] | type[float], most: float = MOST) -> Callable[[str], float]:
    """An argparse type: such a number, and not infinity."""

    def number(word: str) -> float:  # argparse puts this name into its sentence about a word that is none
        value = kind(word)
        if not least <= value <= most:
            bounds = f"{least:g} or more" if most == MOST else f"{least:g} to {most:g}"
            raise argparse.ArgumentTypeError(f"{word} is not {bounds}")
        return value

    return number
