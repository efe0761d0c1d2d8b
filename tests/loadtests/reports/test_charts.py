"""Charts: nothing is drawn empty, no gap is bridged, no peak is lost."""

import re
from math import inf, nan
from xml.etree import ElementTree

import pytest

from loadtests.measure.result import Run
from loadtests.reports.charts import Axis, Chart, Series, render, thinned
from loadtests.reports.plots import Drawn, charts
from loadtests.reports.scales import exactly, latencies, linear, percentiles, short
from tests.support.documents import run


def chart(*series: Series, why: str = "There was nothing.") -> Chart:
    return Chart("A & B", Axis("seconds", exactly([10])), Axis("ms <unit>", linear([20])), series, why)


def drawn(one: Run) -> Drawn:
    return Drawn(one.server, 0, one, one.latency)


def paths(text: str) -> list[str]:
    return re.findall(r'<path class="line[^>]* d="([^"]+)"', text)


def test_a_chart_has_axes_units_legend_title_and_words() -> None:
    text = render(chart(Series("chatd", 0, [(0, 5), (5, 20), (10, 10)])))
    ElementTree.fromstring(text)  # well-formed
    assert "<figcaption>A &amp; B</figcaption>" in text
    assert ">ms &lt;unit&gt;</text>" in text and ">seconds</text>" in text
    assert '<li class="s0"><i></i>chatd</li>' in text
    assert 'aria-label="A &amp; B, ms &lt;unit&gt;. chatd: 5 to 20, at the end 10."' in text


@pytest.mark.parametrize("points", [[], [(0, nan), (1, nan)], [(0, inf)]])
def test_without_data_a_chart_says_why(points: list[tuple[float, float]]) -> None:
    text = render(chart(Series("chatd", 0, points), why="Nobody <looked>."))
    assert "<svg" not in text and '<p class="why">Nobody &lt;looked&gt;.</p>' in text


def test_a_gap_in_the_data_is_one_in_the_line() -> None:
    (path,) = paths(
        render(chart(Series("chatd", 0, [(0, 1), (1, 2), (2, nan), (3, 4), (4, nan), (5, 5), (6, 6)])))
    )
    assert path.count("M") == 3 and path.count("L") == 2 and path.count("h0") == 1


def test_a_long_line_keeps_its_peaks() -> None:
    points = [(float(at), 100.0 if at == 4321 else 1.0) for at in range(10_000)]
    less = thinned(points)
    assert len(less) < 500 and (4321.0, 100.0) in less and less == sorted(less)
    assert thinned(points[:100]) == points[:100]


def test_two_measures_of_a_server_share_its_colour_and_its_legend() -> None:
    text = render(
        chart(Series("chatd", 3, [(0, 1), (1, 2)], "p99"), Series("chatd", 3, [(0, 1), (1, 1)], "p50", True))
    )
    assert text.count("</i>chatd</li>") == 1
    assert '<li class="dashed"><i></i>p50</li>' in text and 'data-name="chatd p50"' in text


# -- which charts --------------------------------------------------------------------------------------


def test_every_chart_of_a_run_is_drawn() -> None:
    found = charts([drawn(run("chatd", "broadcast")), drawn(run("floor", "broadcast"))])
    assert [one.title for one in found] == [
        "Deliveries over time",
        "Latency over time",
        "Latency distribution",
        "Server CPU over time",
        "Generator CPU over time",
        "Memory over time",
    ]
    for one in found:
        assert len(paths(render(one))) == len(one.series) >= 2


def test_the_first_chart_is_called_after_what_is_counted() -> None:
    one = run("chatd", "storm")
    one.noun = "joins"
    first = charts([drawn(one)])[0]
    assert (first.title, first.y.text) == ("Joins over time", "joins/s")


def test_rates_are_of_the_time_since_the_sample_before() -> None:
    one = run("chatd", "broadcast", looks=3)
    for sample, deliveries in zip(one.samples, (50, 150, 150), strict=True):
        sample.deliveries = deliveries
    (line,) = charts([drawn(one)])[0].series
    assert line.points == [(0.5, 100), (1.0, 200), (1.5, 0)]


def test_what_a_remote_server_does_not_tell_is_said() -> None:
    one = run("chatd", "broadcast")
    for sample in one.samples:
        sample.server = sample.memory_mib = nan
    texts = {one.title: render(one) for one in charts([drawn(one)])}
    assert "CPU time was not measured" in texts["Server CPU over time"]
    assert "memory was not measured" in texts["Memory over time"]
    assert paths(texts["Generator CPU over time"])


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (Run("chatd"), "nobody looked"),
        (Run("chatd", faults=["x"]), "failed before"),
        (run("chatd", "x", looks=1), "too short"),
    ],
)
def test_a_run_without_a_line_says_why(one: Run, why: str) -> None:
    one.latency = []
    assert all(why in render(found) for found in charts([drawn(one)]))


def test_the_distribution_is_that_of_the_counts() -> None:
    one = Run("chatd", latency=[(1.0, 900), (2.0, 90), (3.0, 9), (4.0, 1)])
    (line,) = charts([drawn(one)])[2].series
    by_percent = {round(x, 6): y for x, y in line.points}
    assert (by_percent[0], by_percent[90.0], by_percent[99.0], by_percent[99.9]) == (1, 1, 2, 3)


# -- scales --------------------------------------------------------------------------------------------


def test_axes_end_at_round_numbers() -> None:
    assert linear([1_030_000]).ticks == (0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000)
    assert linear([0.0]).high > 0 and linear([]).high > 0
    assert exactly([7.3]).high == 7.3
    assert latencies([3, 20]).kind == "linear"
    scale = latencies([9, 300])
    assert (scale.kind, scale.low, scale.high) == ("log", 5, 500)
    assert latencies([0.05, 4000]).ticks == (0.1, 1, 10, 100, 1000)


def test_each_nine_takes_as_much_room() -> None:
    scale = percentiles()
    assert [round(scale.place(percent), 6) for percent in (0, 90, 99, 99.9)] == [0, 0.333333, 0.666667, 1]


@pytest.mark.parametrize(
    ("value", "text"), [(1_250_000, "1.25 M"), (50_000, "50 k"), (0.25, "0.25"), (0, "0")]
)
def test_short_numbers(value: float, text: str) -> None:
    assert short(value) == text
