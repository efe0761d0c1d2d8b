"""When to begin and when to end, so that what must arrive is known exactly.

Locust spawns users in several processes; each process has a `Crowd`, and the master (or the only process) a
`Conductor`. They speak through locust's own messages:

1. joined  crowd → conductor   all our users are in (or have failed to come), so many of them talk
2. talk    conductor → crowds  everyone is in everywhere: talk; there are so many talkers
3. finish  conductor → crowds  say your last; wait for everyone else's; leave; report
4. finished crowd → conductor  everything is in the statistics that were sent before this

Nobody talks before everyone is there, and nobody leaves before having heard every talker end, so the end of
the run is never counted as a loss. The conductor waits for `finished` before locust tells its workers to
quit: from then on locust would wait half a second only, and what came later would be lost silently.
"""

import itertools
import logging
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import gevent
from gevent.event import Event
from locust.runners import WorkerRunner

from loadtests import figures
from loadtests.figures import Figures
from loadtests.ledger import Ledger
from loadtests.users import LEAVE_TIME, ChatUser, State, Talker

JOINED: Final = "chat.joined"
TALK: Final = "chat.talk"
FINISH: Final = "chat.finish"
FINISHED: Final = "chat.finished"

#: Seconds in which everything that was said must have reached everyone.
DRAIN_TIME: Final = 15.0
#: Seconds that the conductor gives each process for all of its end.
FINISH_TIME: Final = DRAIN_TIME + LEAVE_TIME + 5.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line or the web page asks for."""

    rate: float
    size: int


class Crowd:
    """The users of this process."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._token = secrets.token_hex(3)  # names must differ between processes and runs
        self._numbers = itertools.count()
        self._users: dict[ChatUser, None] = {}
        self._finishing: Any = None
        self.figures = Figures(environment)
        #: Everyone is in everywhere; `talkers` is how many of them talk.
        self.talking = Event()
        self.talkers = 0
        #: The run is over for this process.
        self.finished = Event()

    @property
    def options(self) -> Options:
        options: Any = self._environment.parsed_options
        return Options(float(options.message_rate), int(options.message_size))

    def reset(self) -> None:
        """A new test begins."""
        self._users.clear()
        self._finishing = None
        self.figures.reset()
        self.talking.clear()
        self.talkers = 0
        self.finished.clear()

    def admit(self, user: ChatUser) -> tuple[str, Ledger]:
        """A new user's name and ledger."""
        self._users[user] = None
        return f"{user.kind}{self._token}_{next(self._numbers)}", Ledger(late=self.talking.is_set())

    def dismiss(self, user: ChatUser) -> None:
        """The user is gone."""
        self._users.pop(user, None)

    def report_joined(self) -> None:
        """Wait until all that were spawned are in, then tell the conductor."""
        users = list(self._users)
        gevent.wait([user.settled for user in users])
        talkers = sum(isinstance(user, Talker) and user.state is State.PRESENT for user in users)
        self._send(JOINED, {"talkers": talkers})

    @property
    def is_running(self) -> bool:
        """Whether the talking has begun and not ended."""
        return self.talking.is_set() and not self.finished.is_set()

    def talk(self, talkers: int) -> None:
        """Everyone is in: begin."""
        self.talkers = talkers
        self.talking.set()

    def finish(self) -> None:
        """End the run for this process; returns when that is done, whoever asked first."""
        if self._finishing is None:
            self._finishing = gevent.spawn(self._finish)
        self._finishing.join()

    def _finish(self) -> None:
        users = list(self._users)
        if self.talking.is_set():
            for user in users:
                if isinstance(user, Talker):
                    user.hush.set()
            gevent.wait([user.done for user in users], timeout=DRAIN_TIME)
            self._judge(users)
        for user in users:
            user.quit()
        gevent.wait([user.gone for user in users], timeout=LEAVE_TIME)
        for user in users:
            user.give_up()
        self.figures.flush()
        self._send_figures()
        self._send(FINISHED, None)
        self.finished.set()

    def _judge(self, users: Iterable[ChatUser]) -> None:
        """Report each delivery that is missing, doubled or out of order, with an example for each reader."""
        for user in users:
            if not user.was_present:
                continue
            faults = user.ledger.judge(user.others_talking())
            for kind, count in faults.counts().items():
                logger.error("%d deliveries to %s %s: %s", count, user.nick, kind, faults.example)
                self.figures.failed(kind, f"deliveries {kind}", count)
            if isinstance(user, Talker) and user.unacknowledged:
                self.figures.failed(figures.ACK, "no ack came", user.unacknowledged)

    def _send_figures(self) -> None:
        """What locust's worker sends every 3 s, now."""
        runner = self._environment.runner
        if isinstance(runner, WorkerRunner):
            data: dict[str, Any] = {}
            self._environment.events.report_to_master.fire(client_id=runner.client_id, data=data)
            runner.send_message("stats", data)

    def _send(self, name: str, data: dict[str, int] | None) -> None:
        runner = self._environment.runner
        assert runner is not None
        runner.send_message(name, data)


class Conductor:
    """Of all processes. `began` and `ended` bound the time of talking, in seconds of `time.monotonic`."""

    def __init__(self, environment: Any, figures: Figures) -> None:
        self._environment = environment
        self._figures = figures
        self._talkers: dict[str, int] = {}
        self._processes: set[str] = set()
        self._finished: set[str] = set()
        self._all_finished = Event()
        self._is_finishing = False
        self.began: float | None = None
        self.ended: float | None = None

    def reset(self) -> None:
        """A new test begins."""
        self._talkers.clear()
        self._processes.clear()
        self._finished.clear()
        self._all_finished.clear()
        self._is_finishing = False
        self.began = self.ended = None

    @property
    def is_running(self) -> bool:
        """Whether the talking has begun and not ended."""
        return self.began is not None and self.ended is None

    def joined(self, process: str, talkers: int) -> None:
        """A process has all its users in; the last one starts the talking."""
        self._talkers[process] = talkers
        self._processes.add(process)
        runner: Any = self._environment.runner
        if len(self._talkers) < runner.worker_count:
            return
        talkers = sum(self._talkers.values())
        if not talkers:
            self._figures.failed("talkers", "no talker is in")
        talk_time = float(self._environment.parsed_options.talk_time)
        if self.began is None and talk_time:
            gevent.spawn_later(talk_time if talkers else 0, runner.quit)
        self.began = self.began or time.monotonic()
        runner.send_message(TALK, {"talkers": talkers})

    def spawned_more(self) -> None:
        """Users were added or taken away: every process reports again."""
        self._talkers.clear()

    def finish(self) -> None:
        """End the run everywhere, and wait for what everyone measured."""
        if self._is_finishing or self.began is None:
            return
        self._is_finishing = True
        self.ended = time.monotonic()
        runner: Any = self._environment.runner
        runner.send_message(FINISH)
        if not self._all_finished.wait(FINISH_TIME):
            lost = len(self._processes - self._finished)
            self._figures.failed("worker", "a process of locust did not report", lost)

    def has_finished(self, process: str) -> None:
        """A process has reported all that it measured."""
        self._finished.add(process)
        if self._finished >= self._processes:
            self._all_finished.set()
