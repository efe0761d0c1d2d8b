"""A document as one HTML file: first whether its figures are valid, then a table, then charts.

One file that loads nothing from the network, so that it can be mailed, and opened years later. A reader in a
hurry sees the verdict and the summary; all figures are in the details. Everything from a document is escaped:
server names, marks and faults contain text of other programs.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from loadtests.measure.result import Document, Run
from loadtests.reports.charts import charts
from loadtests.reports.glossary import GLOSSARY, KEY
from loadtests.reports.medians import by_scenario, by_server, columns, medians_of, typical
from loadtests.reports.tables import SATURATED, Table, servers

#: Colours in the stylesheet.
_TONES: Final = 8
_TEMPLATES: Final = Environment(
    loader=PackageLoader("loadtests.reports"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals |= {"glossary": GLOSSARY, "saturated": SATURATED}


def plotly() -> Path:
    """The script that draws, as its package brings it."""
    package = find_spec("plotly")  # found and not imported, which takes a while
    assert package and package.origin
    return Path(package.origin).with_name("package_data") / "plotly.min.js"


def report(document: Document, script: str = "") -> str:
    """The whole page; plotly is in it, unless `script` is the address where it is."""
    present = {name for run in document.runs for name in run.figures}
    key = [name for name in KEY if name in present]
    inline = "" if script else Markup("<script>{}</script>").format(Markup(plotly().read_text()))
    tones = {name: at % _TONES for at, name in enumerate(by_server(document.runs))}
    return _TEMPLATES.get_template("report.html").render(
        document=document,
        tones=tones,
        verdicts=list(_verdicts(document)),
        key=key,
        sections=[_section(name, runs, tones, key) for name, runs in by_scenario(document.runs).items()],
        plotly=inline or Markup('<script src="{}"></script>').format(script),
    )


def _verdicts(document: Document) -> Iterator[tuple[str, str, Sequence[str]]]:
    """What a reader must know before relying on a figure: (good, warn or bad; a sentence; the details)."""
    runs = document.runs
    if document.interrupted:
        yield "warn", "Interrupted before all was measured: this is what there is.", ()
    if not runs:
        yield "bad", "Nothing was measured.", ["The document has no runs."]
        return
    faults = [f"{run.scenario or 'run'}, {run.server}: {fault}" for run in runs for fault in run.faults]
    counted = f"{len(runs)} run{'s' * (len(runs) != 1)}"
    if faults:
        yield "bad", f"Failed: {len(faults)} fault{'s' * (len(faults) != 1)} in {counted}.", faults
    else:
        yield "good", f"{counted}, no fault.", ()
    if doubts := [f"{run.scenario or 'run'}, {run.server}: {mark}" for run in runs for mark in run.marks]:
        yield "warn", "Read these with care.", list(dict.fromkeys(doubts))


def _section(name: str, runs: Sequence[Run], tones: dict[str, int], key: Sequence[str]) -> dict[str, Any]:
    """A scenario of the report."""
    names = columns(medians_of(runs))
    drawn = [_drawn(own) for own in by_server(runs).values()]
    return {
        "name": name or "run",
        "options": runs[0].options,
        "charts": charts(drawn, tones),
        "repeated": len(drawn) < len(runs),
        "key": servers(runs, key),
        "figures": Table(("server", *names), servers(runs, names)),
    }


def _drawn(runs: Sequence[Run]) -> Run:
    """Of one server's repetitions the typical one, in the distribution all of them."""
    merged: Counter[float] = Counter()
    for run in runs:
        merged.update(dict(run.latency))
    return replace(typical(runs), latency=sorted(merged.items()))
