"""The load suite's commands: plans, repetitions, and one sentence for each mistake. Nothing here imports
locust."""

import errno
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from loadtests.__main__ import main
from loadtests.engine.codecs import CODECS
from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans import bench, campaign, peers
from loadtests.plans.campaign import Campaign, Row, conduct, each, parse
from loadtests.plans.runs import check_files, sentence
from loadtests.reports import document as documents
from loadtests.scenarios.base import Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.mixed import Mixed
from loadtests.servers import address
from loadtests.servers.target import ServerUnderTest
from tests.loadtests.plans.test_campaign import PlayRun

SMALL = Broadcast(readers=1, seconds=1)
ROWS = [
    Row("one", "the first", each(("chatd", "floor"), SMALL)),
    Row("two", "the second", each(("chatd",), SMALL), most=1),
]


# -- plans ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rows", [bench.ROWS, peers.ROWS], ids=["bench", "peers"])
def test_a_plan_can_be_carried_out(rows: tuple[Row, ...]) -> None:
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        names = [case.name for case in row.cases]
        assert names and len(set(names)) == len(names)
        assert {case.server for case in row.cases} <= set(CODECS)
        for goal in row.goals:
            assert any(name.startswith(goal.server) for name in names), goal
            assert goal.against is None or goal.against in names, goal
        for case in (*row.cases, *row.quick().cases):
            assert case.scenario.mistake() is None
        assert {goal.figure for goal in row.goals} <= {*row.columns, "growth", "after / before", "µs/message"}


def test_scenarios_that_are_not_for_a_server_are_left_out() -> None:
    assert [case.server for case in each(("chatd", "nats"), Mixed())] == ["chatd"]


def test_growth_is_told_for_each_server() -> None:
    made = [
        Run(f"{server}, {label}", {"µs/delivery": cost})
        for server, label, cost in (
            *(("chatd", "100 readers", 2.0), ("chatd", "10,000 readers", 3.0)),
            *(("floor", "100 readers", 1.0), ("floor", "10,000 readers", 1.0)),
        )
    ]
    bench._growth(made)
    assert [run.figures.get("growth") for run in made] == [None, 1.5, None, 1.0]


# -- carrying one out ----------------------------------------------------------------------------------


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[PlayRun], Campaign]:
    def begin(fresh: PlayRun, attempts: int = 3) -> Campaign:
        monkeypatch.setattr(campaign, "fresh", fresh)
        return Campaign(ROWS, Document({}, "", ""), attempts)

    return begin


def test_repetitions_are_interleaved(play: Callable[[PlayRun], Campaign]) -> None:
    whole = play(lambda run, server, scenario: None)
    whole.repeat(2)
    order = [(run.scenario, run.server) for run in whole.document.runs]
    assert order == [("one", "chatd"), ("one", "floor"), ("two", "chatd"), ("one", "chatd"), ("one", "floor")]
    assert whole.document.runs[0].options == SMALL.chosen()


def test_a_disturbed_run_is_made_again_and_the_best_stays(play: Callable[[PlayRun], Campaign]) -> None:
    disturbed = iter([30.0, 20.0, 25.0, 0.0, 50.0, 0.0])

    def fresh(run: Run, server: str, scenario: Scenario) -> None:
        run.figures["disturbed %"] = next(disturbed)

    whole = play(fresh)
    whole.repeat(1)
    assert [run.figures["disturbed %"] for run in whole.document.runs] == [20.0, 0.0, 0.0]


def test_a_fault_is_final(play: Callable[[PlayRun], Campaign]) -> None:
    def fresh(run: Run, server: str, scenario: Scenario) -> None:
        run.figures["disturbed %"] = 90.0
        if server == "floor":
            run.faults.append("one is missing")

    whole = play(fresh)
    whole.repeat(1)
    assert whole.faults == 1
    assert [run.server for run in whole.document.runs] == ["chatd", "floor", "chatd"]


def test_the_others_run_where_one_cannot(play: Callable[[PlayRun], Campaign]) -> None:
    def fresh(run: Run, server: str, scenario: Scenario) -> None:
        if server == "chatd":
            raise Unusable("there is none")

    whole = play(fresh)
    whole.repeat(2)
    assert whole.unusable == {"chatd": "there is none"}
    assert [run.server for run in whole.document.runs] == ["floor", "floor"]


def test_what_was_interrupted_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fresh(run: Run, server: str, scenario: Scenario) -> None:
        run.figures["p99 ms"] = 1.5
        if server == "floor":
            run.interrupted = True
            raise KeyboardInterrupt

    monkeypatch.setattr(campaign, "fresh", fresh)
    monkeypatch.setattr(campaign, "prepare", lambda: None)
    monkeypatch.setattr(campaign, "end_in_order", lambda: None)
    path = tmp_path / "out.json"
    arguments, rows = parse("bench", "", ROWS, ["--quick", "--json", str(path)])
    assert conduct("bench", arguments, rows) == 130
    assert [(run.server, run.interrupted) for run in documents.read(path).runs] == [
        ("chatd", False),
        ("floor", True),
    ]
    assert "interrupted; this is what there is" in capsys.readouterr().err


# -- mistakes ------------------------------------------------------------------------------------------


def fault_of(number: int) -> Fault:
    fault = Fault("connection 7 failed")
    fault.__cause__ = OSError(number, "no")
    return fault


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EMFILE, "raise the limit"), (errno.EADDRNOTAVAIL, "no port is free"), (errno.EPIPE, "failed")],
)
def test_a_fault_says_what_to_do(number: int, advice: str) -> None:
    assert advice in sentence(fault_of(number))


def test_a_file_limit_that_is_too_low_is_told_before() -> None:
    with pytest.raises(Unusable, match="please raise the limit"):
        check_files(Broadcast(readers=99_999_999), ServerUnderTest("chatd", ("127.0.0.1", 1)))


@pytest.mark.parametrize("host", ["udp://127.0.0.1:5050", "127.0.0.1", "tcp://127.0.0.1:x", "tcp://:5"])
def test_an_address_that_is_none(host: str) -> None:
    with pytest.raises(Unusable, match="please give tcp://HOST:PORT"):
        address.parse(host)


@pytest.mark.parametrize(
    "words",
    [
        *(["--readers", "0"], ["--rate", "x"], ["--talkers", "1"], ["nothing"], ["storm", "--readers", "5"]),
        *(["slow", "--slow", "1000"], ["mixed", "--server", "nats"], ["--server", "talkd"]),
        ["--readers", "9999999"],
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
    monkeypatch.setattr("loadtests.__main__.prepare", lambda: None)
    monkeypatch.setattr("loadtests.__main__.end_in_order", lambda: None)
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr().err
    assert code == 2 and ("error: " in told or told.startswith("loadtests: ")), told
    assert "Traceback" not in told
