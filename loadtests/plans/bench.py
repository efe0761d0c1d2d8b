"""`make bench`: chatd, the floor and peers in turn, each pinned to a core, judged by goals.

`python -m loadtests.plans.bench [ROW…] [--runs N] [--quick] [--json FILE] [--html FILE]`, or `make bench`.
The floor is a C program that only receives, joins and sends; it pauses between rounds, as chatd does, or not
(floor-restless). Redis is beside them where little is said, and InspIRCd in direct messages, where rounds do
not help; where one is not installed, one sentence says so, and goals against it are left out. What a log
that is stored costs is measured beside a chatd that stores nothing.
"""

from collections.abc import Callable, Sequence
from math import nan
from typing import Final

from loadtests.measure.result import Run
from loadtests.plans.campaign import Case, Row, each, least, most
from loadtests.plans.conduct import Plan
from loadtests.plans.edge_rows import EDGE_ROWS
from loadtests.plans.orderly import orderly
from loadtests.plans.people_rows import PEOPLE_ROWS
from loadtests.reports.goals import Goal
from loadtests.scenarios.base import Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.reading import Paging, Searching
from loadtests.scenarios.recover import Recover
from loadtests.scenarios.rooms import RoomTalk
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm
from loadtests.servers.programs import OURS

_FLOORS: Final = ("chatd", "floor", "floor-restless")
#: For rows in which the floor's pauses make no difference.
_PAIR: Final = ("chatd", "floor")
_WITH_REDIS: Final = (*_PAIR, "redis")

#: chatd with all its logs, on this machine's disk.
_LOGS: Final = ("chatd", "chatd-everysec", "chatd-always")
_DISKS: Final = (*_LOGS, "chatd-always-5ms", "chatd-always-100ms")

#: How many readers there are where the cost of each is compared, and what the fewest and the most are called.
_CROWDS: Final = (100, 300, 1000, 3000, 10_000)
_FEW, _MANY = (f"{readers:,} readers" for readers in (_CROWDS[0], _CROWDS[-1]))
_ALONE: Final = "no idle rooms"
_WINDOW: Final = "chatd, window 16"


def _chatd(scenario: Scenario, label: str = "") -> tuple[Case, ...]:
    return each(("chatd",), scenario, label)


def _crowds(rate: Callable[[int], float]) -> tuple[Case, ...]:
    """chatd and the floor with ever more readers, to whom `rate` messages a second are said. Of 100 of them
    the latencies are taken, and there are enough messages that one that is late is not their p99."""
    cases: list[Case] = []
    for readers in _CROWDS:
        load = Broadcast(
            *(readers, 2), rate=rate(readers), sample=readers // 100, seconds=max(5, 110 / rate(readers))
        )
        cases += each(_PAIR, load, f"{readers:,} readers")
    return tuple(cases)


def _growth(runs: Sequence[Run]) -> None:
    """For each server: CPU per delivery with more readers, as a ratio to that with the fewest."""
    by_server = {run.server: run for run in runs}
    for run in runs:
        few = by_server.get(f"{run.server.partition(', ')[0]}, {_FEW}", run)
        if few is run or not few.figures.get("µs/delivery"):
            continue
        run.figures["growth"] = run.figures.get("µs/delivery", nan) / few.figures["µs/delivery"]
        if few.void and not run.void:
            run.void = True
            run.mark(f"void: its growth is a ratio to a void run with {_FEW}")


def _above_memory(runs: Sequence[Run]) -> None:
    """For each chatd that stores its log: how much longer a delivery takes than with the one that does
    not."""
    memory = next((run for run in runs if run.server == OURS[0]), None)
    for run in runs:
        if memory is None or run is memory:
            continue
        for percent in ("p50", "p99"):
            figure = f"{percent} ms"
            more = run.figures.get(figure, nan) - memory.figures.get(figure, nan)
            run.figures[f"{percent} more ms"] = more
        if memory.void and not run.void:
            run.void = True
            run.mark(f"void: it is compared with a void run of {memory.server}")


def _at_most_later(server: str, p50: float, p99: float) -> list[Goal]:
    return most("p50 more ms", p50, of=server) + most("p99 more ms", p99, of=server)


#: Where there is CPU to spare, chatd is to be as quick as a server that never rests.
_AS_QUICK: Final = [
    goal for figure in ("p50 ms", "p99 ms", "µs/delivery") for goal in most(figure, 1.1, "redis")
]

ROWS: Final = (
    Row(
        "broadcast",
        "1,000 readers, 10 talkers, 1,000 messages of 100 bytes a second",
        each(_FLOORS, Broadcast(seconds=8)),
        most("µs/delivery", 1.2, "floor") + most("p99 ms", 2.0, "floor"),
    ),
    Row(
        "light-10",
        "10 messages a second to 1,000 readers",
        each(_WITH_REDIS, Broadcast(talkers=2, rate=10, seconds=8)),
        most("p50 ms", 1.5, "floor") + _AS_QUICK,
    ),
    Row(
        "light-100",
        "100 messages a second to 1,000 readers",
        each(_WITH_REDIS, Broadcast(talkers=2, rate=100, seconds=8)),
        _AS_QUICK,
    ),
    Row(
        "light-1000",
        "1,000 messages a second to 1,000 readers",
        each(_WITH_REDIS, Broadcast(talkers=2, rate=1000, seconds=8)),
        most("µs/delivery", 0.6, "redis") + most("p99 ms", 1.5, "redis"),
    ),
    Row(
        "saturate",
        "1,000 readers, 8 talkers, windows doubled until the deliveries stop growing (latency: 1 in 16)",
        each(_FLOORS, Saturate(window=64)),
        least("capacity/s", 0.7, "floor"),
    ),
    Row(
        "overload",
        "1,000 readers, talkers with 16 unacknowledged messages each (latency: 1 reader in 8)",
        tuple(
            case
            for talkers in (10, 50, 100)
            for case in _chatd(
                Saturate(talkers=talkers, window=16, most=16, sample=8, seconds=5), f"{talkers} talkers"
            )
        ),
        most("p99 ms", 300),
    ),
    Row(
        "growth",
        "100,000 deliveries a second, to 100 readers, and to ever more, up to 10,000",
        _crowds(lambda readers: 100_000 / readers),
        most("growth", 1.2, f"floor, {_MANY}", of=f"chatd, {_MANY}"),
        derive=_growth,
    ),
    Row(
        "growth-rate",
        "100 messages a second to 100 readers, and to ever more, up to 10,000",
        _crowds(lambda readers: 100),
        most("growth", 1.0, of=f"chatd, {_MANY}"),
        derive=_growth,
    ),
    Row(
        "log",
        "1,000 messages a second to 1,000 readers: nothing stored, and stored on disks of three speeds",
        each(_DISKS, Broadcast(seconds=8)),
        [
            *most("µs/delivery", 1.3, OURS[0], of="chatd-always"),
            *_at_most_later("chatd-always", 3, 8),
            *_at_most_later("chatd-always-5ms", 5, 15),
            *_at_most_later("chatd-always-100ms", 5, 15),
        ],
        derive=_above_memory,
    ),
    Row(
        "log-saturate",
        "100 readers, 16 talkers with up to 32 messages each whose answer (stored) they wait for",
        each(_LOGS, Saturate(readers=100, talkers=16, window=8, most=32, told=1)),
        least("messages/s", 20_000, of="chatd-always") + most("µs/message", 35, of="chatd-always"),
    ),
    Row(
        "recover",
        "10,000 people, 20 messages a second: the server is killed, started again, and all come back",
        each(("chatd-always",), Recover(people=10_000, rate=20)),
        most("listened s", 2, of="chatd-always") + most("resumed s", 10, of="chatd-always"),
        repetitions=1,
    ),
    Row(
        "recover-often",
        "100 people, 2,000 messages a second: the server is killed five times",
        each(("chatd-always",), Recover(people=100, rate=2000, kills=5, seconds=12)),
        most("listened s", 2, of="chatd-always"),
        repetitions=1,
    ),
    Row(
        "search",
        "1,000 messages a second to 1,000 readers, and 10 searches a second among a million older ones",
        each(("chatd-always",), Searching()),
        [
            *most("answer p99 ms", 100, of="chatd-always"),
            *most("lag worst s", 5, of="chatd-always"),
            *most("rebuilt s", 60, of="chatd-always"),
            *most("index µs", 15, of="chatd-always"),
        ],
        repetitions=1,
    ),
    Row(
        "paging",
        "the same, and 10 pages a second: the last 100 messages, and 500 anywhere, in turn",
        each(("chatd-always",), Paging()),
        most("answer p99 ms", 100, of="chatd-always"),
        repetitions=1,
    ),
    Row(
        "rooms",
        "1,000 rooms of 10 people, 5,000 messages a second, beside as many deliveries in one room",
        _chatd(RoomTalk(rooms=1000, rate=5000, seconds=8)),
        most("rooms ratio", 1.5),
    ),
    Row(
        "rooms-idle",
        "100 rooms of 10 people, 500 messages a second: alone, and beside 9,800 rooms that are silent",
        (*_chatd(RoomTalk(seconds=8), _ALONE), *_chatd(RoomTalk(idle=9800, seconds=8), "9,800 idle rooms")),
        most("µs/delivery", 1.05, f"chatd, {_ALONE}", of="chatd, 9,800 idle rooms"),
        repetitions=1,
    ),
    Row(
        "direct",
        "1,000 people write direct messages to each other, with 4 and with 16 unacknowledged each",
        (
            *_chatd(DirectMessaging(window=4), "window 4"),
            *_chatd(DirectMessaging(window=16), "window 16"),
        ),
        least("messages/s", 100_000, of=_WINDOW) + least("capacity/s", 180_000, of=_WINDOW),
    ),
    Row(
        "direct-rate",
        "1,000 people write to each other, 10,000 messages a second in all",
        each(("chatd", "inspircd"), DirectMessaging(rate=10_000)),
        most("µs/message", 1.2, "inspircd"),
    ),
    Row(
        "storm",
        "10,000 people join, drop without a word, and return",
        _chatd(Storm()),
        most("all in s", 4) + most("drops told s", 5),
    ),
    Row(
        "idle", "10,000 connections that do nothing", _chatd(Idle()), most("KiB each", 12) + most("idle %", 2)
    ),
    Row(
        "idle-few",
        "1,000 connections that do nothing",
        _chatd(Idle(people=1000)),
        most("idle %", 2),
        repetitions=1,
    ),
    Row(
        "idle-most",
        "as many connections as the file limit allows",
        _chatd(Idle(people=0)),
        least("connections", 18_000) + most("idle %", 2),
        repetitions=1,
    ),
    Row(
        "slow",
        "1,000 readers, 10 of them frozen or at 1 KiB/s, messages of 2,000 bytes, 100 a second",
        (*_chatd(SlowReaders(), "frozen"), *_chatd(SlowReaders(pace=1024), "1 KiB/s")),
        most("p99 ratio", 1.1) + least("skipped", 1) + most("after / before", 1.1),
    ),
    Row(
        "slow-many",
        "2,000 readers, 1,000 of them frozen, messages of 2,000 bytes, 100 a second",
        _chatd(SlowReaders(readers=2000, slow=1000)),
        most("KiB each slow", 1024) + most("after / before", 1.1),
        repetitions=1,
    ),
    *PEOPLE_ROWS,
    *EDGE_ROWS,
    Row(
        "mixed",
        "a working day of 1,000 people: bursts, direct messages, some come and go",
        _chatd(Mixed()),
        most("p99 ms", 50),
    ),
)

#: After 22 minutes no further repetition of a row begins, so that all ends within 25.
PLAN: Final = Plan(
    "bench", "Measure chatd, pinned to one core, and the floor and peers in turn with it.", ROWS, minutes=22
)

if __name__ == "__main__":
    orderly(PLAN.main)
