"""`python -m loadtests.bench [SCENARIO…] [--runs N] [--quick] [--json FILE]`

Exit codes: 0 all delivered (whether or not the goals are met), 1 a delivery was missing, changed or out of
order or the server failed, 2 the benchmark cannot run here.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from loadtests.reports import goals as report
from loadtests.result import Run
from loadtests.scenarios.measures import Scale
from loadtests.scenarios.table import SCENARIOS, Scenario
from loadtests.servers.running import Unusable, alone, build_floor, prepare

#: A disturbed repetition is made again, so often in all.
ATTEMPTS: Final = 3


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    width = max(map(len, SCENARIOS))
    listed = "\n".join(f"  {name.ljust(width)}  {scenario.about}" for name, scenario in SCENARIOS.items())
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.bench",
        description="Measure chatd, pinned to one core, and the floor in turn with it.",
        epilog=f"scenarios (default: all):\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO", help="one of those below")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="repetitions (default %(default)s)")
    parser.add_argument("--quick", action="store_true", help="everything small and short, to see it work")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.scenario if name not in SCENARIOS]
    if unknown:
        parser.error(f"there is no scenario {unknown[0]}; there are {', '.join(SCENARIOS)}")
    if arguments.runs < 1:
        parser.error("--runs takes a number above 0")
    return arguments


def _measure(name: str, repetitions: int, scale: Scale) -> tuple[list[Run], dict[str, Any]]:
    scenario = SCENARIOS[name]
    print(f"\n{name}: {scenario.about}", flush=True)
    runs = [run for _ in range(repetitions) for run in _undisturbed(scenario, scale)]
    verdicts = report.judge(scenario.goals, report.medians_of(runs))
    print(report.show(runs, scenario.columns, verdicts), flush=True)
    return runs, report.as_json(runs, verdicts)


def _undisturbed(scenario: Scenario, scale: Scale) -> list[Run]:
    """One repetition, again where something else on the machine spoiled it: the least disturbed of some
    attempts. A fault is final, whatever the machine did."""
    attempts: list[list[Run]] = []
    while len(attempts) < ATTEMPTS:
        runs = scenario.repetition(scale)
        if any(run.faults for run in runs) or not any(run.disturbed for run in runs):
            return runs
        attempts.append(runs)
        print("  (disturbed by something else on this machine)", file=sys.stderr)
    return min(attempts, key=lambda runs: max(run.figures["disturbed %"] for run in runs))


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code."""
    arguments = _parse(argv)
    scale = Scale(10, 0.25) if arguments.quick else Scale()
    machine = report.machine()
    # Ended like by Ctrl-C: the server that runs is ended too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with alone():
            build_floor()
            prepare()
            print("on " + ", ".join(f"{name} {value}" for name, value in machine.items()))
            names = arguments.scenario or list(SCENARIOS)
            measured = {name: _measure(name, arguments.runs, scale) for name in names}
    except Unusable as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if arguments.json:
        scenarios = {name: figures for name, (_, figures) in measured.items()}
        document = {"machine": machine, "quick": arguments.quick, "scenarios": scenarios}
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")
    faults = sum(len(run.faults) for runs, _ in measured.values() for run in runs)
    if faults:
        print(f"\nFAILED: {faults} faults, see above", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
