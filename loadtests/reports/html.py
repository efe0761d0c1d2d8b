"""A document as one HTML file: first whether its figures are valid, then a table, then charts.

One file that loads nothing from the network, so that it can be mailed, and opened years later. A reader in a
hurry sees the verdict and the summary; all figures are in the details. Everything from a document is escaped:
server names, marks and faults contain text of other programs.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports.charts import TONES, render
from loadtests.reports.document import Unreadable, by_scenario, read
from loadtests.reports.files import put, writable
from loadtests.reports.medians import number
from loadtests.reports.plots import Drawn, charts
from loadtests.reports.summary import (
    KEY,
    Figure,
    columns,
    floor_of,
    marks,
    percent,
    summary,
    typical,
)

HERE: Final = Path(__file__).parent

_EXPLAINED: Final = (
    "Figures are medians over the repetitions; ± is half of the range over the median; × is the ratio to the "
    "floor, which is the plainest C program that does the same. Void: the load generator was saturated, so "
    "the figure says nothing about the server. Disturbed: something else had one of the cores. Latencies "
    "count from the moment a message was due where the rate was given, else from its sending."
)


def write(document: Document, path: Path) -> None:
    """The report beside the JSON, or where somebody wants it."""
    put(path, report(document))


def page(title: str, body: str, script: str = "") -> str:
    """A page of its own, with the style and the pointer's script in it."""
    style = (HERE / "style.css").read_text()
    pointer = (HERE / "pointer.js").read_text()
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>\n{style}</style></head>\n"
        f"<body>\n{body}\n<script>\n{pointer}{script}</script></body></html>\n"
    )


def report(document: Document) -> str:
    """The whole file."""
    scenarios = by_scenario(document.runs)
    tones = {name: tones_of(runs, document.runs) for name, runs in scenarios.items()}
    began = document.began.replace("T", " ").replace("+00:00", " UTC")
    machine = " · ".join(f"{name} {value}" for name, value in document.machine.items())
    links = "".join(f'<a href="#s{at}">{escape(_named(name))}</a>' for at, name in enumerate(scenarios))
    parts = [
        "<h1>chatd load report</h1>",
        f'<p class="sub">{escape(began)} · <code>{escape(document.command)}</code></p>',
        f'<p class="sub">{escape(machine)}</p>',
        *_verdicts(document),
        _summary_table(scenarios, tones),
        f"<nav>{links}</nav>" if len(scenarios) > 1 else "",
        *(_scenario(at, name, runs, tones[name]) for at, (name, runs) in enumerate(scenarios.items())),
        f"<footer><p>{_EXPLAINED}</p></footer>",
    ]
    return page("chatd load report", "\n".join(parts))


def tones_of(runs: Sequence[Run], all_runs: Sequence[Run]) -> dict[str, int]:
    """A colour for each server of a scenario: the same in the whole document, but where one server runs in
    several ways (`chatd, 10 talkers`), which are to be told apart here."""
    servers = list(dict.fromkeys(run.server for run in runs))
    if not any("," in name for name in servers):
        everyone = dict.fromkeys(run.server for run in all_runs if "," not in run.server)
        return {name: at % TONES for at, name in enumerate(everyone)}
    return {name: at % TONES for at, name in enumerate(servers)}


def _named(scenario: str) -> str:
    return scenario or "run"


def _box(kind: str, head: str, rows: Sequence[str]) -> str:
    listed = "".join(f"<li>{escape(row)}</li>" for row in rows)
    below = f"<ul>{listed}</ul>" if rows else ""
    return f'<div class="verdict {kind}"><strong>{escape(head)}</strong>{below}</div>'


def _verdicts(document: Document) -> Iterator[str]:
    """What a reader must know before relying on a figure."""
    runs = document.runs
    if document.interrupted:
        yield _box("warn", "Interrupted before all was measured: this is what there is.", [])
    if not runs:
        yield _box("bad", "Nothing was measured.", ["The document has no runs."])
        return
    faults = [f"{_named(run.scenario)}, {run.server}: {fault}" for run in runs for fault in run.faults]
    if faults:
        yield _box("bad", f"Failed: {_some(len(faults), 'fault')} in {_some(len(runs), 'run')}.", faults)
    else:
        yield _box("good", f"{_some(len(runs), 'run')}, no fault.", [])
    doubts = (
        ("interrupted, true as far as it goes", [run for run in runs if run.interrupted]),
        ("void, the load generator was saturated", [run for run in runs if run.void]),
        ("disturbed, something else had one of the cores", [run for run in runs if run.disturbed]),
    )
    told = [
        f"{name}: {what}"
        for what, concerned in doubts
        for name in _counted([f"{_named(run.scenario)}, {run.server}" for run in concerned])
    ]
    if told:
        yield _box("warn", "Read these with care.", told)


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _counted(names: Sequence[str]) -> list[str]:
    """Each once, with how often where that is more."""
    return [
        f"{name} ({_some(count, 'run')})" if count > 1 else name for name, count in Counter(names).items()
    ]


def _badges(runs: Sequence[Run]) -> str:
    return "".join(f'<span class="badge {mark.split()[0]}">{mark}</span>' for mark in marks(runs))


def _cell(figure: Figure | None, *, is_floor: bool) -> str:
    if figure is None:
        return "<td>-</td>"
    ratio = "" if is_floor or figure.floor != figure.floor else f"×{figure.floor:.2f}"
    small = " · ".join(part for part in (percent(figure.spread), ratio) if part)
    return f"{_opened(figure.void)}{number(figure.median)}{f'<small>{small}</small>' if small else ''}</td>"


def _opened(void: bool) -> str:
    return '<td class="void" title="void: the load generator was saturated">' if void else "<td>"


def _rows(runs: Sequence[Run], names: Sequence[str], tones: dict[str, int]) -> Iterator[str]:
    figures = summary(runs)
    for server, of_server in figures.items():
        own = [run for run in runs if run.server == server]
        is_floor = floor_of(server, list(figures)) == server
        cells = "".join(_cell(of_server.get(name), is_floor=is_floor) for name in names)
        yield (
            f'<tr><th scope="row"><span class="swatch s{tones[server]}"></span>{escape(server)}'
            f"{_badges(own)}</th>{cells}</tr>"
        )


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    inner = f"<thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="wide" tabindex="0"><table>{inner}</table></div>'


def _summary_table(scenarios: dict[str, list[Run]], tones: dict[str, dict[str, int]]) -> str:
    """Server × figures, scenario by scenario."""
    present = {name for runs in scenarios.values() for run in runs for name in run.figures}
    names = [name for name in KEY if name in present]
    if not names:
        return ""
    rows: list[str] = []
    for name, runs in scenarios.items():
        rows.append(f'<tr class="scenario"><th scope="rowgroup">{escape(_named(name))}</th>')
        rows.append(f'<td colspan="{len(names)}"></td></tr>')
        rows += _rows(runs, names, tones[name])
    return _table(("server", *names), rows)


def _scenario(at: int, name: str, runs: Sequence[Run], tones: dict[str, int]) -> str:
    options = " · ".join(f"{key} {value}" for key, value in runs[0].options.items())
    drawn = list(_drawn(runs, tones))
    figures = summary(runs)
    names = columns(figures)
    table = _table(("server", *names), list(_rows(runs, names, tones)))
    return (
        f'<h2 id="s{at}">{escape(_named(name))}</h2>'
        f'<p class="sub">{escape(options)}</p>'
        f'<div class="charts">{"".join(render(chart) for chart in charts(drawn))}</div>'
        f'<p class="note">{_which(runs)}</p>'
        f"<details><summary>All figures</summary>{table}</details>"
        f"<details><summary>Each run</summary>{_each(runs, names, tones)}</details>"
    )


def _which(runs: Sequence[Run]) -> str:
    if len({run.server for run in runs}) == len(runs):
        return ""
    return (
        "Over time, one of each server's repetitions is drawn: the one in the middle by its p99. The "
        "distribution is that of all its repetitions."
    )


def _drawn(runs: Sequence[Run], tones: dict[str, int]) -> Iterator[Drawn]:
    for server in dict.fromkeys(run.server for run in runs):
        own = [run for run in runs if run.server == server]
        merged: dict[float, int] = {}
        for run in own:
            for latency, count in run.latency:
                merged[latency] = merged.get(latency, 0) + count
        yield Drawn(server, tones[server], own[typical(own)], sorted(merged.items()))


def _each(runs: Sequence[Run], names: Sequence[str], tones: dict[str, int]) -> str:
    rows = []
    counted: dict[str, int] = {}
    for run in runs:
        counted[run.server] = counted.get(run.server, 0) + 1
        said = "; ".join([*(f"FAULT: {fault}" for fault in run.faults), *run.marks])
        cells = "".join(f"{_opened(run.struck(name))}{number(run.figures.get(name))}</td>" for name in names)
        rows.append(
            f'<tr><th scope="row"><span class="swatch s{tones[run.server]}"></span>{escape(run.server)} '
            f'{counted[run.server]}{_badges([run])}</th>{cells}<td class="text">{escape(said)}</td></tr>'
        )
    return _table(("run", *names, "what was said"), rows)


def main(argv: Sequence[str] | None = None) -> int:
    """Make the report of a document that was kept."""
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.reports.html", description="Make the HTML report of a JSON document."
    )
    parser.add_argument("json", type=Path, help="the document")
    parser.add_argument("html", type=writable, nargs="?", help="the report (default: beside it)")
    arguments = parser.parse_args(argv)
    target = arguments.html or arguments.json.with_suffix(".html")
    try:
        write(read(arguments.json), target)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
