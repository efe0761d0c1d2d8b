"""The load suite in locust: a user class for each scenario, their options, and the figures on locust's pages.

    locust -f loadtests/locustfile.py Broadcast --host tcp://127.0.0.1:5050 --readers 1000 --rate 500
    locust -f loadtests/locustfile.py --class-picker --host tcp://127.0.0.1:5050

With no name it is Broadcast. `--help-scenarios` shows each scenario's options (locust answers `--help` before
it has read this file); `python -m loadtests broadcast --help` does too. The server must run with `--line-rate
0`, or its rate limit slows the talkers down. A missing, changed or reordered delivery is a failed request
with the scenario's name, and locust exits with code 1. One user drives all clients; with `--processes` one
worker runs it, and the others are idle.
"""

import resource
import sys
from dataclasses import asdict
from typing import Any, Final

import gevent
import locust
import msgspec
from gevent.lock import Semaphore
from gevent.signal import signal as on_signal
from locust.runners import WorkerRunner

from loadtests.engine.codecs import CODECS
from loadtests.locust_ui import page
from loadtests.locust_ui.figures import INTERVAL, Figures
from loadtests.locust_ui.users import OVER, USERS
from loadtests.measure.result import Run
from loadtests.reports import document as documents
from loadtests.reports import goals, html
from loadtests.reports.files import writable, write
from loadtests.scenarios.base import Option
from loadtests.scenarios.broadcast import Broadcast as Default
from loadtests.scenarios.table import SCENARIOS

#: locust looks for the classes of users among this module's names.
globals().update(USERS)

#: Message with the run so far, from the worker that runs the user.
RUN: Final = "scenario.run"


def shared() -> dict[str, dict[str, Option]]:
    """Name of an option → scenario → its option: scenarios that share a name share one command-line
    option."""
    found: dict[str, dict[str, Option]] = {}
    for name, scenario in SCENARIOS.items():
        for option in scenario.options():
            found.setdefault(option.name, {})[name] = option
    return found


def add_options(parser: Any) -> None:
    """For the command line and, except for files, the web page. An option is in the group of the first
    scenario that has it; without a value each scenario uses its own default."""
    for scenario, kind in SCENARIOS.items():
        own = {name: of for name, of in shared().items() if next(iter(of)) == scenario}
        others = [f"--{option.name}" for option in kind.options() if option.name not in own]
        also = f" It takes from above: {' '.join(others)}." if others else ""
        group = parser.add_argument_group(kind.user_class(), f"{kind.about}.{also}")
        for name, of in own.items():
            kinds = type(of[scenario].default)
            action = group.add_argument(f"--{name}", type=kinds, default=None, help=_help(of))
            action.include_in_web_ui = True  # what locust's own add_argument does, and a group's does not
    parser.add_argument(
        "--server", default="chatd", choices=sorted(CODECS), help="how the server is spoken to"
    )
    parser.add_argument(
        "--help-scenarios", action="help", include_in_web_ui=False, help="show these options, and exit"
    )
    for name, what in (("run-json", "the figures for machines"), ("run-html", "the report with charts")):
        parser.add_argument(
            f"--{name}", type=writable, metavar="FILE", include_in_web_ui=False, help=f"write {what} there"
        )


def _help(of: dict[str, Option]) -> str:
    """Its help text, with the default in each scenario."""
    first = next(iter(of.values()))
    defaults = ", ".join(f"{option.default:g} in {name}" for name, option in of.items())
    return f"{first.help} (default: {defaults})"


def set_up(environment: Any, runner: Any, **_: Any) -> None:
    """In every process."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    environment.figures = Figures(environment)
    environment.stage_door = Semaphore(1)
    environment.runs, environment.over, environment.chat_run = [], set(), None
    options = environment.parsed_options
    picks = getattr(options, "class_picker", False) or getattr(options, "user_classes", None)
    if not picks and len(environment.user_classes) > 1:
        environment.user_classes[:] = [USERS[Default.user_class()]]
    runner.register_message(OVER, _is_over, concurrent=True)
    runner.register_message(RUN, _takes_run)
    runner.greenlet.spawn(_tell, environment)
    page.attach(environment)
    on_signal(2, lambda *_: gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt()))


def _tell(environment: Any) -> None:
    """Runs as a greenlet: passes figures to locust, and the run to the live page, also in another process."""
    while True:
        gevent.sleep(INTERVAL)
        environment.figures.flush()
        _show(environment)


def _show(environment: Any) -> None:
    if environment.runs:
        environment.chat_run = environment.runs[-1]
        if isinstance(environment.runner, WorkerRunner):
            environment.runner.send_message(RUN, {"runs": [asdict(run) for run in environment.runs]})


def _takes_run(environment: Any, msg: Any, **_: Any) -> None:
    """In the master: what a worker has measured so far."""
    environment.runs[:] = msgspec.convert(msg.data["runs"], list[Run])
    environment.chat_run = environment.runs[-1]


def _is_over(environment: Any, msg: Any, **_: Any) -> None:
    """A scenario is over; the test is over with the last one."""
    environment.over.add(msg.data["name"])
    runner = environment.runner
    if environment.over >= {kind.__name__ for kind in environment.user_classes}:
        if environment.web_ui is None:
            runner.quit()
        else:
            runner.stop()


def begin(environment: Any, **_: Any) -> None:
    """A test begins."""
    environment.figures.reset()
    environment.runs.clear()
    environment.over.clear()


def stopped(environment: Any, **_: Any) -> None:
    """The user has stopped: pass on what it measured last."""
    environment.figures.flush()
    _show(environment)


def judge(environment: Any, **_: Any) -> None:
    """The exit code, the figures of the server, and the reports; workers have sent theirs to the master."""
    if isinstance(environment.runner, WorkerRunner):
        return
    environment.runner.stop()  # after an interruption: locust itself stops it only after this event
    stats, options, runs = environment.stats, environment.parsed_options, environment.runs
    failed = stats.errors or any(entry.num_failures for entry in stats.entries.values())
    if failed or any(run.faults or run.interrupted for run in runs):
        environment.process_exit_code = 1
    for run in runs:
        print(f"\n{run.scenario}{' (interrupted)' * run.interrupted}")
        print(goals.show([run], SCENARIOS[run.scenario].columns, ()), flush=True)
    document = documents.begin(["locust", *sys.argv[1:]])
    document.runs = runs
    document.interrupted = any(run.interrupted for run in runs)
    for sentence in write(document, (options.run_json, documents.dumps), (options.run_html, html.report)):
        print(sentence, file=sys.stderr)
        environment.process_exit_code = 2


events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(set_up)
events.test_start.add_listener(begin)
events.test_stop.add_listener(stopped)
events.quitting.add_listener(judge)
