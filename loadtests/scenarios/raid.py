"""Guests that nobody wants, and an admin who puts them out: by a ban of the range that they come from, while
they are silent; and while they shout, by a lockdown and that ban."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from heapq import merge
from typing import ClassVar, Final

from loadtests.engine.codecs import PEOPLE
from loadtests.engine.loads import Schedule, TimedAct, evenly
from loadtests.engine.moderated_room import PARTS, SHOUTS, ModeratedRoom, crew
from loadtests.engine.rabble import ADDRESSES, MOST
from loadtests.engine.sockets import is_local
from loadtests.measure.errors import Unusable
from loadtests.scenarios.base import RunContext, Scenario, nothing_due, option
from loadtests.scenarios.broadcast import LATENCIES, SHARES
from loadtests.scenarios.measures import latencies, measure, watched
from loadtests.scenarios.refilled import NOBODY, await_listening, refill
from loadtests.servers.old_people import write_accounts

_SECOND: Final = 1_000_000_000
#: So many of those who raid come in a second.
_COMING: Final = 1000
#: Seconds from the lockdown to the ban, and then until nobody talks any more.
_APART: Final = 1.0


def _at(seconds: float) -> int:
    return int(seconds * _SECOND)


class _Moderated(Scenario):
    """What both have in common. Open loop: those with accounts talk on, whatever happens."""

    one_load: ClassVar[bool] = False
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    #: The figures of what the admin does, in that order: until all are told of it.
    told: ClassVar[tuple[str, ...]]

    people: int
    rabble: int
    addresses: int
    size: int
    rate: float
    seconds: float

    @property
    def talked(self) -> float:
        """For how many seconds those with accounts talk in all."""
        raise NotImplementedError

    def acts(self) -> Iterator[TimedAct]:
        """All that is done, by due time."""
        raise NotImplementedError

    def gathered(self) -> int:
        """How many of the rabble are there before."""
        return 0

    def run(self, context: RunContext) -> None:
        target, figures = context.target, context.run.figures
        if not is_local(target.address):
            raise Unusable(
                f"{self.name} connects from many addresses of this machine: please leave out --host"
            )
        refill(context, self.name, lambda folder: write_accounts(crew(self.people), folder))
        with closing(ModeratedRoom(target.address, self.people, self.size, self.addresses)) as room:
            await_listening(context, room.fileno())
            room.join()
            room.gather(self.gathered())
            with watched(context, room, room.delivered, room.histogram):
                try:
                    measure(context, room, Schedule(self.acts()))
                finally:
                    latencies(context.run, room.histogram.since(room.before.counts))
                    figures["p99 before ms"] = room.before.percentile(99)
                    figures["p99 growth ms"] = figures["p99 ms"] - figures["p99 before ms"]
                    figures["put out"] = room.rabble.welcomed - room.rabble.here
            figures["put out s"] = room.put_out
            for name, seconds in zip(self.told, room.admin.acted, strict=True):
                figures[name] = seconds

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return NOBODY
        return nothing_due(self.rate, self.talked)

    @property
    def connections(self) -> int:
        return self.people + self.rabble + 2


def _talk(one: _Moderated) -> Iterator[TimedAct]:
    return evenly(one.rate, one.talked, ModeratedRoom.say_next)


def _later(acts: Iterator[TimedAct], seconds: float) -> Iterator[TimedAct]:
    """The same, so much later."""
    return (act._replace(due=act.due + _at(seconds)) for act in acts)


def _once(deed: Callable[[ModeratedRoom, int], None], seconds: float) -> TimedAct:
    return TimedAct(_at(seconds), deed, ())


def _in_order(*acts: Iterable[TimedAct]) -> Iterator[TimedAct]:
    return merge(*acts, key=lambda act: act.due)


@dataclass(frozen=True, slots=True)
class RangeBan(_Moderated):
    """The rabble is there, and silent; then its range is banned."""

    name: ClassVar[str] = "range-ban"
    about: ClassVar[str] = "an admin bans the range from which a thousand guests came, while others talk"
    columns: ClassVar[tuple[str, ...]] = (
        *("put out", "banned s", "put out s", "p99 before ms", *LATENCIES, "p99 growth ms"),
        *("late p99 ms", *SHARES, "RSS MiB"),
    )
    server: ClassVar[str] = "chatd-always"
    told: ClassVar[tuple[str, ...]] = ("banned s",)

    people: int = option(100, "people with accounts, who talk and listen", least=2, most=PEOPLE, quick=0.1)
    rabble: int = option(1000, "guests from the range that is banned", least=1, most=MOST, quick=0.1)
    addresses: int = option(250, "addresses from which those come", least=1, most=ADDRESSES)
    size: int = option(100, "bytes of a message's text", least=1)
    rate: float = option(50.0, "messages a second, of all people together", least=0.01)
    seconds: float = option(3.0, "how long they talk before the ban, and from then on", least=0.1, quick=0.2)

    @property
    def talked(self) -> float:
        return 2 * self.seconds

    def gathered(self) -> int:
        return self.rabble

    def acts(self) -> Iterator[TimedAct]:
        doing = (_once(ModeratedRoom.begin, self.seconds), _once(ModeratedRoom.ban, self.seconds))
        return _in_order(_talk(self), doing)


@dataclass(frozen=True, slots=True)
class Raid(_Moderated):
    """The rabble comes, and shouts as fast as the server lets it; then guests may not speak, and a second
    later their range is banned."""

    name: ClassVar[str] = "raid"
    about: ClassVar[str] = "thousands of guests shout, until an admin locks the server and bans their range"
    columns: ClassVar[tuple[str, ...]] = (
        *("put out", "locked s", "banned s", "put out s", "p99 before ms", *LATENCIES, "p99 growth ms"),
        *("deliveries/s", "late p99 ms", *SHARES, "RSS MiB"),
    )
    server: ClassVar[str] = "chatd-always-paced"
    told: ClassVar[tuple[str, ...]] = ("locked s", "banned s")

    people: int = option(10, "people with accounts, who talk and listen", least=2, most=PEOPLE)
    rabble: int = option(2000, "guests who shout", least=1, most=MOST, quick=0.1)
    addresses: int = option(50, "addresses from which those come", least=1, most=ADDRESSES)
    size: int = option(100, "bytes of a message's text of the people with accounts", least=1)
    rate: float = option(20.0, "messages a second, of all people with accounts together", least=0.01)
    seconds: float = option(
        3.0, "how long they talk before the raid, and how long it lasts", least=0.1, quick=0.3
    )

    @property
    def _comes(self) -> float:
        """How long the rabble takes to come."""
        return self.rabble / _COMING

    @property
    def _locked(self) -> float:
        return 2 * self.seconds + self._comes

    @property
    def talked(self) -> float:
        return self._locked + 2 * _APART

    def acts(self) -> Iterator[TimedAct]:
        coming = evenly(_COMING, self._comes, ModeratedRoom.come)
        shouting = evenly(SHOUTS * PARTS, self.talked - self.seconds, ModeratedRoom.shout)
        doing = (
            _once(ModeratedRoom.begin, self.seconds),
            _once(ModeratedRoom.lock, self._locked),
            _once(ModeratedRoom.ban, self._locked + _APART),
        )
        return _in_order(_talk(self), _later(coming, self.seconds), _later(shouting, self.seconds), doing)
