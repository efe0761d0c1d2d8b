"""`make bench`: chatd and the floor in turn, each pinned to a core, judged by goals.

`python -m loadtests.plans.bench [ROW…] [--runs N] [--quick] [--json FILE] [--html FILE]`, or `make bench`.
The floor is a C program that only receives, joins and sends; it pauses between rounds, as chatd does, or not
(floor-restless). chatd-json is chatd with talkers who speak JSON lines.
"""

import sys
from collections.abc import Sequence
from math import nan
from typing import Final

from loadtests.measure.result import Run
from loadtests.plans.campaign import Row, conduct, each, parse
from loadtests.reports.goals import BLOCKED, Goal
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm

_FLOORS: Final = ("chatd", "floor", "floor-restless")
#: Not at saturation: JSON talkers receive twice the bytes, so the load generator is saturated first.
SERVERS: Final = (*_FLOORS, "chatd-json")
#: For rows in which the floor's pauses make no difference.
_PAIR: Final = ("chatd", "floor")
_CHATD: Final = ("chatd",)

_FEW, _MANY = "100 readers", "10,000 readers"
#: The same number of deliveries a second to few readers and to many.
_DELIVERIES: Final = 100_000

#: Minutes after which no further repetition of a row begins, so that all ends within 25.
MINUTES: Final = 22.0


def _growth(runs: Sequence[Run]) -> None:
    """For each server: CPU per delivery with many readers, as a ratio to that with few."""
    by_server = {run.server: run for run in runs}
    for run in runs:
        few = by_server.get(run.server.replace(_MANY, _FEW), run)
        if few is run or not few.figures.get("µs/delivery"):
            continue
        run.figures["growth"] = run.figures.get("µs/delivery", nan) / few.figures["µs/delivery"]
        if few.void and not run.void:
            run.void = True
            run.mark(f"void: its growth is a ratio to a void run with {_FEW}")


ROWS: Final = (
    Row(
        "broadcast",
        "1,000 readers, 10 talkers, 1,000 messages of 100 bytes a second",
        each(SERVERS, Broadcast(seconds=8)),
        (
            Goal("CPU per delivery, ratio to the floor", "chatd", "µs/delivery", 1.2, "floor"),
            Goal("p99, ratio to the floor", "chatd", "p99 ms", 2.0, "floor"),
            BLOCKED,
        ),
    ),
    Row(
        "idle-rate",
        "10 messages a second to 1,000 readers",
        each(_PAIR, Broadcast(talkers=2, rate=10, seconds=10)),
        (Goal("p50, ratio to the floor", "chatd", "p50 ms", 1.5, "floor"), BLOCKED),
    ),
    Row(
        "saturate",
        "1,000 readers, 8 talkers, windows doubled until the deliveries stop growing (latency: 1 in 16)",
        each(_FLOORS, Saturate()),
        (
            Goal(
                "capacity, deliveries a second of server CPU, ratio to the floor",
                *("chatd", "capacity/s", 0.7, "floor"),
                at_least=True,
            ),
            BLOCKED,
        ),
    ),
    Row(
        "overload",
        "1,000 readers, talkers with 16 unacknowledged messages each (latency: 1 reader in 8)",
        tuple(
            case
            for talkers in (10, 50, 100)
            for case in each(
                _CHATD,
                Saturate(talkers=talkers, window=16, most=16, sample=8, seconds=5),
                f"{talkers} talkers",
            )
        ),
        (Goal("p99 from send to delivery, ms", "chatd", "p99 ms", 300), BLOCKED),
    ),
    Row(
        "growth",
        "the same deliveries a second to 100 and to 10,000 readers",
        (
            *each(_PAIR, Broadcast(readers=100, talkers=2, rate=_DELIVERIES / 100, seconds=8), _FEW),
            *each(_PAIR, Broadcast(readers=10_000, talkers=2, rate=_DELIVERIES / 10_000, seconds=8), _MANY),
        ),
        (
            Goal(
                "growth of CPU per delivery, ratio to the floor's",
                *(f"chatd, {_MANY}", "growth", 1.2, f"floor, {_MANY}"),
            ),
            BLOCKED,
        ),
        _growth,
    ),
    Row(
        "direct",
        "1,000 people write direct messages to each other, with 4 and with 16 unacknowledged each",
        tuple(
            case
            for window in (4, 16)
            for case in each(_CHATD, DirectMessaging(window=window), f"window {window}")
        ),
        (Goal("messages a second", "chatd, window 16", "messages/s", 100_000, at_least=True), BLOCKED),
    ),
    Row(
        "storm",
        "10,000 people join, drop without a word, and return",
        each(_CHATD, Storm()),
        (
            Goal("seconds until all are in", "chatd", "all in s", 4),
            Goal("seconds until all who remain know of all drops", "chatd", "drops told s", 5),
            BLOCKED,
        ),
    ),
    Row(
        "idle",
        "10,000 connections that do nothing",
        each(_CHATD, Idle()),
        (
            Goal("resident KiB a connection", "chatd", "KiB each", 12),
            Goal("share of a core, %", "chatd", "idle %", 2),
            BLOCKED,
        ),
    ),
    Row(
        "idle-few",
        "1,000 connections that do nothing",
        each(_CHATD, Idle(people=1000)),
        (Goal("share of a core, %", "chatd", "idle %", 2), BLOCKED),
    ),
    Row(
        "idle-most",
        "as many connections as the file limit allows",
        each(_CHATD, Idle(people=0, each=10_000)),
        (
            Goal("connections in one process", "chatd", "connections", 18_000, at_least=True),
            Goal("share of a core, %", "chatd", "idle %", 2),
            BLOCKED,
        ),
    ),
    Row(
        "slow",
        "1,000 readers, 10 of them frozen or at 1 KiB/s, messages of 2,000 bytes, 100 a second",
        (*each(_CHATD, SlowReaders(), "frozen"), *each(_CHATD, SlowReaders(pace=1024), "1 KiB/s")),
        (
            Goal("the others' p99, ratio to that without", "chatd", "p99 ratio", 1.1),
            Goal("messages skipped for the slow ones", "chatd", "skipped", 1, at_least=True),
            Goal("memory after they left, ratio to before", "chatd", "after / before", 1.1),
            BLOCKED,
        ),
    ),
    Row(
        "slow-many",
        "2,000 readers, 1,000 of them frozen, messages of 2,000 bytes, 100 a second",
        each(_CHATD, SlowReaders(readers=2000, slow=1000)),
        (
            Goal("memory at the peak for each frozen reader, KiB", "chatd", "KiB each slow", 1024),
            Goal("memory after they left, ratio to before", "chatd", "after / before", 1.1),
            BLOCKED,
        ),
    ),
    Row(
        "mixed",
        "a working day of 1,000 people: bursts, direct messages, some come and go",
        each(_CHATD, Mixed()),
        (Goal("p99 of room messages, ms", "chatd", "p99 ms", 50), BLOCKED),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code, as `conduct` has it."""
    about = "Measure chatd, pinned to one core, and the floor in turn with it."
    arguments, rows = parse("bench", about, ROWS, argv, minutes=MINUTES)
    return conduct("bench", arguments, rows)


if __name__ == "__main__":
    sys.exit(main())
