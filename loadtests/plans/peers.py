"""`make peers`: chatd, the floor, and other people's servers, under the same load, in one table.

`python -m loadtests.plans.peers [ROW…] [--runs N] [--minutes N] [--quick]`, or `make peers`. Where a server's
package cannot be installed, one sentence says so, the others still run, and the exit code is 2.
"""

import sys
from collections.abc import Sequence
from typing import Final

from loadtests.plans.campaign import Row, conduct, each, parse
from loadtests.reports.goals import Goal
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.storm import Storm

#: Other people's servers; and all servers that keep up with 1,000 messages a second to 1,000 readers.
_OTHERS: Final = ("inspircd", "ngircd", "nats", "redis")
_FAST: Final = ("chatd", "floor", "floor-restless", *_OTHERS)
PEERS: Final = ("naive", *_OTHERS)
SERVERS: Final = (*_FAST, "naive")
#: Servers with direct messages.
_WRITERS: Final = ("chatd", "inspircd", "ngircd", "nats", "redis")
#: Servers with nicknames and notices of joining and leaving.
_ROOMS: Final = ("chatd", "inspircd", "ngircd")

#: Minutes after which no further repetition begins, so that all ends within half an hour.
MINUTES: Final = 24.0


def _against(
    text: str, figure: str, bound: float, servers: Sequence[str], *, at_least: bool = False
) -> tuple[Goal, ...]:
    """chatd's figure, as a ratio to each of these servers'."""
    return tuple(
        Goal(f"{text}, ratio to {server}", "chatd", figure, bound, server, at_least=at_least)
        for server in servers
    )


ROWS: Final = (
    Row(
        "broadcast",
        "1,000 readers, 10 talkers, 1,000 messages of 100 bytes a second",
        (
            *each(_FAST, Broadcast(seconds=6)),
            # Ten times as many are more than it can deliver.
            *each(("naive",), Broadcast(seconds=6, rate=100), "100 a second"),
        ),
        (
            *_against("CPU per delivery", "µs/delivery", 1.2, ("floor",)),
            *_against("CPU per delivery", "µs/delivery", 1.0, _OTHERS),
            *_against("p99", "p99 ms", 1.0, _OTHERS),
        ),
    ),
    Row(
        "saturate",
        "1,000 readers, 8 talkers, the load raised until deliveries stop growing",
        each(SERVERS, Saturate(seconds=1.5)),
        (
            *_against("capacity", "capacity/s", 0.7, ("floor",), at_least=True),
            *_against("capacity", "capacity/s", 1.5, PEERS, at_least=True),
        ),
    ),
    Row(
        "direct",
        "1,000 people write to each other, with 16 unacknowledged messages each",
        each(_WRITERS, DirectMessaging(window=16)),
        _against("messages a second of server CPU", "capacity/s", 1.0, ("inspircd", "nats"), at_least=True),
    ),
    Row(
        "direct-rate",
        "1,000 people write to each other, 10,000 messages a second in all",
        each(_WRITERS, DirectMessaging(rate=10_000)),
        _against("CPU per message", "µs/message", 1.5, ("inspircd",)),
    ),
    Row(
        "storm",
        "1,000 people join, drop without a word, and return (more take the IRC servers minutes)",
        each(_ROOMS, Storm(people=1000, patience=60)),
        (
            *_against("seconds until all are in", "all in s", 1.0, ("inspircd", "ngircd")),
            *_against("seconds until all know of all drops", "drops told s", 1.0, ("inspircd", "ngircd")),
        ),
        most=1,
    ),
    Row(
        "idle",
        "2,000 connections that do nothing",
        each(SERVERS, Idle(people=2000, seconds=3)),
        most=1,
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code, as `conduct` has it."""
    about = "Measure chatd and other servers in turn, each pinned to the same core."
    arguments, rows = parse("peers", about, ROWS, argv, minutes=MINUTES)
    return conduct("peers", arguments, rows, whole=True)


if __name__ == "__main__":
    sys.exit(main())
