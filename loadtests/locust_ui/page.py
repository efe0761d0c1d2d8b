"""The live page in locust's web UI: `/chat`, with the report's charts of the current run.

locust's own pages know requests; its extra tabs hold tables only. So this is a page of its own, linked from
locust's: a button is put into its index page, since that page's menu is not open to others.

`environment.chat_run` is the run to show, a `result.Run` or None; whoever runs the load sets it. Charts are
drawn here, in the load generator's process: that costs 1 ms a second for a short run, at most 5 for a long
one (of which not every sample is drawn; the report has all), and nothing while the page is not open.
"""

from collections.abc import Callable
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request

from loadtests.measure.result import Run, Sample
from loadtests.reports.charts import render
from loadtests.reports.html import page
from loadtests.reports.plots import Drawn, charts

_SCRIPT: Final = Path(__file__).with_name("live.js")

#: Of a run with more samples than this only every second, third, … is drawn.
_SHOWN: Final = 400

_NOT_YET: Final = "Nothing has run yet: start a test on locust's page, and this fills by itself."
_SOON: Final = "The run has begun; the first looks are on their way."

_LINK: Final = (
    '<a href="./chat" style="position:fixed;left:16px;bottom:16px;z-index:2000;padding:9px 16px;'
    "border-radius:20px;background:#1f5fd6;color:#fff;font:600 14px system-ui,sans-serif;"
    'text-decoration:none;box-shadow:0 2px 8px rgb(0 0 0/.3)">Chat charts, live</a>'
)

_BODY: Final = (
    "<h1>Chat load, live</h1>"
    '<p class="sub"><span id="state">asking…</span> · <a href="./">back to locust</a></p>'
    '<div class="verdict bad" id="said" style="white-space:pre-line" hidden></div>'
    '<div class="tiles" id="tiles"></div><div class="charts" id="charts"></div>'
)


def attach(environment: Any) -> None:
    """Give locust's web UI the page, before it serves its first request: in `events.init`. Does nothing
    where there is no web UI, as in workers and with --headless."""
    web_ui = environment.web_ui
    if web_ui is None:
        return
    options = environment.parsed_options
    pages = Blueprint("chat", __name__, url_prefix=getattr(options, "web_base_path", None) or None)

    def show() -> str:
        return page("Chat load, live", _BODY, _SCRIPT.read_text())

    def data() -> Response:
        return jsonify(told(getattr(environment, "chat_run", None), request.args.get("seen", "")))

    guarded: Callable[[Any], Any] = web_ui.auth_required_if_enabled
    pages.add_url_rule("/chat", "page", guarded(show))
    pages.add_url_rule("/chat/data.json", "data", guarded(data))
    web_ui.app.register_blueprint(pages)
    web_ui.app.after_request(_link)


def _link(response: Response) -> Response:
    """The button on locust's index page."""
    if request.endpoint == "locust.index" and response.mimetype == "text/html":
        response.set_data(response.get_data(as_text=True).replace("</body>", f"{_LINK}</body>"))
    return response


def told(run: Run | None, seen: str = "") -> dict[str, Any]:
    """The answer to the page's poll. `seen` is the version that it has drawn already, which is not sent
    again."""
    if run is None:
        return {
            "seen": "none",
            "state": _NOT_YET,
            "said": [],
            "tiles": [],
            "charts": _drawn(Run(""), _NOT_YET),
        }
    samples = run.samples
    version = f"{id(run)}.{len(samples)}.{len(run.latency)}.{len(run.faults)}.{len(run.marks)}"
    state = f"{run.server}, {run.scenario or 'run'}: {samples[-1].at:.0f} s" if samples else _SOON
    if run.interrupted:
        state += ", interrupted"
    answer: dict[str, Any] = {"seen": version, "state": state}
    if version != seen:
        answer["said"] = [*(f"FAULT: {fault}" for fault in run.faults), *run.marks]
        answer["tiles"] = _tiles(samples, run.noun)
        answer["charts"] = _drawn(run, "" if len(samples) > 1 else _SOON)
    return answer


def _drawn(run: Run, unsampled: str) -> str:
    step = 1 + len(run.samples) // _SHOWN
    shown = replace(run, samples=run.samples[::-step][::-1])  # with the last of them
    one = Drawn(run.server, 0, shown, run.latency)
    return "".join(render(chart) for chart in charts([one], unsampled))


def _tiles(samples: list[Sample], noun: str) -> list[tuple[str, str]]:
    """The last sample in figures."""
    if not samples:
        return []
    before, now = (samples[-2], samples[-1]) if len(samples) > 1 else (None, samples[-1])
    deliveries, at = (before.deliveries, before.at) if before else (0, 0.0)
    rate = (now.deliveries - deliveries) / (now.at - at) if now.at > at else float("nan")
    tiles = (
        (f"{noun} a second", f"{rate:,.0f}", rate),
        ("p50", f"{now.p50_ms:.3g} ms", now.p50_ms),
        ("p99", f"{now.p99_ms:.3g} ms", now.p99_ms),
        ("server's CPU, of a core", f"{100 * now.server:.0f} %", now.server),
        ("generator's CPU, of a core", f"{100 * now.generator:.0f} %", now.generator),
        ("server's memory", f"{now.memory_mib:,.0f} MiB", now.memory_mib),
    )
    return [(name, "-" if isnan(value) else text) for name, text, value in tiles]
