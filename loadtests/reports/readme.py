"""The README's figures, from the record of a run: no figure is typed by hand.

`python -m loadtests.reports.readme` puts them between the README's two marks; a test holds that they are
those of the record.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from loadtests.reports.goals import medians_of, number
from loadtests.result import Run

RECORD: Final = Path(__file__).parent.parent / "results" / "bench.json"
README: Final = Path(__file__).parent.parent.parent / "README.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"

Medians = dict[str, dict[str, float]]


def _of(server: str, figure: str, unit: str = "") -> Callable[[Medians], str]:
    return lambda medians: number(medians[server][figure]) + unit


def _pair(figure: str, unit: str) -> Callable[[Medians], str]:
    """chatd's and the floor's, and the ratio."""

    def both(medians: Medians) -> str:
        ours, floor = medians["chatd"][figure], medians["floor"][figure]
        return f"{number(ours)}{unit}; floor {number(floor)}{unit}; ratio {ours / floor:.2f}"

    return both


def _growth(medians: Medians) -> str:
    alone, beside = medians["chatd, none"]["p99 ms"], medians["chatd, one"]["p99 ms"]
    return f"{number(beside)} ms; without it {number(alone)} ms"


#: (scenario, what the README calls it, the figure)
ROWS: Final[tuple[tuple[str, str, Callable[[Medians], str]], ...]] = (
    (
        "broadcast",
        "1,000 messages a second to 1,000 readers: server CPU a delivery",
        _pair("µs/delivery", " µs"),
    ),
    ("broadcast", "… p99 from due to delivered", _pair("p99 ms", " ms")),
    ("idle-rate", "10 messages a second to 1,000 readers: p50", _pair("p50 ms", " ms")),
    ("saturate", "as many as it takes, 1,000 readers: deliveries a second", _of("chatd", "deliveries/s")),
    ("saturate", "… for each second of server CPU", _of("chatd", "per CPU s")),
    (
        "overload",
        "50 talkers with 16 unacknowledged messages each: p99",
        _of("chatd, 50 talkers", "p99 ms", " ms"),
    ),
    (
        "overload",
        "100 talkers with 16 unacknowledged messages each: p99",
        _of("chatd, 100 talkers", "p99 ms", " ms"),
    ),
    ("direct", "direct messages between 1,000 people, a second", _of("chatd, window 16", "messages/s")),
    ("crowd", "10,000 named clients are in after", _of("chatd", "all in s", " s")),
    ("crowd", "… resident memory each", _of("chatd", "KiB each", " KiB")),
    ("crowd", "… share of a core when idle", _of("chatd", "idle %", " %")),
    ("frozen", "one frozen reader among 1,000: the others' p99", _growth),
)


def render(document: dict[str, Any]) -> str:
    """The README's block for a record."""
    on = document["machine"]
    lines = ["| what | measured |", "|---|---|"]
    for scenario, what, figure in ROWS:
        runs = [Run(**run) for run in document["scenarios"][scenario]["runs"]]
        for run in runs:
            run.figures = {
                name: float("nan") if value is None else value for name, value in run.figures.items()
            }
        lines.append(f"| {what} | {figure(medians_of(runs))} |")
    repetitions = sum(run["server"] == "chatd" for run in document["scenarios"]["broadcast"]["runs"])
    machine = (
        f"an {on['cpu']}, Linux {on['kernel'].split('-')[0]}, Python {on['python']}, gevent {on['gevent']}"
    )
    lines += [
        "",
        f"Medians of {repetitions} interleaved runs on two cores of {machine}.",
        "Messages have 100 bytes, beside the frozen reader 2,000. Nothing was lost.",
        "",
    ]
    return "\n".join(lines)


def block(text: str) -> tuple[int, int]:
    """Where the figures stand in the README's text."""
    return text.index(BEGIN) + len(BEGIN), text.index(END)


def main() -> None:
    text = README.read_text()
    begin, end = block(text)
    README.write_text(text[:begin] + render(json.loads(RECORD.read_text())) + text[end:])


if __name__ == "__main__":
    main()
