"""`make load`: a server of its own, a thousand users, twenty seconds; fails when one delivery is missing.

This process only starts, watches and ends the others: the server, and locust with its workers.
"""

import argparse
import math
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn

from loadtests import report
from loadtests.processes import Child, Failed, Sample, free_port, running, sample, server

_LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
#: Files that a process needs besides its users' sockets.
_SPARE_FILES: Final = 64
#: Seconds between two looks at the server.
_SAMPLE_TIME: Final = 0.1
#: Lines of locust's log that are shown when a run has failed: which reader missed what.
_EXAMPLES: Final = 5
#: Seconds beyond spawning and talking after which a run is given up: joining, draining and leaving are
#: bounded each, and far below this when all is well.
_OVERTIME: Final = 120.0


def _at_least(kind: type[int] | type[float], least: float) -> Callable[[str], float]:
    """An argument type."""

    def parse(word: str) -> float:
        number = kind(word)
        if not least <= number < math.inf:
            raise argparse.ArgumentTypeError(f"{word} is not {least:g} or more")
        return number

    parse.__name__ = "number"  # argparse names it in its sentence about a word that is none
    return parse


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests", description="Load a chatd of its own, and check every delivery."
    )
    some = "(default %(default)s)"
    for name, kind, default, text in (
        ("users", _at_least(int, 2), 1000, f"people in the room {some}"),
        ("talkers", _at_least(int, 1), 10, f"how many of them talk {some}"),
        ("rate", _at_least(float, 0.01), 10, f"messages a second a talker {some}"),
        ("size", _at_least(int, 1), 100, f"characters of a message {some}"),
        ("seconds", _at_least(float, 0.1), 20, f"how long they talk, once all are in {some}"),
        ("processes", _at_least(int, 1), 2, f"processes that play the users {some}"),
        ("spawn-rate", _at_least(float, 1), 500, f"users that come each second {some}"),
    ):
        parser.add_argument(f"--{name}", metavar="N", type=kind, default=default, help=text)
    arguments = parser.parse_args(argv)
    if arguments.talkers > arguments.users:
        parser.error("there cannot be more talkers than users")
    _raise_file_limit(parser, arguments)
    return arguments


def _raise_file_limit(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    needed = arguments.users + _SPARE_FILES
    if needed > hard:
        parser.error(
            f"{arguments.users} users need {needed} files in the server, and a process here may open {hard}; "
            "please raise the limit (ulimit -Hn) or ask for fewer users"
        )


def _locust(arguments: argparse.Namespace, address: str, report_file: Path) -> list[str]:
    """The command; its master gets a port of its own, so that runs do not meet."""
    port = free_port()
    options = {
        "--locustfile": _LOCUSTFILE,
        "--host": address,
        "--users": arguments.users,
        "--spawn-rate": arguments.spawn_rate,
        "--processes": arguments.processes,
        "--talkers": arguments.talkers,
        "--message-rate": arguments.rate,
        "--message-size": arguments.size,
        "--talk-time": arguments.seconds,
        "--report-file": report_file,
        "--loglevel": "WARNING",
        "--master-host": "127.0.0.1",
        "--master-bind-host": "127.0.0.1",
        "--master-port": port,
        "--master-bind-port": port,
    }
    words = [str(word) for option in options.items() for word in option]
    return [sys.executable, "-m", "locust", "--headless", "--only-summary", *words]


def _watch(child: Child, locust: Child, seconds: float) -> list[Sample]:
    """Look at the server until locust is done."""
    samples = []
    for _ in range(math.ceil(seconds / _SAMPLE_TIME)):
        if child.process.poll() is not None:
            raise child.failure(f"ended with code {child.process.returncode} while it was used")
        samples.append(sample(child.process.pid))
        try:
            locust.process.wait(_SAMPLE_TIME)
        except subprocess.TimeoutExpired:
            continue
        return samples
    raise locust.failure(f"was not done after {seconds:g} s")


def _run(arguments: argparse.Namespace) -> int:
    """The exit code; raises Failed."""
    print(
        f"{arguments.users} users, {arguments.talkers} of them say {arguments.rate:g} messages a second of "
        f"{arguments.size} characters, for {arguments.seconds:g} s, in {arguments.processes} processes"
    )
    with tempfile.TemporaryDirectory() as folder:
        report_file = Path(folder) / "report.json"
        with (
            server() as (child, address),
            running("locust", _locust(arguments, address, report_file)) as locust,
        ):
            ramp = arguments.users / arguments.spawn_rate
            samples = _watch(child, locust, arguments.seconds + ramp + _OVERTIME)
            code = child.end(signal.SIGTERM)
            if code or b"Traceback" in child.printed():
                raise child.failure(f"ended with code {code}")
            if not report_file.exists():
                raise locust.failure(f"ended with code {locust.process.returncode} and left no report")
            return _tell(arguments, report.read(report_file), samples, locust)


def _tell(arguments: argparse.Namespace, figures: report.Report, samples: list[Sample], locust: Child) -> int:
    """Print the figures, and what was wrong; return the exit code."""
    print(*report.lines(figures, report.use(samples, figures)), sep="\n")
    faults = list(report.faults(figures, arguments.users))
    if locust.process.returncode and not faults:
        faults = [str(locust.failure(f"ended with code {locust.process.returncode}"))]
    errors = [line for line in locust.printed().decode(errors="replace").splitlines() if "/ERROR/" in line]
    for line in faults + errors[:_EXAMPLES] if faults else ():
        print(f"FAILED      {line}")
    return 1 if faults else 0


def _terminated(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    """0: all arrived; 1: it did not, or something failed; 130: interrupted; 2: wrong usage."""
    arguments = _arguments(argv)
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(arguments)
    except Failed as failure:
        print(f"FAILED      {failure}")
        return 1
    except KeyboardInterrupt:
        print("interrupted; all processes were ended", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
