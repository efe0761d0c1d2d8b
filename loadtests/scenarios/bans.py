"""What a join costs on a server with many bans, beside the same without."""

from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import ClassVar

from loadtests.engine.banning import Banning, account
from loadtests.engine.codecs import PEOPLE
from loadtests.engine.moderator import ADMIN
from loadtests.engine.sockets import is_local
from loadtests.measure.errors import Unusable
from loadtests.scenarios.base import RunContext, Scenario, option
from loadtests.scenarios.broadcast import SHARES
from loadtests.scenarios.measures import metered, watched
from loadtests.scenarios.refilled import NOBODY, await_listening, refill
from loadtests.servers.old_people import write_accounts

#: Of who comes: whether it has an account.
_KINDS = {"guest": False, "account": True}


@dataclass(frozen=True, slots=True)
class ManyBans(Scenario):
    """Rounds in turn with bans and without, on one server: first guests come and go, and then owners of
    accounts. Medians are compared."""

    name: ClassVar[str] = "bans"
    about: ClassVar[str] = "people join a server with many accounts, with a thousand bans and without"
    columns: ClassVar[tuple[str, ...]] = (
        *("bans", "guest join ratio", "account join ratio", "guest join µs", "account join µs"),
        *("guest join without µs", "account join without µs", *SHARES, "RSS MiB"),
    )
    one_load: ClassVar[bool] = False
    codecs: ClassVar[tuple[str, ...]] = ("chatd",)
    server: ClassVar[str] = "chatd-everysec"

    people: int = option(10_000, "accounts", least=10, most=PEOPLE, quick=0.05)
    bans: int = option(1000, "accounts, names and ranges that are banned", least=3, most=2000, quick=0.1)
    joins: int = option(500, "people who join in each part of a round", least=1, most=5000, quick=0.1)
    rounds: int = option(4, "rounds with bans, and as many without", least=1, quick=0.25)

    def run(self, context: RunContext) -> None:
        target, run = context.target, context.run
        if not is_local(target.address):
            raise Unusable("bans connects from many addresses of this machine: please leave out --host")
        accounts = [ADMIN, *map(account, range(self.people))]
        refill(context, self.name, lambda folder: write_accounts(accounts, folder))
        run.noun = "joins"
        with closing(Banning(target.codec, target.address, self.people, self.bans)) as banning:
            await_listening(context, banning.fileno())
            done = [0]
            with (
                watched(context, banning, lambda: done[0], banning.joins),
                metered(context, lambda wall, cpu: None),
            ):
                costs = self._rounds(context, banning, done)
        run.figures["RSS MiB"] = target.memory() / 2**20
        run.figures["bans"] = self.bans
        for kind in _KINDS:
            with_bans, without = median(costs[kind, True]), median(costs[kind, False])
            run.figures[f"{kind} join µs"], run.figures[f"{kind} join without µs"] = with_bans, without
            run.figures[f"{kind} join ratio"] = with_bans / without

    def _rounds(
        self, context: RunContext, banning: Banning, done: list[int]
    ) -> dict[tuple[str, bool], list[float]]:
        """CPU of the server for each join, µs, by who comes and whether there are bans."""
        costs: dict[tuple[str, bool], list[float]] = {
            (kind, bans): [] for kind in _KINDS for bans in (False, True)
        }
        # Who comes back looks through what was done since, up to a bound: so that has been reached before.
        banning.make()
        banning.lift()
        self._part(context, banning, registered=False)  # the first of all are dearer
        for number in range(2 * self.rounds):
            bans = number % 4 in (1, 2)  # without, with, with, without: what changes meanwhile changes both
            if number % 4 == 1:
                banning.make()
            elif number % 4 == 3:
                banning.lift()
            if number % 2:
                self._part(context, banning, registered=False)  # what was just done is still being stored
            for kind, registered in _KINDS.items():
                costs[kind, bans].append(self._part(context, banning, registered=registered))
                done[0] += self.joins
        return costs

    def _part(self, context: RunContext, banning: Banning, *, registered: bool) -> float:
        before = context.target.spent().cpu
        banning.come(self.joins, registered=registered)
        cost = 1e6 * (context.target.spent().cpu - before) / self.joins
        banning.go()
        return cost

    @property
    def connections(self) -> int:
        return self.joins + 2

    def mistake(self, codec: str) -> str | None:
        if codec == "chatd":
            return NOBODY
        if self.bans > self.people:
            return "accounts are banned, too: please give fewer --bans than --people"
        return None
