"""Exit codes of `python -m loadtests`, and what it says, against servers that are right, or wrong in one
place. They run side by side, each in a process of its own."""

import re
import shlex
import signal
import socket
import sys
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import pytest

from loadtests.__main__ import main
from loadtests.reports import document as documents
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
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where they write."""
    return tmp_path_factory.mktemp("load")


@pytest.fixture(scope="module")
def ends(folder: Path) -> dict[str, FinishedRun]:
    servers = {
        "right": polite(),
        "drops": polite(Wrong(Stream.READER, here=""), at=AT),
        "swaps": polite(Wrong(Stream.READER, here="", after="ba"), at=AT),
        "late": polite(delay=Delay(late=LATE)),
        "full": polite(),
        "hung up": polite(),
    }
    with ExitStack() as stack:
        children = {}
        for name, server in servers.items():
            command = [sys.executable, "-m", "loadtests", "broadcast", *OPTIONS]
            command += ["--host", stack.enter_context(server), "--json", str(folder / f"{name}.json")]
            if name == "full":
                command = ["sh", "-c", f"exec {shlex.join(command)} >/dev/full 2>&1"]
            if name == "hung up":
                command += ["--seconds", "60"]
            children[name] = stack.enter_context(running(name, command))
        hung_up = children["hung up"]
        while b"deliveries" not in hung_up.printed() and hung_up.process.poll() is None:
            sleep(0.02)  # a file cannot be waited for
        hung_up.process.send_signal(signal.SIGHUP)
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
    assert ended.output.count("FAILED") == 1 and "Traceback" not in ended.output


def test_lateness_is_no_fault_and_stands_in_the_table(ends: dict[str, FinishedRun]) -> None:
    late = ends["late"]
    assert late.code == 0, late.output
    assert figure(late, "p50 ms") >= 1000 * LATE > figure(ends["right"], "p50 ms")


def test_a_report_survives_words_that_cannot_be_written(ends: dict[str, FinishedRun], folder: Path) -> None:
    assert ends["full"] == FinishedRun(0, "")
    assert documents.read(folder / "full.json").runs[0].figures["deliveries"] == 10_800


def test_a_terminal_that_closes_ends_a_run_which_tells_what_there_is(
    ends: dict[str, FinishedRun], folder: Path
) -> None:
    assert ends["hung up"].code == 130, ends["hung up"].output
    assert re.search(r"interrupted after [\d,]+ deliveries; nothing was wrong", ends["hung up"].output)
    document = documents.read(folder / "hung up.json")
    assert document.interrupted and document.runs[0].interrupted


# -- mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        *(["--readers", "0"], ["--rate", "x"], ["--rate", "inf"], ["--talkers", "1"], ["nothing"]),
        *(["--talkers", "1001"], ["storm", "--people", "100001"], ["direct", "--server", "floor"]),
        *(["storm", "--readers", "5"], ["slow", "--slow", "1000"], ["mixed", "--server", "nats"]),
        *(["--server", "floor", "--transport", "tls"], ["mixed", "--transport", "tls"]),
        *(["--server", "talkd"], ["--readers", "9999999"], ["--json", "/no/such/out"], ["--html", "/no/out"]),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_in_one_sentence(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuses(words, capsys, monkeypatch)


def test_nobody_listens_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as bound:  # but not listening: nobody else can be there
        bound.bind(("127.0.0.1", 0))
        refuses(["--host", f"tcp://127.0.0.1:{bound.getsockname()[1]}"], capsys, monkeypatch)


def refuses(words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, and one sentence."""
    monkeypatch.setattr("loadtests.plans.conduct.prepare", lambda: None)
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr().err
    assert code == 2 and ("error: " in told or told.startswith("loadtests: ")), told
    assert "Traceback" not in told
