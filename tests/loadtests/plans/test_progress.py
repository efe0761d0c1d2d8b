"""The line about a run that goes on."""

import io
import os
from threading import Event

import pytest

from loadtests.measure.result import Run, Sample
from loadtests.plans.progress import Progress, line
from loadtests.scenarios.base import Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.storm import Storm

NAN = float("nan")


def sample(at: float, deliveries: int, server: float = 0.5) -> Sample:
    return Sample(at, deliveries, server, 0.25, 40 * server, 12.1, 24.6)


@pytest.mark.parametrize(
    ("scenario", "noun", "samples", "told"),
    [
        (Broadcast(), "deliveries", [], "7 s  joining, 600 of 1,010 connected"),
        (
            Broadcast(),
            "deliveries",
            [sample(11.5, 11_000_000), sample(12, 11_500_000)],
            "12 of 20 s  11,500,000 deliveries  1,000,000/s  p99 24.6 ms  server 50 %  generator 25 %  "
            "20 MiB",
        ),
        (
            Broadcast(),  # the last of them are on their way; the server is another machine's
            "deliveries",
            [sample(25, 9, NAN)],
            "25 s  9 deliveries  0/s  p99 24.6 ms  generator 25 %",
        ),
        (
            Storm(people=90),
            "joins",
            [sample(2, 50)],
            "2 s  50 of 100 joins  25/s  p99 24.6 ms  server 50 %  generator 25 %  20 MiB",
        ),
        (Idle(people=0), "connections", [], "7 s  joining, 600 connected"),
        (
            Saturate(),  # nobody knows how many steps it takes
            "deliveries",
            [sample(1, 8)],
            "1 s  8 deliveries  8/s  p99 24.6 ms  server 50 %  generator 25 %  20 MiB",
        ),
    ],
    ids=["joining", "load", "late", "joins", "as many as may", "steps"],
)
def test_how_far_a_run_is(scenario: Scenario, noun: str, samples: list[Sample], told: str) -> None:
    assert line(Run("chatd", samples=samples, noun=noun), scenario, 7.2, 600) == told


class Noted(io.StringIO):
    """Says when something was written."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self.written = Event()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal

    def write(self, text: str) -> int:
        count = super().write(text)
        self.written.set()
        return count


@pytest.mark.parametrize(
    ("terminal", "first", "last"),
    [
        (True, "\r0 s  joining, 0 o\x1b[K", "\r\x1b[K"),
        (False, "  0 s  joining, 0 of 1,010 connected\n", "d\n"),
    ],
    ids=["rewritten in place, cut, and gone at the end", "a line each in a log"],
)
def test_where_it_is_written(terminal: bool, first: str, last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("loadtests.plans.progress.INTERVAL", 0.001)
    monkeypatch.setattr("shutil.get_terminal_size", lambda fallback=(80, 24): os.terminal_size((18, 24)))
    out = Noted(terminal=terminal)
    with Progress(Run("chatd"), Broadcast(), 0.001, out):
        assert out.written.wait(10)
    assert out.getvalue().startswith(first) and out.getvalue().endswith(last)
