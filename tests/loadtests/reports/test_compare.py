"""What changed against a record, and what is only noise."""

import re
from pathlib import Path

import pytest

from loadtests.measure.result import Document, Run
from loadtests.reports import compare
from loadtests.reports import document as documents


def series(*values: float, figure: str = "p99 ms", server: str = "chatd") -> Document:
    return Document(
        {"cpu": "a"}, "make bench", "2026", [Run(server, {figure: v}, scenario="x") for v in values]
    )


@pytest.mark.parametrize(
    ("before", "now", "figure", "verdict"),
    [
        ((10, 11, 12), (20, 21, 22), "p99 ms", "WORSE"),
        ((10, 11, 12), (5, 6, 7), "p99 ms", "BETTER"),
        ((10, 11, 12), (20, 21, 22), "deliveries/s", "BETTER"),
        ((10, 11, 12), (20, 21, 22), "generator %", "CHANGED"),
        ((10, 11, 12), (11.5, 12.5, 13.5), "p99 ms", ""),  # the ranges meet
        ((10, 10, 18), (19, 19, 19.1), "p99 ms", "WORSE"),
        ((10, 18, 18), (19, 19, 19.1), "p99 ms", ""),  # less apart than the range is wide
        ((100, 100, 100), (101, 101, 101), "p99 ms", ""),  # less than anyone has to know
        ((10,), (20,), "p99 ms", "one repetition: noise unknown"),
    ],
)
def test_a_change_is_one_where_it_exceeds_the_noise(
    before: tuple[float, ...], now: tuple[float, ...], figure: str, verdict: str
) -> None:
    (change,) = compare.changes(series(*before, figure=figure), series(*now, figure=figure))
    assert change.verdict == verdict


def test_a_comparison_tells_what_spoils_it() -> None:
    before, now = series(10, 11, 12), series(20, 21, 22)
    now.machine["cpu"] = "b"
    before.runs[0].options, now.runs[0].options = {"rate": 1}, {"rate": 2}
    before.runs[-1].options, now.runs[-1].options = {"rate": 1}, {"rate": 2}
    now.runs[0].faults.append("lost")
    now.runs.append(Run("nats", scenario="x"))
    text = "\n".join(compare.lines(before, now))
    assert "NOT THE SAME cpu: a before, b now" in text
    assert "not judged: a fault" in text
    assert "only now: x/nats" in text and "of 1 figures 0 better, 0 worse, 1 not judged" in text


def test_what_was_asked_otherwise_or_disturbed_or_void_is_not_judged() -> None:
    before, now = series(10, 11, 12, figure="deliveries/s"), series(20, 21, 22, figure="deliveries/s")

    def verdict() -> str:
        (change, *_) = compare.changes(before, now)
        return change.verdict

    now.runs[1].figures["disturbed %"] = 50.0
    assert verdict() == "not judged: disturbed"
    before.runs[1].interrupted = True
    assert verdict() == "not judged: interrupted"
    before.runs[1].void = True
    assert verdict() == "not judged: interrupted"  # two repetitions are not void
    for run in before.runs:
        run.void = True
    assert verdict() == "not judged: void"
    before.runs[-1].options, now.runs[-1].options = {"rate": 1}, {"rate": 2}
    assert verdict() == "not judged: other options"


def test_comparing_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(documents.dumps(series(10, 11, 12)))
    new.write_text(documents.dumps(series(5, 6, 7)))
    assert compare.main([str(new), str(old)]) == 0
    assert re.search(r"chatd .* p99 ms .* 0\.545  BETTER", capsys.readouterr().out)
    assert compare.main([str(new), str(tmp_path / "none.json")]) == 2
