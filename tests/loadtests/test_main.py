"""Exit codes of `python -m loadtests`, and what it says, against servers that are right, or wrong in one
place. They run side by side, each in a process of its own."""

import re
import sys
from contextlib import ExitStack

import pytest

from loadtests.__main__ import main
from tests.support.polite import polite
from tests.support.processes import FinishedRun, running
from tests.support.stub_server import Delay, Stream, Wrong

#: 1,200 messages and the engine's fence: 10,808 deliveries.
OPTIONS = ("--readers", "8", "--talkers", "2", "--rate", "1200", "--seconds", "1")
#: Where the delivery is that goes wrong.
AT = 600
#: What the late server adds to each message, seconds.
LATE = 0.050


def figure(run: FinishedRun, name: str) -> float:
    """From the table that it printed, marked void or not: a busy machine makes the generator late."""
    lines = run.output.splitlines()
    head = next(at for at, line in enumerate(lines) if "µs/delivery" in line)
    names, values = (re.split(r"\s{2,}", lines[at].strip()) for at in (head, head + 1))
    return float(values[1 + names.index(name)].removesuffix(" void").replace(",", ""))


@pytest.fixture(scope="module")
def ends() -> dict[str, FinishedRun]:
    servers = {
        "right": polite(),
        "drops": polite(Wrong(Stream.READER, here=""), at=AT),
        "swaps": polite(Wrong(Stream.READER, here="", after="ba"), at=AT),
        "late": polite(delay=Delay(late=LATE)),
    }
    with ExitStack() as stack:
        children = {}
        for name, server in servers.items():
            command = [sys.executable, "-m", "loadtests", "broadcast", "--host", stack.enter_context(server)]
            children[name] = stack.enter_context(running(name, [*command, *OPTIONS]))
        return {name: child.finish(60) for name, child in children.items()}


def test_the_right_server_is_0(ends: dict[str, FinishedRun]) -> None:
    assert ends["right"].code == 0, ends["right"].output
    assert "FAULT" not in ends["right"].output


@pytest.mark.parametrize("name", ["drops", "swaps"])
def test_one_delivery_in_ten_thousand_that_is_wrong_is_1_and_told(
    ends: dict[str, FinishedRun], name: str
) -> None:
    ended = ends[name]
    assert ended.code == 1, ended.output
    told = re.search(r"FAULT in run 0, chatd: (.+)", ended.output)
    assert told and ("came in place of" in told[1] or "is not what the others got" in told[1]), ended.output
    assert "FAILED: 1 faults" in ended.output and "Traceback" not in ended.output


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_path_that_cannot_be_written_is_2_before_anything_runs(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option, "/no/such/folder/out"])
    assert ended.value.code == 2
    assert "/no/such/folder/out cannot be written (No such file" in capsys.readouterr().err


def test_lateness_is_no_fault_and_stands_in_the_table(ends: dict[str, FinishedRun]) -> None:
    late = ends["late"]
    assert late.code == 0, late.output
    assert figure(late, "p50 ms") >= 1000 * LATE > figure(ends["right"], "p50 ms")
