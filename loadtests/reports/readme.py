"""The README's figures, and the peers' table, from the records of runs: no figure is typed by hand.

`python -m loadtests.reports.readme` puts both between the README's marks, and writes `peers.md` beside
`peers.json`; a test holds that the README's are those of the records.
"""

import sys
from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from typing import Final

from loadtests.reports.document import RESULTS, Unreadable, by_scenario, read
from loadtests.reports.goals import medians_of, number
from loadtests.reports.summary import RATES, Figure, floor_of, percent, summary
from loadtests.result import Document, Run

RECORD: Final = RESULTS / "bench.json"
PEERS: Final = RESULTS / "peers.json"
README: Final = Path(__file__).parent.parent.parent / "README.md"
#: The README's two blocks.
FIGURES: Final = "figures"
OTHERS: Final = "peers"

Medians = dict[str, dict[str, float]]


def _of(server: str, figure: str, unit: str = "") -> Callable[[Medians], str]:
    return lambda medians: number(medians[server][figure]) + unit


def _pair(figure: str, unit: str = "") -> Callable[[Medians], str]:
    """chatd's and the floor's, and the ratio."""

    def both(medians: Medians) -> str:
        ours, floor = medians["chatd"][figure], medians["floor"][figure]
        return f"{number(ours)}{unit}; floor {number(floor)}{unit}; ratio {ours / floor:.2f}"

    return both


def _beside(server: str) -> Callable[[Medians], str]:
    def both(medians: Medians) -> str:
        figures = medians[server]
        return f"{number(figures['p99 ms'])} ms; without them {number(figures['p99 without ms'])} ms"

    return both


#: (scenario, what the README calls it, the figure); a record shows those that it has.
ROWS: Final[tuple[tuple[str, str, Callable[[Medians], str]], ...]] = (
    (
        "broadcast",
        "1,000 messages a second to 1,000 readers: server CPU a delivery",
        _pair("µs/delivery", " µs"),
    ),
    ("broadcast", "… p99 from due to delivered", _pair("p99 ms", " ms")),
    ("idle-rate", "10 messages a second to 1,000 readers: p50", _pair("p50 ms", " ms")),
    ("saturate", "as many as it takes, 1,000 readers: deliveries a second", _of("chatd", "deliveries/s")),
    (
        "saturate",
        "… for each second of server CPU, at the highest rate that is not void",
        _pair("capacity/s"),
    ),
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
    ("storm", "10,000 people join at once: all are in after", _of("chatd", "all in s", " s")),
    ("storm", "… drop, and all who remain know of it after", _of("chatd", "drops told s", " s")),
    ("idle", "10,000 connections that do nothing: resident memory each", _of("chatd", "KiB each", " KiB")),
    ("idle", "… share of a core", _of("chatd", "idle %", " %")),
    ("slow", "10 frozen readers among 1,000: the others' p99", _beside("chatd, frozen")),
    ("slow", "10 readers at 1 KiB/s among 1,000: the others' p99", _beside("chatd, 1 KiB/s")),
)

#: (scenario, figure, what the peers' table calls it)
COLUMNS: Final = (
    ("broadcast", "µs/delivery", "CPU µs a delivery"),
    ("broadcast", "p99 ms", "p99 ms"),
    ("saturate", "capacity/s", "deliveries/s of server CPU"),
    ("saturate", "deliveries/s", "deliveries/s"),
    ("direct", "messages/s", "messages/s"),
    ("direct-rate", "µs/message", "CPU µs a message"),
    ("storm", "all in s", "all in, s"),
    ("storm", "drops told s", "drops told, s"),
    ("idle", "KiB each", "KiB a connection"),
    ("idle", "idle %", "% of a core"),
)


def render(document: Document) -> str:
    """The README's block for a record."""
    scenarios = by_scenario(document.runs)
    lines = ["| what | measured |", "|---|---|"]
    for scenario, what, figure in ROWS:
        if scenario in scenarios:
            lines.append(f"| {what} | {figure(medians_of(scenarios[scenario]))} |")
    repetitions = sum(run.server == "chatd" for run in scenarios["broadcast"])
    faults = sum(len(run.faults) for run in document.runs)
    lost = f"{faults} FAULTS: this is no record." if faults else "Nothing was lost."
    lines += [
        "",
        f"Medians of up to {repetitions} interleaved runs on two cores of an {_machine(document)}.",
        f"Messages have 100 bytes, beside slow readers 2,000. {lost}",
        "",
    ]
    return "\n".join(lines)


def _machine(document: Document) -> str:
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
    return (
        f"{table}\n\nMedians; ± is half of the range over the median, × the ratio to the floor. Void: the "
        f"generator ended first. Taken on two cores of an {_machine(document)}, {document.began}, by "
        f"`{document.command}`.\n"
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
    is_void = name in RATES and any(run.void for run in own)
    is_floor = floor_of(server, list(figures)) == server
    parts = [
        number(figure.median),
        percent(figure.spread),
        "" if is_floor or isnan(figure.floor) else f"×{figure.floor:.2f}",
        "void" if is_void else "",
    ]
    return " ".join(part for part in parts if part)


#: What the README shows of the peers: (scenario, figure, head)
_SHORT: Final = (
    ("broadcast", "µs/delivery", "1,000 msg/s to 1,000 readers: CPU µs a delivery"),
    ("broadcast", "p99 ms", "… p99 ms"),
    ("saturate", "capacity/s", "saturated: deliveries a second of server CPU"),
    ("direct", "messages/s", "direct messages a second"),
    ("storm", "all in s", "1,000 join: all in, s"),
    ("idle", "KiB each", "KiB a connection"),
)


def render_peers(document: Document) -> str:
    """The README's table of servers: medians, and nothing beside them."""
    scenarios = by_scenario(document.runs)
    medians = {scenario: medians_of(runs) for scenario, runs in scenarios.items()}
    failed = {(run.scenario, run.server) for run in document.runs if run.faults}

    def cell(scenario: str, server: str, figure: str) -> str:
        if (scenario, server) in failed:
            return "fails"
        return number(medians.get(scenario, {}).get(server, {}).get(figure))

    lines = [
        f"| server | {' | '.join(head for _, _, head in _SHORT)} |",
        f"|---|{'--:|' * len(_SHORT)}",
    ]
    for server in dict.fromkeys(run.server for run in document.runs):
        cells = (cell(scenario, server, figure) for scenario, figure, _ in _SHORT)
        lines.append(f"| {server} | {' | '.join(cells)} |")
    return "\n".join((*lines, ""))


def block(text: str, name: str) -> tuple[int, int]:
    """Where the block of this name stands in the README's text."""
    begin = f"<!-- {name}: begin -->\n"
    return text.index(begin) + len(begin), text.index(f"<!-- {name}: end -->\n")


def _put(text: str, name: str, block_text: str) -> str:
    begin, end = block(text, name)
    return text[:begin] + block_text + text[end:]


def main() -> int:
    """The exit code."""
    try:
        peers = read(PEERS)
        text = _put(README.read_text(), FIGURES, render(read(RECORD)))
        README.write_text(_put(text, OTHERS, render_peers(peers)))
        PEERS.with_suffix(".md").write_text(peers_table(peers))
    except Unreadable as error:
        print(f"readme: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
