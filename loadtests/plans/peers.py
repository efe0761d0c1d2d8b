"""`make peers`: chatd, the floor, and other people's servers, under the same load.

`python -m loadtests.plans.peers [ROW…] [--runs N] [--minutes N] [--quick]`, or `make peers`. Where one is
not installed, a sentence says so, the others still run, and the exit code is 2.
"""

from typing import Final

from loadtests.plans.campaign import Row, each, least, most
from loadtests.plans.conduct import Plan
from loadtests.plans.orderly import orderly
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

ROWS: Final = (
    Row(
        "broadcast",
        "1,000 readers, 10 talkers, 1,000 messages of 100 bytes a second",
        (
            *each(_FAST, Broadcast(seconds=6)),
            # Ten times as many are more than it can deliver.
            *each(("naive",), Broadcast(seconds=6, rate=100), "100 a second"),
        ),
        most("µs/delivery", 1.2, "floor")
        + most("µs/delivery", 1.0, *_OTHERS)
        + most("p99 ms", 1.0, *_OTHERS),
    ),
    Row(
        "saturate",
        "1,000 readers, 8 talkers, the load raised until deliveries stop growing",
        each(SERVERS, Saturate(seconds=1.5)),
        least("capacity/s", 0.7, "floor") + least("capacity/s", 1.5, *PEERS),
    ),
    Row(
        "direct",
        "1,000 people write to each other, with 16 unacknowledged messages each",
        each(_WRITERS, DirectMessaging(window=16)),
        least("capacity/s", 1.0, "inspircd", "nats"),
    ),
    Row(
        "direct-rate",
        "1,000 people write to each other, 10,000 messages a second in all",
        each(_WRITERS, DirectMessaging(rate=10_000)),
        most("µs/message", 1.2, "inspircd"),
    ),
    Row(
        "storm",
        "1,000 people join, drop without a word, and return (more take the IRC servers minutes)",
        each(SERVERS, Storm(people=1000, patience=60)),
        most("all in s", 1.0, "inspircd", "ngircd") + most("drops told s", 1.0, "inspircd", "ngircd"),
        repetitions=1,
    ),
    Row(
        "idle",
        "2,000 connections that do nothing",
        each(SERVERS, Idle(people=2000, seconds=3)),
        repetitions=1,
    ),
)


#: After 24 minutes no further repetition of a row begins, so that all ends within half an hour.
PLAN: Final = Plan(
    *("peers", "Measure chatd and other servers in turn, each pinned to the same core.", ROWS),
    minutes=24,
)

if __name__ == "__main__":
    orderly(PLAN.main)
