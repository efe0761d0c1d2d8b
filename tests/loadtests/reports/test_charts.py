"""Charts, as the browser gets them: none is empty without a word, no gap is bridged, no peak is lost."""

from collections.abc import Sequence
from math import inf, nan
from typing import Any

import pytest

from loadtests.measure.result import Run
from loadtests.reports.charts import by_percentile, chart, charts, line
from tests.support.documents import run

TONES = {"chatd": 0, "floor": 1}


def of(*points: tuple[float, float], unit: str = "ms", why: str = "There was nothing.") -> dict[str, Any]:
    return chart("a chart", unit, [line("chatd", TONES, points)], why)


def test_a_chart_names_its_units_and_is_told_in_words() -> None:
    found = of((0, 5), (5, 20.00004), (10, 10))
    assert (found["title"], found["unit"], found["by"]) == ("A chart", "ms", "seconds since the load began")
    assert found["told"] == "A chart, ms by seconds since the load began. chatd: 5 to 20, at the end 10."
    assert found["lines"] == [
        {
            "name": "chatd",
            "tone": 0,
            "measure": "",
            "dotted": False,
            "x": [0, 5, 10],
            "y": [5, 20, 10],
        }
    ]


@pytest.mark.parametrize("points", [[], [(0, nan), (1, nan)], [(0, inf)]])
def test_without_data_a_chart_says_why(points: Sequence[tuple[float, float]]) -> None:
    found = of(*points, why="Nobody looked.")
    assert (found["lines"], found["told"], found["why"]) == ([], "", "Nobody looked.")
    assert of((0, 1), why="Nobody looked.")["why"] == ""


def test_a_gap_in_the_data_is_one_in_the_line() -> None:
    (found,) = of((0, 1), (1, 2), (2, nan), (3, 4))["lines"]
    assert (found["x"], found["y"]) == ([0, 1, 2, 3], [1, 2, None, 4])


@pytest.mark.parametrize(
    ("values", "unit", "log"),
    [((3, 20), "ms", False), ((9, 300), "ms", True), ((9, 300), "MiB", False), ((0, 300), "ms", False)],
)
def test_latencies_that_lie_decades_apart_have_a_logarithmic_axis(
    values: Sequence[float], unit: str, log: bool
) -> None:
    assert of(*enumerate(values), unit=unit)["log"] is log


# -- which charts --------------------------------------------------------------------------------------


def test_every_chart_of_a_run_is_drawn() -> None:
    found = charts([run("chatd", "broadcast"), run("floor", "broadcast")], TONES)
    assert [one["title"] for one in found] == [
        "Deliveries over time",
        "Latency over time",
        "Latency distribution",
        "Server CPU over time",
        "Generator CPU over time",
        "Memory over time",
    ]
    for one in found:
        assert len(one["lines"]) in (2, 4) and one["told"] and not one["why"]


def test_of_two_measures_of_a_server_the_second_is_dotted() -> None:
    latency = charts([run("chatd", "broadcast")], TONES)[1]
    assert [(one["measure"], one["dotted"]) for one in latency["lines"]] == [("p99", False), ("p50", True)]
    assert latency["note"] == "line: p99, dotted: p50" and "chatd p50: " in latency["told"]


def test_the_first_chart_is_called_after_what_is_counted() -> None:
    one = run("chatd", "storm")
    one.noun = "joins"
    first = charts([one], TONES)[0]
    assert (first["title"], first["unit"]) == ("Joins over time", "joins/s")


def test_rates_are_of_the_time_since_the_sample_before() -> None:
    one = run("chatd", "broadcast", looks=3)
    for sample, deliveries in zip(one.samples, (50, 150, 150), strict=True):
        sample.deliveries = deliveries
    (found,) = charts([one], TONES)[0]["lines"]
    assert (found["x"], found["y"]) == ([0.5, 1.0, 1.5], [100, 200, 0])


def test_what_a_remote_server_does_not_tell_is_said() -> None:
    one = run("chatd", "broadcast")
    for sample in one.samples:
        sample.server = sample.memory_mib = nan
    found = {one["title"]: one for one in charts([one], TONES)}
    assert "not measured" in found["Server CPU over time"]["why"]
    assert "a process of this machine" in found["Memory over time"]["why"]
    assert found["Generator CPU over time"]["lines"]


@pytest.mark.parametrize("one", [Run("chatd", faults=["x"]), run("chatd", "x", looks=1)], ids=["none", "one"])
def test_a_run_without_a_line_says_why(one: Run) -> None:
    one.latency = []
    assert all("too short for a line" in found["why"] for found in charts([one], TONES))


def test_the_distribution_is_that_of_the_counts_and_each_nine_takes_as_much_room() -> None:
    points = by_percentile([(1.0, 900), (2.0, 90), (3.0, 9), (4.0, 1)])
    assert len(points) == 121 and (points[0], points[-1]) == ((1, 1), (1000, 3))
    at = {round(x, 6): y for x, y in points}
    assert (at[10], at[100]) == (1, 2)
    assert by_percentile([]) == []
