"""locust's user classes: one for each scenario. A user is a single greenlet that drives all clients of the
scenario: as many TCP connections as it asks for, with the engine that the bench uses.

One greenlet for each connection was tried: it keeps up with 150,000 deliveries a second, this with millions.
To share a process with locust the engine needs `Patient`, which waits in gevent's hub and yields to locust's
web page, statistics and workers at least every 50 ms.
"""

from contextlib import suppress
from time import monotonic
from typing import Any, ClassVar, Final

from gevent import socket
from locust import User, task
from locust.exception import StopUser

from loadtests.engine.rooms import Loop, block
from loadtests.locust_ui.figures import Figures
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import INTERRUPTIONS, check, perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.table import SCENARIOS
from loadtests.servers.address import find

#: Message to the runner (the master, where there is one): the scenario is over.
OVER: Final = "scenario.over"


class Patient:
    """How the engine's loops wait under gevent. Its timers count milliseconds, too coarse for latencies: the
    last two milliseconds are waited for with select(), which blocks all other greenlets for no longer than
    that."""

    #: Seconds.
    GIVE_WAY: Final = 0.05
    COARSE: Final = 0.002

    def __init__(self) -> None:
        self._gave_way = monotonic()

    def __call__(self, fd: int, seconds: float) -> None:
        if seconds <= self.COARSE and monotonic() - self._gave_way < self.GIVE_WAY:
            block(fd, seconds)
            return
        with suppress(TimeoutError):
            socket.wait_read(fd, max(seconds - self.COARSE, 0) or 0.0001)
        self._gave_way = monotonic()


Loop.wait = staticmethod(Patient())


class ScenarioUser(User):
    """Runs its scenario once."""

    abstract = True
    scenario: ClassVar[type[Scenario]]
    fixed_count = 1

    @task
    def perform(self) -> None:
        environment: Any = self.environment
        figures: Figures = environment.figures
        run = Run(environment.parsed_options.server, scenario=self.scenario.name)
        with environment.stage_door:  # several scenarios run one after the other
            environment.runs.append(run)
            try:
                self._perform(run, figures)
            except Unusable as error:
                run.faults.append(str(error))
            except INTERRUPTIONS:
                run.interrupted = True
                raise
            except Exception as error:
                # locust reports a bug of ours as a failed task; the exit code and the report must have it
                # too.
                run.faults.append(f"defect of the suite's own: {error!r}")
                raise
            finally:
                for fault in run.faults:
                    figures.failed(self.scenario.name, fault)
                figures.flush()
        environment.over.add(type(self).__name__)
        environment.runner.send_message(OVER, {"name": type(self).__name__})
        raise StopUser

    def _perform(self, run: Run, figures: Figures) -> None:
        options: Any = self.environment.parsed_options
        given = {name: value for name, value in vars(options).items() if value not in (None, "")}
        try:
            scenario = self.scenario.of(given)
        except ValueError as error:
            raise Unusable(f"an option of {self.scenario.name} is no number: {error}") from error
        run.options = scenario.chosen()
        check(scenario, options.server)
        target = find(self.host or "", options.server)
        context = RunContext(target, run, tick=lambda: None, follow=figures.follow, live=True)
        perform(scenario, context)


#: Chosen by name: `locust -f loadtests/locustfile.py Broadcast`.
USERS: Final = {
    scenario.user_class(): type(
        scenario.user_class(), (ScenarioUser,), {"scenario": scenario, "__doc__": scenario.about}
    )
    for scenario in SCENARIOS.values()
}
