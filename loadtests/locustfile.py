"""The load test for locust: its options, and its events tied to the crowd and the conductor.

By hand: `locust -f loadtests/locustfile.py --host tcp://127.0.0.1:5050`, then its web page on port 8089; more
processes with `--processes 2`. The server must run with `--line-rate 0`, or talkers wait for its rate limit.
Any missing, doubled or reordered delivery is a failure of that name and makes locust end with code 1.
"""

import json
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gevent
import locust
from locust.runners import MasterRunner, WorkerRunner

from loadtests.crowd import FINISH, FINISHED, JOINED, TALK, Conductor, Crowd
from loadtests.users import Listener, Talker

__all__ = ["Listener", "Talker"]


def add_options(parser: Any) -> None:
    """On the command line and, but for the last two, on the web page."""
    group = parser.add_argument_group("Chat", "What the talkers do; everyone else listens.")
    group.add_argument("--talkers", type=int, default=10, help="users that talk (default %(default)s)")
    group.add_argument(
        "--message-rate", type=float, default=10.0, help="messages a second a talker (default %(default)s)"
    )
    group.add_argument(
        "--message-size", type=int, default=100, help="characters of a message (default %(default)s)"
    )
    parser.add_argument(
        "--talk-time",
        type=float,
        default=0.0,
        include_in_web_ui=False,
        help="end so many seconds after everyone is in (default: do not)",
    )
    parser.add_argument(
        "--report-file", default="", include_in_web_ui=False, help="write the figures there when all is over"
    )


def set_up(environment: Any, runner: Any, **_: Any) -> None:
    """In every process: the crowd, what it hears, and the merging of figures once a second."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    crowd = Crowd(environment)
    conductor = Conductor(environment, crowd.figures)
    environment.crowd, environment.conductor = crowd, conductor
    # message: (what it does, whether that takes time)
    heard: dict[str, tuple[Callable[[Any], None], bool]] = {
        JOINED: (lambda msg: conductor.joined(msg.node_id, msg.data["talkers"]), False),
        TALK: (lambda msg: crowd.talk(msg.data["talkers"]), False),
        FINISH: (lambda msg: crowd.finish(), True),
        FINISHED: (lambda msg: conductor.has_finished(msg.node_id), False),
    }
    for name, (act, is_long) in heard.items():
        runner.register_message(name, _listener(act), concurrent=is_long)
    environment.events.spawning_complete.add_listener(lambda **_: _spawned(environment))
    runner.greenlet.spawn(crowd.figures.run)
    gevent.signal_handler(signal.SIGINT, _interrupted, environment)


def _interrupted(environment: Any) -> None:
    """Ctrl-C reaches all processes of a terminal, and would end whichever greenlet happens to run. While a
    run goes on, the conductor ends it in order, and workers wait for that; else it is locust's to handle."""
    crowd, conductor = environment.crowd, environment.conductor
    if not crowd.is_running and not conductor.is_running:
        gevent.get_hub().handle_system_error(KeyboardInterrupt, KeyboardInterrupt())
    elif not isinstance(environment.runner, WorkerRunner):
        environment.runner.quit()
        if environment.web_ui is not None:
            environment.web_ui.stop()


def _listener(act: Callable[[Any], None]) -> Callable[..., None]:
    def listener(environment: Any, msg: Any, **_: Any) -> None:
        act(msg)

    return listener


def begin(environment: Any, **_: Any) -> None:
    """A test begins; locust asks for the number of talkers only after this."""
    Talker.fixed_count = int(environment.parsed_options.talkers)
    environment.crowd.reset()
    environment.conductor.reset()


def _spawned(environment: Any) -> None:
    """All users were started, here and elsewhere; they may not be in yet."""
    if not isinstance(environment.runner, WorkerRunner):
        environment.conductor.spawned_more()
    if not isinstance(environment.runner, MasterRunner):
        gevent.spawn(environment.crowd.report_joined)


def stop(environment: Any, **_: Any) -> None:
    """The test is about to end; its users are still there."""
    is_worker = isinstance(environment.runner, WorkerRunner)
    (environment.crowd if is_worker else environment.conductor).finish()


def stopped(environment: Any, **_: Any) -> None:
    """The users have gone: what they measured at the very end."""
    environment.crowd.figures.flush()


def judge(environment: Any, **_: Any) -> None:
    """The exit code, and the report; a worker's failures have reached the master with its statistics."""
    if isinstance(environment.runner, WorkerRunner):
        return
    stats = environment.stats
    if stats.errors or any(entry.num_failures for entry in stats.entries.values()):
        environment.process_exit_code = 1
    path = environment.parsed_options.report_file
    if path:
        Path(path).write_text(json.dumps(_report(environment)))


def _report(environment: Any) -> dict[str, Any]:
    stats, conductor = environment.stats, environment.conductor
    return {
        "began": conductor.began,
        "ended": conductor.ended,
        "entries": {
            entry.name: {
                "requests": entry.num_requests,
                "failures": entry.num_failures,
                "times": sorted(entry.response_times.items()),
            }
            for entry in stats.entries.values()
        },
        "errors": [[error.name, str(error.error), error.occurrences] for error in stats.errors.values()],
    }


events: Any = locust.events
events.init_command_line_parser.add_listener(add_options)
events.init.add_listener(set_up)
events.test_start.add_listener(begin)
events.test_stopping.add_listener(stop)
events.test_stop.add_listener(stopped)
events.quitting.add_listener(judge)
