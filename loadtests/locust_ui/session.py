"""A test in one process of locust: the engine that all its users share, and what it tells the master.

Once a second each process that has users sends a report to the master (where there is none, to itself): a
`Gathering`'s, and its latencies. The last one is marked as that: the master does not judge before it has all
of them. After --run-time locust gives its workers half a second to stop, and their users may need longer to
leave: so the master asks them by a message of our own, before locust does. The first report is empty: whose
first one the master has not got began with another master, and is not heard.
"""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import gevent
import locust
import msgspec
from gevent import GreenletExit
from gevent.event import Event
from gevent.lock import RLock
from locust import runners
from locust.runners import STATE_SPAWNING, MasterRunner, WorkerRunner

from loadtests.engine.gathering import Gathering
from loadtests.locust_ui import page
from loadtests.locust_ui.figures import TYPE, Figures
from loadtests.locust_ui.options import add_options, check_form
from loadtests.locust_ui.outcome import NodeReport, Outcome
from loadtests.measure.errors import Unusable
from loadtests.measure.process import raise_file_limit
from loadtests.measure.result import Run
from loadtests.plans.ending import ending
from loadtests.plans.orderly import lossy
from loadtests.reports import document as documents
from loadtests.reports.files import write
from loadtests.servers.address import parse

_LOG: Final = logging.getLogger(__name__)
#: Messages between workers and master.
_REPORT: Final = "chat.report"
_LEAVE: Final = "chat.leave"
#: Seconds between two reports.
_INTERVAL: Final = 1.0
#: Seconds without a word of the master, which answers each worker once a second, after which a worker ends:
#: locust's own minute is long for users who go on without anybody who counts. It has no option for this.
runners.MASTER_HEARTBEAT_TIMEOUT = 10


class ChatTest:
    """From a test's start to its end, in a process that has users. `addresses` are those of the host, first
    the one that answered last."""

    def __init__(self, environment: Any) -> None:
        """Raises Unusable."""
        self.addresses = parse(environment.host or "")
        self._figures = Figures(environment)
        self.gathering = Gathering(self._failed)
        self._runner = environment.runner
        self._requests = environment.events.request
        self._tell()  # the master knows from now on that there is something to wait for
        self._greenlets = [gevent.spawn(self._read), gevent.spawn(self._report)]

    def end(self) -> None:
        """All users have left."""
        gevent.killall(self._greenlets)
        self._tell(last=True)
        self.gathering.close()

    def _tell(self, *, last: bool = False) -> None:
        """Pass what is new to the master, and to locust's statistics."""
        report = self.gathering.settle(last=last)
        new = self._figures.flush(self.gathering.times)
        latency = dict(new["deliver"].counts)
        message = NodeReport(report, time.process_time(), len(new["say"]), latency)
        self._runner.send_message(_REPORT, msgspec.to_builtins(message))

    def _failed(self, name: str, error: str) -> None:
        self._requests.fire(
            request_type=TYPE, name=name, response_time=None, response_length=0, exception=error
        )

    def _report(self) -> None:
        while True:
            gevent.sleep(_INTERVAL)
            self._tell()

    def _read(self) -> None:
        """For gevent's hub the engine's epoll is one file. Its sockets are read in turns of at most 64, and
        between two turns everything else in this process has its own."""
        hub = gevent.get_hub()
        readable = hub.loop.io(self.gathering.fileno(), 1)
        try:
            while True:
                hub.wait(readable)
                self.gathering.turn(0)
                gevent.sleep(0)
        except Exception as error:
            self.gathering.accuse(f"defect of the suite's own: {error!r}")
            raise


def set_up(environment: Any, runner: Any, **_: Any) -> None:
    """In every process."""
    raise_file_limit()
    environment.chat_session = environment.chat_outcome = environment.chat_run = None
    environment.chat_runs = []
    if isinstance(runner, WorkerRunner):
        runner.register_message(_LEAVE, lambda environment, msg: runner.stop())
    else:
        runner.register_message(_REPORT, take)
    runner.stop = _one_at_a_time(runner.stop)
    environment.chat_is_judged = False
    check_form(environment)
    page.attach(environment)
    # As the last one it is called first: a worker tells locust's master that it quits when it has reported.
    environment.events.quitting.add_listener(judge)
    for number in (signal.SIGHUP, signal.SIGINT):
        gevent.signal_handler(number, os.kill, os.getpid(), signal.SIGTERM)


def take(environment: Any, msg: Any, **_: Any) -> None:
    """A worker has reported to the master; that test may be over, where another master began it."""
    if environment.chat_outcome is not None:
        environment.chat_outcome.take(msg.data)


def _one_at_a_time(stop: Callable[..., None]) -> Callable[..., None]:
    """Who wants the same stop while it goes on, as a signal and a message from the master do, waits for it:
    the runner itself would begin anew."""
    lock = RLock()

    def waiting(*arguments: Any, **named: Any) -> None:
        with lock:
            stop(*arguments, **named)

    return waiting


@contextmanager
def _spawning(runner: Any) -> Iterator[None]:
    """What locust is while the server is asked whether it is there: a page that sees it stopped right after
    its click on Start would not ask again."""
    before = runner.state
    runner.update_state(STATE_SPAWNING)
    try:
        yield
    except (GreenletExit, Unusable):  # another click, which starts anew; or there is no server
        runner.update_state(before)
        raise


def begin(environment: Any, **_: Any) -> None:
    """A test begins."""
    runner, run = environment.runner, Run("chatd", scenario="locust")
    environment.chat_session = environment.chat_outcome = None
    environment.chat_run = run
    environment.chat_runs.append(run)
    run.faults.append(f"the test ended before a server had answered at {environment.host}")
    try:
        if not isinstance(runner, WorkerRunner):
            with _spawning(runner):
                environment.chat_outcome = Outcome(environment, run)
        if not isinstance(runner, MasterRunner):
            environment.chat_session = ChatTest(environment)
    except Unusable as error:
        run.faults[:] = [str(error)]
        if environment.web_ui is not None:
            _LOG.error("%s", error)  # for the page's Logs: its Start tells no reason
            raise GreenletExit from error  # locust's greenlet that begins this test, as /stop ends it
        gevent.spawn(runner.quit)
    else:
        run.faults.clear()


def stopping(environment: Any, **_: Any) -> None:
    """All users are about to be stopped."""
    if isinstance(environment.runner, MasterRunner):
        environment.runner.send_message(_LEAVE)


def stopped(environment: Any, **_: Any) -> None:
    """All users of this process have left; the master has none, and waits for its workers'."""
    if environment.chat_session is not None:
        environment.chat_session.end()
    if environment.chat_outcome is not None:
        environment.chat_outcome.end()
    environment.chat_session = environment.chat_outcome = None


def judge(environment: Any, **_: Any) -> None:
    """locust ends: the files, and the exit code; requests that failed are locust's business."""
    if environment.chat_is_judged:
        Event().wait()  # a second signal: the first one's handler ends the process
    environment.chat_is_judged = True
    environment.runner.stop()  # after an interruption: locust itself stops it only after this event
    if isinstance(environment.runner, WorkerRunner):
        return
    sys.stdout, sys.stderr = lossy(sys.stdout), lossy(sys.stderr)
    runs = environment.chat_runs
    document = documents.begin(["locust", *sys.argv[1:]])
    document.runs = runs
    unwritten = write(document, environment.parsed_options, "run_")
    if any(run.faults for run in runs):
        environment.process_exit_code = 1
    elif unwritten and not environment.stats.errors:
        environment.process_exit_code = 2
    sentences = [ending(run, "broadcast") for run in runs]
    sentences[-1:] = [last + _refused(environment.stats.errors) for last in sentences[-1:]]
    sentences += unwritten
    # Behind locust's last tables.
    environment.events.quit.add_listener(lambda exit_code: print(*sentences, sep="\n", flush=True))


def _refused(errors: Mapping[Any, Any]) -> str:
    """What else failed in the last test."""
    if not errors:
        return ""
    most = max(errors.values(), key=lambda error: error.occurrences)
    count = sum(error.occurrences for error in errors.values())
    return f"; {count:,} requests failed, most often {most.name}: {most.error}"


events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(set_up)
events.test_start.add_listener(begin)
events.test_stopping.add_listener(stopping)
events.test_stop.add_listener(stopped)
