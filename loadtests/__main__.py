"""`make load`: one scenario against a chatd of its own, or any server; fails when one delivery is missing.

    python -m loadtests                                   broadcast, for 20 seconds
    python -m loadtests storm --people 5000
    python -m loadtests saturate --host tcp://127.0.0.1:5050 --html report.html

The scenarios are those of locust and of the bench, with the same options.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from loadtests.engine.codecs import CODECS
from loadtests.measure.result import Run
from loadtests.plans.campaign import Campaign, Case, Row
from loadtests.plans.conduct import conduct
from loadtests.plans.orderly import orderly
from loadtests.plans.runs import check, perform
from loadtests.reports import document as documents
from loadtests.reports.files import add_files
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.table import SCENARIOS
from loadtests.servers.address import find
from loadtests.servers.transports import TCP, over, transport_of


def parser() -> argparse.ArgumentParser:
    """One command for each scenario."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--host", metavar="tcp://HOST:PORT", help="a server that runs (default: one of its own)"
    )
    add_files(common)
    whole = argparse.ArgumentParser(
        prog="python -m loadtests",
        description="Load a chat server, and check every delivery.",
        epilog=f"Without a scenario it is {Broadcast.name}.",
    )
    commands = whole.add_subparsers(dest="scenario", metavar="SCENARIO", required=True)
    for name, scenario in SCENARIOS.items():
        command = commands.add_parser(name, help=scenario.about, description=scenario.about, parents=[common])
        command.add_argument(
            "--server",
            default=scenario.server,
            choices=[server for server in CODECS if transport_of(server) == TCP],
            help="which server that is (default: %(default)s)",
        )
        command.add_argument(
            "--transport",
            default=scenario.transports[0],
            choices=scenario.transports,
            help="what its clients speak over, where it is a chatd (default: %(default)s)",
        )
        for option in scenario.options():
            option.add_to(command)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code, as `conduct` has it."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or (words[0].startswith("-") and words[0] not in ("-h", "--help")):
        words.insert(0, Broadcast.name)
    commands = parser()
    arguments: Any = commands.parse_args(words)
    scenario = SCENARIOS[arguments.scenario].of(arguments)
    server = over(arguments.server, arguments.transport)
    if server not in CODECS:
        commands.error(f"{arguments.server} does not speak {arguments.transport}; please choose a chatd")
    row = Row(scenario.name, scenario.about, (Case(server, scenario),))
    campaign = Campaign([row], documents.begin(["python", "-m", "loadtests", *words]), attempts=1, interval=1)

    def on_host(run: Run, server: str, scenario: Scenario) -> None:
        check(scenario, server)
        perform(scenario, RunContext(find(arguments.host, server), run))

    if arguments.host is not None:
        campaign.make = on_host
    print(", ".join(f"{name} {value:g}" for name, value in scenario.chosen().items()), flush=True)
    return conduct("loadtests", campaign, arguments)


if __name__ == "__main__":
    orderly(main)
