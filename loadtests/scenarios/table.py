"""What is measured: a table of scenarios, each with its figures and its goals.

A scenario's `repetition` runs every server that it compares once, each in a fresh process, so that whatever
else the machine does meets all of them alike.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import Final

from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.people import People
from loadtests.reports.goals import BLOCKED, Goal
from loadtests.result import Run
from loadtests.scenarios.measures import Meter, Scale, Setting, measure, recorded, room_run
from loadtests.scenarios.slow import frozen_many, frozen_one

_SERVERS: Final = ("chatd", "floor")
_LATENCIES: Final = ("p50 ms", "p99 ms", "p99.9 ms", "worst ms")
_SHARES: Final = ("server %", "generator %", "disturbed %", "blocked ms")


@dataclass(frozen=True, slots=True)
class Scenario:
    """One line of the table."""

    about: str
    repetition: Callable[[Scale], list[Run]]
    columns: tuple[str, ...]
    goals: tuple[Goal, ...]


def _broadcast(scale: Scale) -> list[Run]:
    setting = Setting(scale.people(1000), 10)
    return [room_run(name, setting, lambda: Paced(1000, scale.seconds(8))) for name in _SERVERS]


def _idle_rate(scale: Scale) -> list[Run]:
    setting = Setting(scale.people(1000), 2)
    return [room_run(name, setting, lambda: Paced(10, scale.seconds(10))) for name in _SERVERS]


#: Saturation is where twice the window brings less than this factor.
_GROWTH: Final = 1.03


def _saturate(scale: Scale) -> list[Run]:
    """Twice the window in each step, in one room, until the deliveries stop growing; the best step counts."""
    return [_saturate_one(name, scale) for name in _SERVERS]


def _saturate_one(name: str, scale: Scale) -> Run:
    setting = Setting(scale.people(1000), 8, sample=16)
    with recorded(name) as (run, server), closing(setting.room(server)) as room:
        room.join()
        room.start()
        for window in (8, 16, 32, 64, 128, 256):
            step = Run(name)
            measure(server, step, room, Windowed(window, scale.seconds(2)))
            step.figures["window"] = window
            rate, before = step.figures["deliveries/s"], run.figures.get("deliveries/s", 0)
            if rate > before:
                run.figures, run.marks = step.figures, step.marks
            if rate < _GROWTH * before:
                break
        bound = any(mark.startswith("generator-bound") for mark in run.marks)
        run.figures["reached/s"] = run.figures["per CPU s" if bound else "deliveries/s"]
    return run


def _overload(scale: Scale) -> list[Run]:
    runs = []
    for talkers in (10, 50, 100):
        setting = Setting(scale.people(1000), talkers, sample=8)
        run = room_run("chatd", setting, lambda: Windowed(16, scale.seconds(5)))
        run.server = f"chatd, {talkers} talkers"
        runs.append(run)
    return runs


def _direct(scale: Scale) -> list[Run]:
    runs = []
    for window in (4, 16):
        with (
            recorded("chatd") as (run, server),
            closing(People(server.address, scale.people(1000), window)) as people,
        ):
            people.join()
            meter = Meter(server)
            messages = people.talk(scale.seconds(5))
            wall, cpu = meter.read(run)
            run.figures |= {"messages/s": messages / wall, "µs/message": 1e6 * cpu / messages}
        run.server = f"chatd, window {window}"
        runs.append(run)
    return runs


def _crowd(scale: Scale) -> list[Run]:
    people = scale.people(10_000)
    with recorded("chatd") as (run, server):
        before = server.memory()
        with closing(Setting(people - 2, 2).room(server)) as room:
            joining = Meter(server)
            run.figures["all in s"] = room.join()
            room.start()
            joining.read(run)
            run.figures["KiB each"] = (server.memory() - before) / people / 1024
            meter = Meter(server)
            idle = scale.seconds(10)
            while (left := meter.began + idle - monotonic()) > 0:
                room.turn(left)
            wall, cpu = meter.read(run)
            run.figures["idle %"] = 100 * cpu / wall
    return [run]


SCENARIOS: Final[dict[str, Scenario]] = {
    "broadcast": Scenario(
        "1,000 readers, 10 talkers, 1,000 messages of 100 bytes a second",
        _broadcast,
        ("deliveries/s", "µs/delivery", *_LATENCIES, "late p99 ms", *_SHARES),
        (
            Goal("CPU per delivery, ratio to the floor", "chatd", "µs/delivery", 1.4, "floor"),
            Goal("p99, ratio to the floor", "chatd", "p99 ms", 2.0, "floor"),
            BLOCKED,
        ),
    ),
    "idle-rate": Scenario(
        "10 messages a second to 1,000 readers",
        _idle_rate,
        ("µs/delivery", *_LATENCIES, "late p99 ms", *_SHARES),
        (Goal("p50, ratio to the floor", "chatd", "p50 ms", 1.5, "floor"), BLOCKED),
    ),
    "saturate": Scenario(
        "1,000 readers, 8 talkers, windows doubled until the deliveries stop growing (latency: 1 in 16)",
        _saturate,
        ("window", "deliveries/s", "per CPU s", "µs/delivery", "p50 ms", "p99 ms", *_SHARES),
        (
            Goal(
                "deliveries a second (of server CPU where the generator ended first)",
                "chatd",
                "reached/s",
                5e6,
                at_least=True,
            ),
            BLOCKED,
        ),
    ),
    "overload": Scenario(
        "1,000 readers, talkers with 16 unacknowledged messages each (latency: 1 reader in 8)",
        _overload,
        ("messages/s", "deliveries/s", *_LATENCIES, *_SHARES, "RSS MiB"),
        (Goal("p99 from send to delivery, ms", "chatd", "p99 ms", 300), BLOCKED),
    ),
    "direct": Scenario(
        "1,000 people write direct messages to each other, with 4 and with 16 unacknowledged each",
        _direct,
        ("messages/s", "µs/message", *_SHARES),
        (Goal("messages a second", "chatd, window 16", "messages/s", 100_000, at_least=True), BLOCKED),
    ),
    "crowd": Scenario(
        "10,000 named clients in the lobby",
        _crowd,
        ("all in s", "KiB each", "idle %", "disturbed %", "blocked ms"),
        (
            Goal("seconds until all are in", "chatd", "all in s", 5),
            Goal("resident KiB a client", "chatd", "KiB each", 14),
            Goal("share of a core when idle, %", "chatd", "idle %", 2),
            BLOCKED,
        ),
    ),
    "frozen": Scenario(
        "1,000 readers, messages of 2,000 bytes, 100 a second; with none and with one of them frozen",
        frozen_one,
        ("skipped", "delivered", "p50 ms", "p99 ms", "worst ms", *_SHARES, "RSS MiB"),
        (
            Goal("growth of the others' p99, ms", "chatd, one", "p99 ms", 10, "chatd, none", grows=True),
            Goal("messages skipped for the frozen one", "chatd, one", "skipped", 1, at_least=True),
            BLOCKED,
        ),
    ),
    "frozen-many": Scenario(
        "2,000 readers, 1,000 of them frozen, messages of 2,000 bytes, 100 a second",
        frozen_many,
        ("before MiB", "peak MiB", "after MiB", "KiB each", "p50 ms", "p99 ms", *_SHARES),
        (
            Goal("memory at the peak for each frozen reader, KiB", "chatd", "KiB each", 1024),
            Goal("memory after they left, ratio to before", "chatd", "after / before", 1.1),
            BLOCKED,
        ),
    ),
}
