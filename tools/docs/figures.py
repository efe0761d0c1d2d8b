"""The README's figures: the claim in a few lines, and what the picture shows.

All of it comes from the records of the load suite. A figure that is void is shown with that mark, never as a
plain number, and is not compared with.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isnan
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.glossary import GLOSSARY
from loadtests.reports.medians import Medians, by_scenario, medians_of, number
from loadtests.reports.tables import cell
from tools.docs.bars import Bar, Bars, render, short
from tools.docs.servers_table import machine_line

PICTURE: Final = "docs/peers.svg"
_FIGURE, _AT = "capacity/s", "capacity at/s"

#: What the servers of the record are called in the picture.
NAMES: Final[Mapping[str, str]] = {
    "floor": "floor: C, no parsing",
    "floor-restless": "floor without rests",
    "redis": "Redis pub/sub",
    "inspircd": "InspIRCd",
    "nats": "NATS",
    "ngircd": "ngIRCd",
    "naive": "naive gevent server",
}


def bars(peers: Document) -> Bars:
    """Each server's capacity at saturation, the highest first; those without a figure come last."""
    runs = by_scenario(peers.runs).get("saturate", [])
    failed = {run.server for run in runs if run.faults}
    shown = []
    for server, figures in medians_of(runs).items():
        middle = figures.get(_FIGURE)
        if middle is None and server not in failed:
            continue
        name = NAMES.get(server, server)
        if server in failed:
            shown.append(Bar(name, None, "failed"))
        elif middle is None or middle.void or isnan(middle.median):
            shown.append(Bar(name, None, "void: the load generator was saturated"))
        else:
            shown.append(Bar(name, middle.median, short(middle.median), _kind(server)))
    shown.sort(key=lambda bar: -(bar.value or 0))
    return Bars(
        "Deliveries per second of server CPU, saturated",
        _load(runs),
        f"Medians; one core of an {machine_line(peers)}",
        tuple(shown),
    )


def _load(runs: Sequence[Run]) -> str:
    """What they all were given."""
    options = runs[0].options if runs else {}
    size, readers = options.get("size", 0), options.get("readers", 0)
    return f"{size}-byte messages to {readers:,} readers, at the highest rate the load generator kept up with"


def _kind(server: str) -> str:
    """Which style the bar has."""
    return "ours" if server == "chatd" else "floor" if server.startswith("floor") else "peer"


def picture(peers: Document) -> str:
    """The SVG."""
    return render(bars(peers))


def claim(bench: Document, peers: Document) -> str:
    """What the README says about speed, with the picture."""
    medians = {name: medians_of(runs) for name, runs in by_scenario(bench.runs).items()}
    chart = bars(peers)
    alt = "; ".join(f"{bar.name} {bar.told}" for bar in chart.bars)

    def told(scenario: str, figure: str, server: str = "chatd") -> str:
        return str(cell(medians.get(scenario, {}).get(server, {}).get(figure), GLOSSARY[figure].unit))

    cost, floor = told("broadcast", "µs/delivery"), told("broadcast", "µs/delivery", "floor")
    latency, memory = told("broadcast", "p99 ms"), told("idle", "KiB each")
    faults = sum(len(run.faults) for run in (*bench.runs, *peers.runs))
    lines = [
        f"* **{cost} of server CPU per delivery** at 1,000 messages a second to 1,000 readers (the floor: "
        f"{floor}); p99 latency {latency}.",
        *_compared(chart, medians_of(by_scenario(peers.runs).get("saturate", []))),
        f"* **{memory} of memory per idle connection**, with 10,000 of them; 10,000 people join at once in "
        f"{told('storm', 'all in s')}.",
        *_grown(medians.get("growth", {})),
        *([f"* {faults} FAULTS: this is no record."] if faults else []),
        "",
        f"![{chart.title}. {alt}.]({PICTURE})",
    ]
    return "\n".join(lines) + "\n"


def _grown(medians: Medians) -> Iterator[str]:
    """How the cost of a delivery changes with the number of readers, where that is known."""
    few, many = (f"chatd, {readers} readers" for readers in ("100", "10,000"))
    ours, floor = (medians.get(many.replace("chatd", name), {}).get("growth") for name in ("chatd", "floor"))
    if ours is None or ours.void or floor is None or floor.void:
        return
    costs = " and ".join(str(cell(medians[case].get("µs/delivery"), "µs")) for case in (few, many))
    yield (
        f"* **A delivery to one of 10,000 readers costs {number(ours.median)} times as much as to one of "
        f"100** ({costs}, at 100,000 deliveries a second; the floor {number(floor.median)} times)."
    )


def _compared(chart: Bars, medians: Medians) -> Iterator[str]:
    """chatd and the best of its peers: what is void or failed is not compared."""
    for ours in (bar for bar in chart.bars if bar.name == "chatd"):
        if ours.value is None:
            yield f"* Deliveries per second of server CPU, saturated: {ours.told}."
            return
        best = next((bar for bar in chart.bars if bar.kind == "peer" and bar.value is not None), None)
        beside = f"; the best peer, {best.name}, reaches {_large(best.value)}" if best else ""
        at = medians["chatd"].get(_AT)
        rate = f" (measured at {_large(at.median)} a second)" if at else ""
        yield f"* **{_large(ours.value)} deliveries per second of server CPU** when saturated{rate}{beside}."


def _large(value: float | None) -> str:
    """As a sentence has it."""
    return f"{value / 1e6:.3g} million" if value and value >= 1e6 else number(value)
