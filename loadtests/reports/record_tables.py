"""Markdown tables of a record: chatd's figures, and the servers beside each other.

`make docs` puts them into the documentation, and `peers.md` beside `peers.json`; a test holds that what
stands there is made of the records, so that no figure is typed by hand.
"""

import re
from collections.abc import Callable, Sequence
from math import isnan
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.document import RESULTS, by_scenario
from loadtests.reports.medians import VOID, Medians, cell, medians_of, ratio
from loadtests.reports.summary import Figure, floor_of, percent, summary

RECORD: Final = RESULTS / "bench.json"
PEERS: Final = RESULTS / "peers.json"

#: What the table says of a scenario; None where the record does not have it.
Told = Callable[[Medians], str | None]


def _of(server: str, figure: str, unit: str = "") -> Told:
    def told(medians: Medians) -> str | None:
        found = medians.get(server, {}).get(figure)
        return cell(found, unit) if found else None

    return told


def _pair(figure: str, unit: str = "") -> Told:
    """chatd's and the floor's, and the ratio."""

    def both(medians: Medians) -> str | None:
        ours, floor = (medians.get(server, {}).get(figure) for server in ("chatd", "floor"))
        if ours is None:
            return None
        parts = [cell(ours, unit), f"floor {cell(floor, unit)}"]
        share = ratio(ours, floor)
        return "; ".join(parts if isnan(share) else [*parts, f"ratio {share:.2f}"])

    return both


def _beside(server: str) -> Told:
    def both(medians: Medians) -> str | None:
        figures = medians.get(server, {})
        if "p99 ms" not in figures:
            return None
        return f"{cell(figures['p99 ms'], ' ms')}; without them {cell(figures.get('p99 without ms'), ' ms')}"

    return both


#: (scenario, what the table calls it, the figure); those that the record has are shown.
ROWS: Final[tuple[tuple[str, str, Told], ...]] = (
    (
        "broadcast",
        "1,000 messages a second to 1,000 readers: server CPU per delivery",
        _pair("µs/delivery", " µs"),
    ),
    ("broadcast", "… p99 latency, from when a message was due", _pair("p99 ms", " ms")),
    ("idle-rate", "10 messages a second to 1,000 readers: p50 latency", _pair("p50 ms", " ms")),
    ("saturate", "saturated, 1,000 readers: deliveries a second", _of("chatd", "deliveries/s")),
    (
        "saturate",
        "… per second of server CPU, at the highest rate that is not void",
        _pair("capacity/s"),
    ),
    ("saturate", "… and that rate, in deliveries a second", _pair("capacity at/s")),
    (
        "overload",
        "50 talkers with 16 unacknowledged messages each: p99 latency",
        _of("chatd, 50 talkers", "p99 ms", " ms"),
    ),
    (
        "overload",
        "100 talkers with 16 unacknowledged messages each: p99 latency",
        _of("chatd, 100 talkers", "p99 ms", " ms"),
    ),
    ("direct", "direct messages between 1,000 people, a second", _of("chatd, window 16", "messages/s")),
    (
        "direct",
        "… per second of server CPU, at the highest rate that is not void",
        _of("chatd, window 16", "capacity/s"),
    ),
    ("storm", "10,000 people join at once: all are in after", _of("chatd", "all in s", " s")),
    ("storm", "… drop, and all who remain are told after", _of("chatd", "drops told s", " s")),
    ("idle", "10,000 connections that do nothing: resident memory each", _of("chatd", "KiB each", " KiB")),
    ("idle", "… share of a core", _of("chatd", "idle %", " %")),
    ("idle-few", "1,000 connections that do nothing: resident memory each", _of("chatd", "KiB each", " KiB")),
    ("slow", "10 frozen readers among 1,000: the others' p99", _beside("chatd, frozen")),
    ("slow", "10 readers at 1 KiB/s among 1,000: the others' p99", _beside("chatd, 1 KiB/s")),
)

#: (scenario, figure, what the peers' table calls it)
COLUMNS: Final = (
    ("broadcast", "µs/delivery", "CPU µs a delivery"),
    ("broadcast", "p99 ms", "p99 ms"),
    ("saturate", "capacity/s", "deliveries/s of server CPU"),
    ("saturate", "capacity at/s", "at deliveries/s"),
    ("saturate", "deliveries/s", "deliveries/s"),
    ("direct", "capacity/s", "messages/s of server CPU"),
    ("direct", "capacity at/s", "at messages/s"),
    ("direct", "messages/s", "messages/s"),
    ("direct-rate", "µs/message", "CPU µs a message"),
    ("storm", "all in s", "all in, s"),
    ("storm", "drops told s", "drops told, s"),
    ("idle", "KiB each", "KiB a connection"),
    ("idle", "idle %", "% of a core"),
)


def render(document: Document) -> str:
    """chatd's figures, a row each, beside the floor's where it was measured, too."""
    scenarios = by_scenario(document.runs)
    lines = ["| what | measured |", "|---|---|"]
    for scenario, what, figure in ROWS:
        told = figure(medians_of(scenarios.get(scenario, [])))
        if told is not None:
            lines.append(f"| {what} | {told} |")
    repetitions = sum(run.server == "chatd" for run in scenarios.get("broadcast", []))
    faults = sum(len(run.faults) for run in document.runs)
    lost = f"{faults} FAULTS: this is no record." if faults else "Nothing was lost."
    if document.interrupted:
        lost += " It was interrupted before all was measured."
    lines += [
        "",
        f"Medians of up to {repetitions} interleaved runs on two cores of an {machine_line(document)}.",
        f"Messages have 100 bytes, beside slow readers 2,000. {lost}",
        *_explained(lines),
        "",
    ]
    return "\n".join(lines)


def _explained(lines: Sequence[str]) -> list[str]:
    """What `void` is, where it stands in one of these lines."""
    if not any(re.search(rf"\b{VOID}\b", line.split("|", 2)[-1]) for line in lines):
        return []
    return ["Void: the load generator was saturated or late, so the figure says nothing about the server."]


def machine_line(document: Document) -> str:
    """Where a record was taken, in a few words."""
    on = document.machine
    return f"{on['cpu']}, Linux {on['kernel'].split('-')[0]}, Python {on['python']}, gevent {on['gevent']}"


def peers_table(document: Document) -> str:
    """Server × scenario, as Markdown: the median, its spread, and the ratio to the floor."""
    scenarios = by_scenario(document.runs)
    figures = {scenario: summary(runs) for scenario, runs in scenarios.items()}
    columns = [
        (scenario, figure, head)
        for scenario, figure, head in COLUMNS
        if any(figure in of_server for of_server in figures.get(scenario, {}).values())
    ]
    servers = dict.fromkeys(run.server for run in document.runs)
    rows = [
        ["server", *(f"{scenario}: {head}" for scenario, _, head in columns)],
        ["---"] + ["--:"] * len(columns),
    ]
    rows += [
        [
            _plain(server),
            *(_cell(scenarios[scenario], figures[scenario], server, name) for scenario, name, _ in columns),
        ]
        for server in servers
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    interrupted = "It was interrupted before all was measured. " * document.interrupted
    return (
        f"{table}\n\nMedians; ± is half of the range over the median, × the ratio to the floor. Void: "
        f"the load generator was saturated first. {interrupted}Taken on two cores of an "
        f"{machine_line(document)}, {document.began}, by `{document.command}`.\n"
    )


def _plain(text: str) -> str:
    """Nothing that Markdown would take for its own."""
    return text.replace("|", "\\|").replace("\n", " ")


def _cell(runs: Sequence[Run], figures: dict[str, dict[str, Figure]], server: str, name: str) -> str:
    own = [run for run in runs if run.server == server]
    if any(run.faults for run in own):
        return "FAULT"
    figure = figures.get(server, {}).get(name)
    if figure is None:
        return "-"
    is_floor = floor_of(server, list(figures)) == server
    to_floor = "" if is_floor or isnan(figure.floor) else f"×{figure.floor:.2f}"
    return cell(figure.middle, "", percent(figure.spread), to_floor)


#: The columns of the short table of servers: (scenario, figure, head)
_SHORT: Final = (
    ("broadcast", "µs/delivery", "1,000 msg/s to 1,000 readers: CPU µs per delivery"),
    ("broadcast", "p99 ms", "… p99 ms"),
    ("saturate", "capacity/s", "saturated: deliveries per second of server CPU"),
    ("saturate", "capacity at/s", "… at deliveries a second"),
    ("direct", "messages/s", "direct messages a second"),
    ("direct", "capacity/s", "… per second of server CPU"),
    ("direct", "capacity at/s", "… at messages a second"),
    ("storm", "all in s", "1,000 join: all in, s"),
    ("idle", "KiB each", "KiB per connection"),
)


def render_peers(document: Document) -> str:
    """The short table of servers: medians of what the record has, and nothing beside them."""
    scenarios = by_scenario(document.runs)
    medians = {scenario: medians_of(runs) for scenario, runs in scenarios.items()}
    failed = {(run.scenario, run.server) for run in document.runs if run.faults}

    def told(scenario: str, server: str, figure: str) -> str:
        if (scenario, server) in failed:
            return "fails"
        return cell(medians.get(scenario, {}).get(server, {}).get(figure))

    columns = [
        (scenario, figure, head)
        for scenario, figure, head in _SHORT
        if any(figure in of_server for of_server in medians.get(scenario, {}).values())
    ]
    lines = [
        f"| server | {' | '.join(head for _, _, head in columns)} |",
        f"|---|{'--:|' * len(columns)}",
    ]
    for server in dict.fromkeys(run.server for run in document.runs):
        cells = (told(scenario, server, figure) for scenario, figure, _ in columns)
        lines.append(f"| {server} | {' | '.join(cells)} |")
    explained = _explained(lines)
    return "\n".join((*lines, *([""] if explained else []), *explained, ""))
