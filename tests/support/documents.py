"""Documents to draw: what a run looks like, without having run one. Deterministic, so that a picture of it
stays the same."""

from math import sin
from typing import Final

from loadtests.measure.latency import Histogram
from loadtests.measure.result import Document, Run, Sample

#: name, deliveries a second, CPU share, memory in MiB, median latency in ms
SERVERS: Final = (
    ("chatd", 1_000_000, 0.57, 41.0, 12.0),
    ("floor", 1_004_000, 0.50, 5.4, 9.0),
    ("plain", 640_000, 0.99, 60.0, 80.0),
    ("inspircd", 980_000, 0.83, 34.0, 30.0),
    ("ngircd", 720_000, 0.97, 12.0, 55.0),
    ("nats", 1_002_000, 0.71, 28.0, 14.0),
    ("redis", 1_001_000, 0.66, 19.0, 11.0),
)


def latencies(median_ms: float, count: int = 5000) -> list[tuple[float, int]]:
    """With a long tail: each nine twice as slow."""
    histogram = Histogram()
    for at in range(count):
        above = (at + 0.5) / count
        histogram.counts[int(median_ms * 100 * (1 - above) ** -0.3)] += 1
    return histogram.distribution()


def samples(rate: float, cpu: float, memory: float, median_ms: float, looks: int, turn: int) -> list[Sample]:
    """Every half second, with some life in it."""
    wave = [1 + 0.03 * sin(at * 1.7 + turn) for at in range(looks)]
    return [
        Sample(
            at=0.5 * (at + 1),
            deliveries=int(rate * 0.5 * sum(wave[: at + 1])),
            server=cpu * wave[at],
            generator=0.6 * wave[-at],
            memory_mib=memory * (0.8 + 0.2 * at / looks),
            p50_ms=median_ms * wave[at],
            p99_ms=median_ms * 3 * wave[at] ** 3,
        )
        for at in range(looks)
    ]


def run(server: str, scenario: str, turn: int = 0, looks: int = 40) -> Run:
    rate, cpu, memory, median = next(row[1:] for row in SERVERS if row[0] == server)
    wobble = 1 + 0.02 * turn
    return Run(
        server,
        {
            "deliveries/s": rate * wobble,
            "µs/delivery": 1e6 * cpu / rate * wobble,
            "per CPU s": rate / cpu / wobble,
            "p50 ms": median * wobble,
            "p99 ms": 3 * median * wobble,
            "p99.9 ms": 8 * median * wobble,
            "RSS MiB": memory,
            "generator %": 60.0,
            "disturbed %": 1.0,
            "blocked ms": 0.0 if server == "chatd" else float("nan"),
        },
        scenario=scenario,
        options={"readers": 1000, "talkers": 10, "rate": 1000, "size": 100},
        samples=samples(rate, cpu, memory, median, looks, turn),
        latency=latencies(median * wobble),
    )


def document(repetitions: int = 3) -> Document:
    """All servers, two scenarios; one run of each kind that has to be marked."""
    runs = [
        run(server, scenario, turn)
        for scenario in ("broadcast", "saturate")
        for turn in range(repetitions)
        for server, *_ in SERVERS
    ]
    marked = {(one.scenario, one.server): one for one in runs}
    marked["saturate", "ngircd"].faults.append("t003: message 17 came in place of 16 [<no last words>]")
    marked["saturate", "floor"].void = True
    marked["saturate", "floor"].mark("the load generator was saturated: its core was full")
    marked["broadcast", "plain"].figures["disturbed %"] = 12.0
    marked["saturate", "redis"].interrupted = True
    machine = {"cpu": "AMD EPYC", "kernel": "6.18.44", "python": "3.11.7", "gevent": "26.9.0"}
    return Document(machine, "python -m loadtests.plans.bench --runs 3", "2026-11-22T18:40:00+00:00", runs)
