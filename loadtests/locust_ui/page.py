"""The live page in locust's web UI: `/chat`, with the report's charts of the current run.

locust's own pages know requests; its extra tabs hold tables only. So this is a page of its own, linked from
locust's: a button is put into its index page, since that page's menu is not open to others.

`environment.chat_run` is the run to show, a `result.Run` or None; whoever runs the load sets it. The browser
draws; this process, which measures, answers once a second with the samples as JSON (the report has all of a
long run), and spends nothing while the page is not open.
"""

from collections.abc import Callable
from dataclasses import replace
from math import isnan
from typing import Any, Final

from flask import Blueprint, Response, jsonify, request, send_file

from loadtests.measure.result import Run, Sample
from loadtests.reports.charts import Drawn, charts
from loadtests.reports.html import plotly, render

_NOT_YET: Final = "Nothing has run yet: start a test on locust's page, and this fills by itself."
_SOON: Final = "The run has begun; the first looks are on their way."
#: Of a run with more samples than this, ten minutes, only every second, third, … is shown: so an answer takes
#: 10 ms at most, however long it runs.
_SHOWN: Final = 1200
#: Seconds for which a browser keeps the script that draws.
_KEPT: Final = 86_400

_LINK: Final = (
    '<a href="./chat" style="position:fixed;left:16px;bottom:16px;z-index:2000;padding:9px 16px;'
    "border-radius:20px;background:#1f5fd6;color:#fff;font:600 14px system-ui,sans-serif;"
    'text-decoration:none;box-shadow:0 2px 8px rgb(0 0 0/.3)">Chat charts, live</a>'
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
        return render("live.html", charts=_charts(Run(""), _NOT_YET))

    def data() -> Response:
        return jsonify(told(getattr(environment, "chat_run", None), request.args.get("seen", "")))

    def script() -> Response:
        return send_file(plotly(), max_age=_KEPT)

    guarded: Callable[[Any], Any] = web_ui.auth_required_if_enabled
    for name, answer in (("chat", show), ("chat/data.json", data), ("chat/plotly.min.js", script)):
        pages.add_url_rule(f"/{name}", answer.__name__, guarded(answer))
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
        run, state, unsampled = Run(""), _NOT_YET, _NOT_YET
    else:
        state = f"{run.server}, {run.scenario or 'run'}: {run.samples[-1].at:.0f} s" if run.samples else _SOON
        unsampled = "" if len(run.samples) > 1 else _SOON
    if run.interrupted:
        state += ", interrupted"
    counts = (len(run.samples), len(run.latency), len(run.faults), len(run.marks))
    version = ".".join(map(str, (id(run) if run.server else 0, *counts)))
    answer: dict[str, Any] = {"seen": version, "state": state}
    if version != seen:
        answer["said"] = [*(f"FAULT: {fault}" for fault in run.faults), *run.marks]
        answer["tiles"] = _tiles(run.samples, run.noun)
        answer["charts"] = _charts(run, unsampled)
    return answer


def _charts(run: Run, unsampled: str) -> list[dict[str, Any]]:
    step = 1 + len(run.samples) // _SHOWN
    run = replace(run, samples=run.samples[::-step][::-1])  # with the last of them
    return charts([Drawn(run.server, 0, run, run.latency)], unsampled)


def _tiles(samples: list[Sample], noun: str) -> list[tuple[str, str]]:
    """The last sample in figures."""
    if not samples:
        return []
    before, now = (Sample(0, 0, 0, 0, 0, 0, 0), *samples)[-2:]
    rate = (now.deliveries - before.deliveries) / (now.at - before.at) if now.at > before.at else float("nan")
    tiles = (
        (f"{noun} a second", f"{rate:,.0f}", rate),
        ("p50", f"{now.p50_ms:.3g} ms", now.p50_ms),
        ("p99", f"{now.p99_ms:.3g} ms", now.p99_ms),
        ("server's CPU, of a core", f"{100 * now.server:.0f} %", now.server),
        ("generator's CPU, of a core", f"{100 * now.generator:.0f} %", now.generator),
        ("server's memory", f"{now.memory_mib:,.0f} MiB", now.memory_mib),
    )
    return [(name, "-" if isnan(value) else text) for name, text, value in tiles]
