"""`make load`: one scenario against a chatd of its own, or any server; fails when one delivery is missing.

    python -m loadtests                                   broadcast, for 20 seconds
    python -m loadtests storm --people 5000
    python -m loadtests saturate --host tcp://127.0.0.1:5050 --html report.html

The scenarios are those of locust and of the bench, with the same options.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

from loadtests.engine.codecs import CODECS
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import check, end_in_order, fresh, perform
from loadtests.reports import document as documents
from loadtests.reports import goals, html
from loadtests.reports.files import writable, write
from loadtests.scenarios.base import Option, RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.table import SCENARIOS
from loadtests.servers.address import find
from loadtests.servers.running import prepare


def at_least(option: Option) -> Callable[[str], float]:
    """The option's type for argparse."""

    def parse(word: str) -> float:
        number = type(option.default)(word)
        if not option.least <= number < math.inf:
            raise argparse.ArgumentTypeError(f"{word} is not {option.least:g} or more")
        return number

    parse.__name__ = "number"  # argparse names it in its sentence about a word that is none
    return parse


def parser() -> argparse.ArgumentParser:
    """One command for each scenario."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--host", metavar="tcp://HOST:PORT", help="a server that runs (default: one of its own)"
    )
    common.add_argument(
        "--server", default="chatd", choices=CODECS, help="which server that is (default: %(default)s)"
    )
    common.add_argument("--json", type=writable, metavar="FILE", help="write the figures there, for machines")
    common.add_argument("--html", type=writable, metavar="FILE", help="write a report with charts there")
    whole = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Load a chat server, and check every delivery.",
        epilog=f"Without a scenario it is {Broadcast.name}.",
    )
    commands = whole.add_subparsers(dest="scenario", metavar="SCENARIO", required=True)
    for name, scenario in SCENARIOS.items():
        command = commands.add_parser(name, help=scenario.about, description=scenario.about, parents=[common])
        for option in scenario.options():
            command.add_argument(
                f"--{option.name}",
                metavar="N",
                type=at_least(option),
                default=option.default,
                help=f"{option.help} (default: {option.default:g})",
            )
    return whole


def _run(run: Run, scenario: Scenario, arguments: argparse.Namespace) -> None:
    """Raises Unusable."""
    check(scenario, arguments.server)
    prepare()
    if arguments.host is None:
        fresh(run, arguments.server, scenario)
    else:
        perform(scenario, RunContext(find(arguments.host, arguments.server), run))


def _tell(run: Run, scenario: Scenario, arguments: argparse.Namespace, command: Sequence[str]) -> list[str]:
    """On the terminal and in files; returns a sentence for each that could not be written."""
    print(goals.show([run], scenario.columns, ()), flush=True)
    document = documents.begin(command)
    document.runs.append(run)
    document.interrupted = run.interrupted
    return list(write(document, (arguments.json, documents.dumps), (arguments.html, html.report)))


def main(argv: Sequence[str] | None = None) -> int:
    """0: all arrived; 1: it did not, or the server failed; 2: wrong usage, or it cannot run here; 130:
    interrupted, and what there is was written."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, Broadcast.name)
    arguments: Any = parser().parse_args(words)
    scenario = SCENARIOS[arguments.scenario].of(vars(arguments))
    run = Run(arguments.server, scenario=scenario.name, options=scenario.chosen())
    end_in_order()
    print(f"{scenario.name}: {scenario.about}", flush=True)
    print("  " + ", ".join(f"{name} {value:g}" for name, value in scenario.chosen().items()), flush=True)
    try:
        _run(run, scenario, arguments)
    except Unusable as error:
        print(f"loadtests: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        run.interrupted = True
    unwritten = _tell(run, scenario, arguments, ["python", "-m", "loadtests", *words])
    for sentence in unwritten:
        print(f"loadtests: {sentence}", file=sys.stderr)
    if run.interrupted:
        print("loadtests: interrupted; this is what there is", file=sys.stderr)
        return 130
    if run.faults:
        print(f"FAILED: {len(run.faults)} faults, see above", file=sys.stderr)
    return 1 if run.faults else 2 if unwritten else 0


if __name__ == "__main__":
    sys.exit(main())
