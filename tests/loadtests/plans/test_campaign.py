"""Carrying out a plan: what is written, in which order, and with which exit code, however it ends."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans import bench, campaign, peers, runs
from loadtests.plans.campaign import Row, conduct, each, parse
from loadtests.plans.runs import fresh, marking, perform
from loadtests.reports import document as documents
from loadtests.reports.goals import Goal
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.servers.running import SERVER_CORE
from loadtests.servers.target import ServerUnderTest

SMALL = Broadcast(readers=1, seconds=1)
RATIO = Goal("p99, ratio to the floor", "chatd", "p99 ms", 2, "floor")
ROWS = [
    Row("one", "the first", each(("floor", "chatd"), SMALL), (RATIO,)),
    Row("two", "the second", each(("chatd",), SMALL), (Goal("p99", "chatd", "p99 ms", 1),)),
]

PlayRun = Callable[[Run, str, Scenario], None]


def nothing(*_: object) -> None:
    pass


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., tuple[int, Document]]:
    """Conducts ROWS with runs that are played; returns the exit code and the document that was written."""
    for name in ("prepare", "end_in_order"):
        monkeypatch.setattr(campaign, name, nothing)
    monkeypatch.setattr(campaign, "alone", nullcontext)

    def carry_out(play: PlayRun, *words: str) -> tuple[int, Document]:
        monkeypatch.setattr(campaign, "fresh", play)
        options = [("--json", "out.json"), ("--html", "out.html"), ("--table", "out.md")]
        files = [word for option, name in options for word in (option, str(tmp_path / name))]
        arguments, rows = parse("bench", "", ROWS, ["--runs", "1", *files, *words])
        return conduct("bench", arguments, rows, whole=True), documents.read(tmp_path / "out.json")

    return carry_out


def measured(run: Run, server: str, scenario: Scenario) -> None:
    run.figures["p99 ms"] = 4.0


# -- exit codes ----------------------------------------------------------------------------------------


def test_0_where_all_was_delivered_and_a_goal_is_not_met(
    plan: Callable[..., tuple[int, Document]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = plan(measured)
    assert (code, document.interrupted) == (0, False)
    assert "met      p99, ratio to the floor: 1" in (said := capsys.readouterr().out)
    assert "NOT MET  p99: 4" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "out.json", "out.md"]


def test_1_where_a_delivery_was_missing(
    plan: Callable[..., tuple[int, Document]], capsys: pytest.CaptureFixture[str]
) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        run.faults += ["r00003 misses one"] * (server == "floor")

    assert plan(play)[0] == 1
    said = capsys.readouterr()
    assert "FAULT in run 0, floor: r00003 misses one" in said.out and "FAILED: 1 faults" in said.err


def test_2_where_a_server_cannot_run_here(
    plan: Callable[..., tuple[int, Document]], capsys: pytest.CaptureFixture[str]
) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        if server == "floor":
            raise Unusable("there is no compiler here")
        measured(run, server, scenario)

    code, document = plan(play)
    assert (code, [run.server for run in document.runs]) == (2, ["chatd", "chatd"])
    said = capsys.readouterr()
    assert "bench: there is no compiler here" in said.err
    assert "p99, ratio to the floor" not in said.out  # nothing is judged that was not measured


def test_130_where_it_was_interrupted_and_all_is_written_before_anything_is_judged(
    plan: Callable[..., tuple[int, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        measured(run, server, scenario)
        if server == "chatd":  # the floor alone has run; chatd's goals have nobody yet
            with marking(run):
                raise KeyboardInterrupt

    code, document = plan(play)
    assert (code, document.interrupted) == (130, True)
    assert [(run.server, run.interrupted) for run in document.runs] == [("floor", False), ("chatd", True)]


def test_an_interruption_between_two_runs_is_one(plan: Callable[..., tuple[int, Document]]) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        measured(run, server, scenario)

    def derive(made: Sequence[Run]) -> None:
        raise KeyboardInterrupt

    ROWS.insert(0, Row("none", "between", each(("floor",), SMALL), (RATIO,), derive))
    try:
        code, document = plan(play)
    finally:
        del ROWS[0]
    assert (code, document.interrupted) == (130, True)
    assert [(run.server, run.interrupted) for run in document.runs] == [("floor", False)]


def test_a_defect_loses_nothing_that_was_measured(
    plan: Callable[..., tuple[int, Document]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def show(_: object) -> None:
        raise RuntimeError("a defect in a table")

    monkeypatch.setattr(campaign, "show", show)
    with pytest.raises(RuntimeError):
        plan(measured)
    assert len(documents.read(tmp_path / "out.json").runs) == 3


def test_a_disk_that_is_full_at_the_end_is_told(
    plan: Callable[..., tuple[int, Document]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()

    def play(run: Run, server: str, scenario: Scenario) -> None:
        measured(run, server, scenario)
        if (tmp_path / "gone").exists():
            (tmp_path / "gone").rmdir()

    assert plan(play, "--html", str(tmp_path / "gone" / "out.html"))[0] == 2
    assert "out.html was not written (No such file or directory); please" in capsys.readouterr().err


@pytest.mark.parametrize("main", [bench.main, peers.main], ids=["bench", "peers"])
@pytest.mark.parametrize("option", ["--json", "--html", "--table"])
def test_a_path_that_cannot_be_written_is_told_before_anything_runs(
    main: Callable[[Sequence[str]], int], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([option, "/no/such/folder/out"])
    assert ended.value.code == 2
    assert "/no/such/folder/out cannot be written (No such file" in capsys.readouterr().err


def test_a_full_plan_knows_its_time() -> None:
    for main, minutes in ((bench, 22), (peers, 24)):
        arguments, _ = parse("bench", "", main.ROWS, [], minutes=main.MINUTES)
        assert (arguments.minutes, arguments.runs) == (minutes, 3)


# -- what is an interruption ---------------------------------------------------------------------------


class Ends(Scenario):
    """Ends by an exception."""

    name = "ends"
    connections = 1

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def run(self, context: RunContext) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("error", "interrupted"),
    [
        *((kind(), True) for kind in runs.INTERRUPTIONS),
        (Unusable("the server may have so many connections only"), False),
        (ZeroDivisionError("a defect"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_interrupts_is_an_interruption(error: BaseException, interrupted: bool) -> None:
    run = Run("chatd")
    with pytest.raises(type(error)):
        perform(Ends(error), RunContext(ServerUnderTest("chatd", ("127.0.0.1", 1)), run))
    assert run.interrupted == interrupted


def test_a_fault_is_the_runs() -> None:
    run = Run("chatd")
    perform(Ends(Fault("one is missing")), RunContext(ServerUnderTest("chatd", ("127.0.0.1", 1)), run))
    assert (run.faults, run.interrupted) == (["one is missing"], False)


def test_a_run_that_is_interrupted_while_its_server_starts_is_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    def running(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "running", running)
    run = Run("chatd")
    with pytest.raises(KeyboardInterrupt):
        fresh(run, "chatd", SMALL)
    assert run.interrupted


def test_server_and_generator_on_one_core_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "GENERATOR_CORE", SERVER_CORE)
    here, remote = Run("chatd"), Run("chatd")
    perform(Ends(Fault("x")), RunContext(ServerUnderTest("chatd", ("127.0.0.1", 1), pid=1), here))
    perform(Ends(Fault("x")), RunContext(ServerUnderTest("chatd", ("127.0.0.1", 1)), remote))
    assert here.marks == ["server and generator share the only core: rates say little"] and not remote.marks
