"""What a figure is over several repetitions, and how goals are judged by it."""

import json
from dataclasses import replace
from math import isnan

from loadtests.measure.result import Run
from loadtests.plans import bench
from loadtests.reports.document import RESULTS
from loadtests.reports.glossary import GLOSSARY
from loadtests.reports.goals import Goal, Judgement, explanations, judge, show
from loadtests.reports.medians import floor_of, medians_of, typical
from loadtests.reports.tables import Cell, Table, TableRow, cell
from loadtests.scenarios.table import SCENARIOS
from tests.support.documents import run

MET, NOT_MET, VOID = Judgement.MET, Judgement.NOT_MET, Judgement.VOID


def judged(goal: Goal, *runs: Run) -> list[tuple[str, Judgement]]:
    return [(verdict.server, verdict.judgement) for verdict in judge([goal], medians_of(runs))]


def test_goals_are_judged_on_medians_and_on_the_worst_row() -> None:
    nan = float("nan")
    runs = [
        *(
            Run("chatd, a", {"p99 ms": ms, "blocked ms": blocked})
            for ms, blocked in ((1, 0), (9, 70), (2, 0))
        ),
        Run("chatd, b", {"p99 ms": 4, "blocked ms": nan}),
        Run("chatd-tls", {"p99 ms": 99, "blocked ms": 0}),  # another server: no goal of chatd's
        Run("floor", {"p99 ms": 2}),
    ]
    medians = medians_of(runs)["chatd, a"]
    assert {name: figure.median for name, figure in medians.items()} == {"p99 ms": 2, "blocked ms": 70}
    assert judged(Goal("chatd", "p99 ms", 2, "floor"), *runs) == [("chatd, b", MET)]
    assert judged(Goal("chatd", "p99 ms", 3, at_least=True), *runs) == [("chatd, a", NOT_MET)]
    # Not measured is not met.
    assert judged(Goal("chatd", "blocked ms", 100), *runs) == [("chatd, b", NOT_MET)]


def test_a_void_figure_is_judged_neither_way() -> None:
    void = Run("chatd", {"p99 ms": 2, "capacity/s": 5}, void=True)
    floor = Run("floor", {"p99 ms": 2, "capacity/s": 5})
    ratio, capacity = (Goal("chatd", name, 2, "floor") for name in ("p99 ms", "capacity/s"))
    assert judged(Goal("chatd", "p99 ms", 1), void) == [("chatd", VOID)]
    assert judged(ratio, void, floor) == judged(ratio, *turned(void, floor)) == [("chatd", VOID)]
    assert judged(capacity, void, floor) == [("chatd", MET)]  # of the rates that are not void
    text = show([void, floor], ["p99 ms", "capacity/s"], judge([ratio], medians_of([void, floor])))
    assert "2 void" in text and "void, not judged  p99 ms, ratio to floor: 1 (goal at most 2)" in text


def turned(*runs: Run) -> list[Run]:
    """The same with void runs that were not, and the other way round."""
    return [Run(run.server, run.figures, void=not run.void) for run in runs]


def test_a_failed_row_weighs_more_than_a_void_one_and_that_more_than_one_that_is_met() -> None:
    met, void = Run("chatd, a", {"p99 ms": 1}), Run("chatd, b", {"p99 ms": 1}, void=True)
    goal = Goal("chatd", "p99 ms", 2)
    assert judged(goal, met, void) == [("chatd, b", VOID)]
    assert judged(goal, met, void, Run("chatd, c", {"p99 ms": 3})) == [("chatd, c", NOT_MET)]


def test_a_goal_is_left_out_where_nobody_has_run_that_it_is_about() -> None:
    goal = Goal("chatd", "p99 ms", 2, "floor")
    assert judged(goal) == judged(goal, Run("floor", {"p99 ms": 1})) == []
    assert judged(goal, Run("chatd", {"p99 ms": 1})) == []


def test_a_capacity_that_is_missing_since_all_is_void_is_judged_neither_way() -> None:
    chatd, floor = Run("chatd", {"capacity/s": 5}), Run("floor", {"capacity/s": float("nan")}, void=True)
    assert judged(Goal("chatd", "capacity/s", 2, "floor"), chatd, floor) == [("chatd", VOID)]
    assert str(cell(medians_of([floor])["floor"]["capacity/s"])) == "- void"


def test_a_void_repetition_counts_only_where_there_is_no_other() -> None:
    runs = [Run("chatd", {"p99 ms": 1, "RSS MiB": 7}), Run("chatd", {"p99 ms": 9, "RSS MiB": 9}, void=True)]
    assert {name: figure.median for name, figure in medians_of(runs)["chatd"].items()} == {
        "p99 ms": 1,
        "RSS MiB": 8,
    }
    assert str(cell(medians_of(runs[1:])["chatd"]["p99 ms"], "ms")) == "9 ms void"


def test_growth_from_a_void_run_is_void() -> None:
    few = Run("chatd, 100 readers", {"µs/delivery": 2.0}, void=True)
    many = Run("chatd, 10,000 readers", {"µs/delivery": 3.0})
    bench._growth([few, many])
    assert many.figures["growth"] == 1.5 and many.struck("growth")


# -- medians -------------------------------------------------------------------------------------------


def test_the_floor_is_that_of_the_same_words() -> None:
    assert floor_of("chatd, window 4", ["floor", "floor, window 4"]) == "floor, window 4"
    assert floor_of("chatd, window 4", ["floor"]) == "floor"
    assert floor_of("chatd", ["nats"]) is None


def test_medians_spread_and_ratio() -> None:
    runs = [Run("chatd", {"p99 ms": ms}) for ms in (8, 10, 14)] + [Run("floor", {"p99 ms": 5})]
    figure = medians_of(runs)["chatd"]["p99 ms"]
    assert (figure.median, figure.spread, figure.floor) == (10, 0.3, 2)
    assert isnan(medians_of(runs)["floor"]["p99 ms"].spread)
    runs[-1].void = True
    assert isnan(medians_of(runs)["chatd"]["p99 ms"].floor) and medians_of(runs)["floor"]["p99 ms"].void
    runs[-1].void = False
    runs[-1].faults.append("it fell")
    assert isnan(medians_of(runs)["chatd"]["p99 ms"].floor)


def test_the_typical_run_is_one_that_can_be_drawn() -> None:
    drawn = [replace(run("chatd", "x"), figures={"p99 ms": ms}) for ms in (9, 3, 5)]
    assert typical(drawn) is drawn[2]
    assert typical([Run("chatd", {"p99 ms": 4}), *drawn]) is drawn[2]
    alone = Run("chatd")
    assert typical([alone]) is alone


# -- the glossary and the table ------------------------------------------------------------------------


def test_every_figure_is_explained() -> None:
    columns = {name for scenario in SCENARIOS.values() for name in scenario.columns}
    records = [json.loads(path.read_text()) for path in RESULTS.glob("*.json")]
    measured = {name for record in records for run in record["runs"] for name in run["figures"]}
    assert len(measured) > 30 and columns | measured <= set(GLOSSARY)


def test_what_columns_mean_is_explained_in_lines_below_each_other() -> None:
    assert explanations(["p99 ms", "RSS MiB", "unheard-of"]) == (
        "  p99 ms   99 % of the deliveries took no longer\n  RSS MiB  resident memory of the server"
    )


def test_a_table_is_the_same_on_the_terminal_and_in_markdown() -> None:
    row = TableRow("chatd", (Cell("1,000", ("±2 %", "×1.10")), Cell("2", void=True)))
    table = Table(("", "rate", "ms"), [row, TableRow("a|b", ("-", "3"))])
    assert table.terminal().splitlines() == [
        "                     rate      ms",
        "  chatd  1,000 ±2 % ×1.10  2 void",
        "  a|b                   -       3",
    ]
    lines = [[part.strip() for part in line.split(" | ")] for line in table.markdown().splitlines()]
    assert lines[2:] == [["| chatd", "1,000 ±2 % ×1.10", "2 void |"], ["| a\\|b", "-", "3 |"]]
