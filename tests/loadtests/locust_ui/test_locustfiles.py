"""Each scenario's ready file for locust: its users, and how many of them its shape wants when. locust patches
whatever process imports it, so another does."""

import json
import sys

from tests.support.processes import running

#: A watchdog.
PATIENCE = 30.0

SHAPES = """
import json
from argparse import Namespace
from pathlib import Path
from time import perf_counter
from locust.env import Environment
from locust.util.load_locustfile import load_locustfile

found = {}
for path in sorted(Path("loadtests/locustfiles").glob("[a-z]*.py")):
    classes, (shape,) = load_locustfile(str(path))
    shape.runner = Namespace(environment=Namespace(
        parsed_options=Namespace(num_users=100, run_time=10, spawn_rate=1)))
    ticks = []
    for second in (0, 2.5, 4.5, 7, 9, 11):
        shape.start_time = perf_counter() - second
        tick = shape.tick()
        ticks.append(tick and tick[0])
    found[path.stem] = [sorted(classes), ticks]
print(json.dumps(found))
"""


def test_each_scenario_is_a_ready_file() -> None:
    with running("shapes", [sys.executable, "-c", SHAPES]) as child:
        finished = child.finish(PATIENCE)
    assert finished.code == 0, finished.output
    steady = [100] * 5 + [None]
    assert json.loads(finished.output) == {
        "broadcast": [["Reader", "TenTalkers"], steady],
        "direct": [["DirectWriter"], steady],
        "idle": [["Reader"], steady],
        "mixed": [["BurstTalker", "DirectWriter", "Reader", "Visitor"], [50, 100, 100, 100, 30, None]],
        "saturate": [["HastyTalker", "Reader"], [10, 20, 40, 70, 100, None]],
        "slow": [["Reader", "TenSlowReaders", "TenSteadyTalkers"], steady],
        "storm": [["StormGuest"], [100, 100, 1, 100, 100, None]],
    }
