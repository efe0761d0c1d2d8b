"""Whole runs, small: one scenario by itself, and each against a server that is there."""

import json
import sys
from pathlib import Path

import pytest

from loadtests.measure.result import Run
from loadtests.plans.runs import fresh, perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.recover import Recover
from loadtests.scenarios.rooms import RoomTalk
from loadtests.scenarios.storm import Storm
from loadtests.servers.address import find, listener
from loadtests.servers.running import running as serving
from tests.support.processes import ChildFailed, running

OPTIONS = ("--readers", "8", "--talkers", "2", "--rate", "100", "--seconds", "0.5")


def test_a_run_counts_every_delivery(tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    with running("load", [sys.executable, "-m", "loadtests", *OPTIONS, "--json", str(path)]) as child:
        finished = child.finish(60)
    assert finished.code == 0, finished.output
    assert "µs/delivery" in finished.output
    (run,) = json.loads(path.read_text())["runs"]
    assert (run["scenario"], run["faults"], run["interrupted"]) == ("broadcast", [], False)
    assert run["figures"]["deliveries"] == 50 * 9
    assert run["options"]["readers"] == 8
    assert run["figures"]["µs/delivery"] > 0 and run["figures"]["RSS MiB"] > 1


def test_scenarios_against_a_server_that_is_there() -> None:
    """One after the other, as small as they get; chatd's own process is found by its port."""
    scenarios: tuple[Scenario, ...] = (
        Broadcast(readers=5, talkers=2, rate=100, seconds=0.1),
        RoomTalk(rooms=3, members=4, idle=5, rate=300, seconds=0.1),
        DirectMessaging(people=16, rate=200, seconds=0.1),
        Storm(people=20, witnesses=2),
        Idle(people=6, seconds=0.1),
        Mixed(people=5, churn=10, seconds=0.6, bursts=10),
    )
    with serving("chatd") as server:
        assert listener(server.address) == server.process.pid
        target = find(f"tcp://127.0.0.1:{server.address[1]}")
        for scenario in scenarios:
            run = Run("chatd")
            perform(scenario, RunContext(target, run))
            assert run.faults == [], scenario.name


def test_a_server_that_is_killed_has_lost_nothing() -> None:
    """And its second life begins at the same address, with the same log."""
    run = Run("chatd-always")
    fresh(run, "chatd-always", Recover(people=8, rate=200, seconds=0.5))
    assert run.faults == []
    assert run.figures["deliveries"] == 100 * 7
    assert 0 < run.figures["listened s"] <= run.figures["resumed s"]
    assert run.figures["blocked ms"] >= 0  # it ended when it was asked to


def test_a_child_ends_with_the_block_that_started_it() -> None:
    """One that was asked to end and will not is killed; here one that ends when asked."""
    with running("a sleeper", [sys.executable, "-c", "print('hi', flush=True); input()"]) as child:
        process = child.process
        process.wait()  # its input is empty
        assert "EOFError" in str(child.failure("ended"))
    with pytest.raises(ChildFailed), running("a sleeper", ["sleep", "60"]) as child:
        process = child.process
        raise child.failure("is too slow")
    assert process.returncode == -15
