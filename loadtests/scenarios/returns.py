"""Everybody comes back after a restart of the server, and wants to know what there is to read."""

from contextlib import closing
from dataclasses import dataclass
from time import monotonic
from typing import ClassVar

from loadtests.engine.codecs import PEOPLE
from loadtests.engine.returning import Return
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.broadcast import SHARES
from loadtests.scenarios.measures import latencies, metered, watched
from loadtests.scenarios.refilled import NOBODY, await_listening, refill
from loadtests.servers.old_unread import OldUnread, write_unread


@dataclass(frozen=True, slots=True)
class ReturnAll(Scenario):
    """Each must be told what was prepared for it: for every room the count, the mentions and the read mark,
    and the same of whoever wrote to it. All come at once: as fast as the server welcomes them."""

    name: ClassVar[str] = "return"
    about: ClassVar[str] = "thousands of accounts come back after a restart, each with its unread counts"
    columns: ClassVar[tuple[str, ...]] = (
        *("returned s", "listening s", "return p50 ms", "return p99 ms", "return µs", "counts"),
        *(*SHARES, "RSS MiB"),
    )
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    server: ClassVar[str] = "chatd-always"

    people: int = option(10_000, "accounts that come back", least=10, most=PEOPLE, quick=0.05)
    rooms: int = option(200, "rooms, beside the lobby", least=1)
    each: int = option(20, "of those each is in so many", least=1, most=100)
    messages: int = option(50, "messages of each room; in one of them it is 1,500", least=1)
    patience: float = option(120.0, "seconds after which it is given up", least=1)

    def run(self, context: RunContext) -> None:
        target, run = context.target, context.run
        old = OldUnread.until_now(self.people, self.rooms, self.each, self.messages)
        run.noun = "returns"
        due = old.unread()
        began = refill(context, self.name, lambda folder: write_unread(old, folder))
        with closing(Return(target.codec, target.address, due)) as everyone:

            def tell(wall: float, cpu: float) -> None:
                latencies(run, everyone.times, "return ")
                run.figures["return µs"] = 1e6 * cpu / max(everyone.returned, 1)

            with (
                watched(context, everyone, lambda: everyone.returned, everyone.times),
                metered(context, tell),
            ):
                await_listening(context, everyone.fileno())
                run.figures["listening s"] = monotonic() - began
                everyone.come_back(self.patience)
                run.figures["returned s"] = monotonic() - began
            run.figures["RSS MiB"] = target.memory() / 2**20
            run.figures["counts"] = everyone.counts

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return NOBODY
        if self.rooms % self.each:
            return "everyone is in as many rooms: please give --rooms that --each divides"
        return None
