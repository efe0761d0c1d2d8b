"""Carrying out a plan: in which order, what is written, and with which exit code, however it ends."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans import bench, campaign, conduct, peers
from loadtests.plans.campaign import Campaign, Row, each, least, most
from loadtests.plans.conduct import Plan
from loadtests.reports import document as documents
from loadtests.reports.goals import BLOCKED
from loadtests.scenarios.base import Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.mixed import Mixed

SMALL = Broadcast(readers=1, seconds=1)
ROWS = (
    Row("one", "the first", each(("floor", "chatd"), SMALL), (*most("p99 ms", 2, "floor"),)),
    Row("two", "the second", each(("chatd",), SMALL), (*most("p99 ms", 1),), repetitions=1),
)

#: A run that is played.
PlayRun = Callable[[Run, str, Scenario], None]
#: Carries out ROWS with such runs: the exit code, and the document that was written.
Conduct = Callable[..., tuple[int, Document]]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Conduct:
    monkeypatch.setattr(conduct, "prepare", lambda: None)
    monkeypatch.setattr(conduct, "alone", nullcontext)

    def carry_out(play: PlayRun, *words: str, rows: tuple[Row, ...] = ROWS) -> tuple[int, Document]:
        monkeypatch.setattr(campaign, "fresh", play)
        options = [("--json", "out.json"), ("--html", "out.html")]
        files = [word for option, name in options for word in (option, str(tmp_path / name))]
        code = Plan("bench", "", rows, 1).main(["--runs", "1", *files, *words])
        return code, documents.read(tmp_path / "out.json")

    return carry_out


def measured(run: Run, server: str, scenario: Scenario) -> None:
    run.figures["p99 ms"] = 4.0


def order(document: Document) -> list[tuple[str, str]]:
    return [(run.scenario, run.server) for run in document.runs]


# -- the plans -----------------------------------------------------------------------------------------


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
            assert case.scenario.mistake(case.server) is None
        derived = {"growth", "after / before", "p50 more ms", "p99 more ms"}
        assert {goal.figure for goal in row.goals} <= {*row.columns, *derived, "µs/message"}


def test_the_bench_holds_chatd_to_redis_where_little_is_said() -> None:
    goals = {row.name: row.goals for row in bench.ROWS}
    for name in ("light-10", "light-100"):
        for figure in ("p50 ms", "p99 ms", "µs/delivery"):
            assert set(most(figure, 1.1, "redis")) <= set(goals[name])
    assert {*most("µs/delivery", 0.6, "redis"), *most("p99 ms", 1.5, "redis")} <= set(goals["light-1000"])
    assert set(least("capacity/s", 180_000, of="chatd, window 16")) <= set(goals["direct"])
    chosen = bench.PLAN.chosen(bench.PLAN.options([]))
    assert len(chosen) == len(bench.ROWS) and all({*BLOCKED} <= {*row.goals} for row in chosen)


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


def test_what_storing_adds_is_told_as_a_difference() -> None:
    made = [
        Run("chatd", {"p50 ms": 2.0, "p99 ms": 10.0}),
        Run("chatd-always", {"p50 ms": 4.5, "p99 ms": 11.0}),
    ]
    bench._above_memory(made)
    assert "p50 more ms" not in made[0].figures
    assert (made[1].figures["p50 more ms"], made[1].figures["p99 more ms"]) == (2.5, 1.0)
    made[0].void = True
    bench._above_memory(made)
    assert made[1].void and made[1].marks == ["void: it is compared with a void run of chatd"]


# -- the order -----------------------------------------------------------------------------------------


def test_repetitions_are_interleaved(plan: Conduct) -> None:
    _, document = plan(measured, "--runs", "2")
    one = [("one", "floor"), ("one", "chatd")]
    assert order(document) == [*one, ("two", "chatd"), *one]
    assert document.runs[0].options == SMALL.chosen()


def test_where_the_time_is_up_no_further_repetition_begins(
    plan: Conduct, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(plan(measured, "--runs", "2", "--minutes", "0")[1].runs) == 3
    assert "the time is up after 1 of 2 repetitions" in capsys.readouterr().out


def test_rows_are_chosen_and_made_small(plan: Conduct) -> None:
    asked: list[Scenario] = []
    _, document = plan(lambda run, server, scenario: asked.append(scenario), "two", "--quick")
    assert order(document) == [("two", "chatd")] and asked == [SMALL.quick()]


def test_a_disturbed_run_is_made_again_and_the_best_stays() -> None:
    disturbed = iter([30.0, 20.0, 25.0, 0.0, 50.0, 0.0])
    whole = Campaign(ROWS, Document({}, "", ""))
    whole.make = lambda run, server, scenario: run.figures.update({"disturbed %": next(disturbed)})
    whole.repeat(1)
    assert [run.figures["disturbed %"] for run in whole.document.runs] == [20.0, 0.0, 0.0]


def test_a_fault_is_final_in_a_disturbed_run_too(plan: Conduct) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        run.figures["disturbed %"] = 90.0
        run.faults.append("one is missing")

    assert len(plan(play)[1].runs) == 3


# -- exit codes ----------------------------------------------------------------------------------------


def test_0_where_all_was_delivered_and_a_goal_is_not_met(
    plan: Conduct, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, document = plan(measured)
    assert (code, document.interrupted) == (0, False)
    assert "met      p99 ms, ratio to floor: 1" in (said := capsys.readouterr().out)
    assert "NOT MET  p99 ms: 4" in said
    assert said.index("written") < said.index("the first")  # files first, then words
    assert said.count("99 % of the deliveries took no longer") == 1  # a column of both rows
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.html", "out.json"]


def test_1_where_a_delivery_was_missing(plan: Conduct, capsys: pytest.CaptureFixture[str]) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        run.faults += ["r00003 misses one"] * (server == "floor")

    assert plan(play)[0] == 1
    said = capsys.readouterr()
    assert "FAULT in run 0, floor: r00003 misses one" in said.out and "FAILED: 1 faults" in said.err


def test_2_where_a_server_cannot_run_here_and_the_others_do(
    plan: Conduct, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(run: Run, server: str, scenario: Scenario) -> None:
        if server == "floor":
            raise Unusable("there is no compiler here")
        measured(run, server, scenario)

    code, document = plan(play, "--runs", "2")
    assert (code, order(document)) == (2, [("one", "chatd"), ("two", "chatd"), ("one", "chatd")])
    said = capsys.readouterr()
    assert said.err.count("bench: there is no compiler here") == 1
    assert "ratio to floor" not in said.out  # nothing is judged that was not measured


@pytest.mark.parametrize("server", ["floor", "chatd"], ids=["before chatd", "in chatd"])
def test_130_where_it_was_interrupted_and_what_there_is_is_written(
    plan: Conduct, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def play(run: Run, name: str, scenario: Scenario) -> None:
        measured(run, name, scenario)
        if name == server:
            raise KeyboardInterrupt

    code, document = plan(play)
    assert (code, document.interrupted) == (130, True)
    assert [run.interrupted for run in document.runs] == [True] if server == "floor" else [False, True]
    said = capsys.readouterr()
    assert "interrupted" in (said.out if server == "floor" else said.err)


def test_an_interruption_between_two_runs_is_one(plan: Conduct) -> None:
    def derive(made: Sequence[Run]) -> None:
        raise KeyboardInterrupt

    code, document = plan(measured, rows=(Row("none", "between", each(("floor",), SMALL), (), derive),))
    assert (code, document.interrupted) == (130, True)
    assert [run.interrupted for run in document.runs] == [False]


@pytest.mark.parametrize("defect", ["in a run", "in a table"])
def test_a_defect_loses_nothing_that_was_measured(
    defect: str, plan: Conduct, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    def play(run: Run, server: str, scenario: Scenario) -> None:
        measured(run, server, scenario)
        if defect == "in a run" and server == "chatd":
            fail()

    if defect == "in a table":
        monkeypatch.setattr(conduct, "show", fail)
    with pytest.raises(ZeroDivisionError):
        plan(play)
    assert len(documents.read(tmp_path / "out.json").runs) == (2 if defect == "in a run" else 3)


def test_a_disk_that_is_full_at_the_end_is_told(
    plan: Conduct, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gone").mkdir()

    def play(run: Run, server: str, scenario: Scenario) -> None:
        measured(run, server, scenario)
        if (tmp_path / "gone").exists():
            (tmp_path / "gone").rmdir()

    assert plan(play, "--html", str(tmp_path / "gone" / "out.html"))[0] == 2
    assert "out.html was not written (No such file or directory); please" in capsys.readouterr().err


@pytest.mark.parametrize("plan_of", [bench.PLAN, peers.PLAN], ids=lambda plan: plan.name)
@pytest.mark.parametrize(
    "words",
    [
        *([f"--{option}", "/no/such/out"] for option in ("json", "html")),
        ["--runs", "0"],
        ["nothing"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_anything_runs(
    plan_of: Plan, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        plan_of.main(words)
    assert ended.value.code == 2
    assert "cannot be written (No" in (said := capsys.readouterr().err) or words[-1] in said
