"""Whole runs, small: one scenario by itself and in locust against chatd, and locust against a server that
wrongs a reader. locust patches whatever process imports it, so all are processes of their own; they run side
by side."""

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.storm import Storm
from loadtests.servers.address import find, listener
from loadtests.servers.running import running as serving
from tests.support.polite import polite
from tests.support.processes import ChildFailed, FinishedRun, free_port, running
from tests.support.stub_server import Stream, Wrong

ROOT = Path(__file__).parents[3]
LOCUST = ("locust", "--headless", "--only-summary", "--locustfile", "loadtests/locustfile.py")
OPTIONS = ("--readers", "8", "--talkers", "2", "--rate", "100", "--seconds", "0.5")


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, FinishedRun], Path]:
    """What became of each run, by name, and the folder of what they wrote."""
    folder = tmp_path_factory.mktemp("load")
    with ExitStack() as stack:
        chatd = stack.enter_context(serving("chatd"))
        address = f"tcp://127.0.0.1:{chatd.address[1]}"
        wronged = stack.enter_context(polite(Wrong(Stream.READER, here="")))
        commands = {
            "load": ("loadtests", *OPTIONS, "--json", str(folder / "load.json")),
            "locust": (*LOCUST, "--host", address, *OPTIONS, "--run-json", str(folder / "locust.json")),
            "wronged": (*LOCUST, "Broadcast", "--host", wronged, *OPTIONS),
            "nobody": (*LOCUST, "Storm", "--host", f"tcp://127.0.0.1:{free_port()}"),
            "unwritable": (*LOCUST, "--host", address, *OPTIONS, "--run-html", "/no/such/folder/out"),
        }
        children = {
            name: stack.enter_context(running(name, [sys.executable, "-m", *command]))
            for name, command in commands.items()
        }
        result = {name: child.finish(60) for name, child in children.items()}
    return result, folder


def read(path: Path) -> Any:
    (run,) = json.loads(path.read_text())["runs"]
    return run


@pytest.mark.parametrize("name", ["load", "locust"])
def test_a_run_counts_every_delivery(ends: tuple[dict[str, FinishedRun], Path], name: str) -> None:
    result, folder = ends
    assert result[name].code == 0, result[name].output
    assert "µs/delivery" in result[name].output
    run = read(folder / f"{name}.json")
    assert (run["scenario"], run["faults"], run["interrupted"]) == ("broadcast", [], False)
    assert run["figures"]["deliveries"] == 50 * 9
    assert run["options"]["readers"] == 8
    assert run["figures"]["µs/delivery"] > 0 and run["figures"]["RSS MiB"] > 1


def test_locust_has_the_deliveries_among_its_requests(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    result, _ = ends
    assert "chat     deliver" in result["locust"].output


def test_a_wronged_reader_ends_locust_with_code_1(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    result, _ = ends
    assert result["wronged"].code == 1, result["wronged"].output
    assert "is not what the others got" in result["wronged"].output


def test_a_server_that_is_not_there_is_one_sentence(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    result, _ = ends
    assert result["nobody"].code == 1, result["nobody"].output
    assert "please start it, or correct the address" in result["nobody"].output
    assert "Traceback" not in result["nobody"].output and "(interrupted)" not in result["nobody"].output


def test_a_path_that_cannot_be_written_ends_locust_before_it_begins(
    ends: tuple[dict[str, FinishedRun], Path],
) -> None:
    result, _ = ends
    assert result["unwritable"].code == 2, result["unwritable"].output
    assert "/no/such/folder/out cannot be written (No such file" in result["unwritable"].output


def test_scenarios_against_a_server_that_is_there() -> None:
    """One after the other, as small as they get; chatd's own process is found by its port."""
    scenarios: tuple[Scenario, ...] = (
        Broadcast(readers=5, talkers=2, rate=100, seconds=0.1),
        DirectMessaging(people=16, rate=200, seconds=0.1),
        Storm(people=20, witnesses=2),
        Idle(people=6, each=3, seconds=0.1),
        Mixed(people=5, churn=10, seconds=0.6, bursts=10),
    )
    with serving("chatd") as server:
        assert listener(server.address) == server.process.pid
        target = find(f"tcp://127.0.0.1:{server.address[1]}")
        for scenario in scenarios:
            run = Run("chatd")
            perform(scenario, RunContext(target, run))
            assert run.faults == [], scenario.name


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
