"""The report in locust's web UI, while a test runs: `/chat`.

locust's own pages know requests, and neither the server's CPU and memory nor which delivery was wrong; its
extra tabs hold tables only. So the report that `--run-html` writes at the end is a page, too, linked from
locust's by a button that is put into its index page. It renews itself every five seconds while the current
test runs; a process that measures spends nothing while nobody looks.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from flask import Response, request, send_file

from loadtests.measure.result import Run
from loadtests.reports import document as documents
from loadtests.reports import html

#: Of a run with more samples than this, ten minutes, only every second, third, … is shown, so that drawing a
#: long one does not hold up its users.
_SHOWN: Final = 1200
#: Seconds after which the page is asked for again.
_RENEWED: Final = 5
#: Seconds for which a browser keeps the script that draws.
_KEPT: Final = 86_400

_LINK: Final = (
    '<a href="./chat" target="_blank" style="position:fixed;left:16px;bottom:16px;z-index:2000;'
    "padding:9px 16px;border-radius:20px;background:#1f5fd6;color:#fff;font:600 14px system-ui,sans-serif;"
    'text-decoration:none;box-shadow:0 2px 8px rgb(0 0 0/.3)">Chat report</a>'
)


def attach(environment: Any) -> None:
    """Give locust's web UI the page, before it serves its first request: in `events.init`. Does nothing
    where there is no web UI, as in workers and with --headless."""
    web_ui = environment.web_ui
    if web_ui is None:
        return
    options = environment.parsed_options
    base = (getattr(options, "web_base_path", None) or "").rstrip("/")

    def show() -> Response:
        run, outcome = environment.chat_run, environment.chat_outcome
        if outcome is not None:
            outcome.look()
        response = Response(page(run))
        if run is None or outcome is not None:
            response.headers["Refresh"] = str(_RENEWED)
        return response

    def script() -> Response:
        return send_file(html.plotly(), max_age=_KEPT)

    guarded: Callable[[Any], Any] = web_ui.auth_required_if_enabled
    for name, answer in (("chat", show), ("chat/plotly.min.js", script)):
        web_ui.app.add_url_rule(f"{base}/{name}", name, guarded(answer))
    web_ui.app.after_request(_link)


def _link(response: Response) -> Response:
    """The button on locust's index page."""
    if request.endpoint == "locust.index" and response.mimetype == "text/html":
        response.set_data(response.get_data(as_text=True).replace("</body>", f"{_LINK}</body>"))
    return response


def page(run: Run | None) -> str:
    """The report of what the current run has so far; None where none has begun."""
    document = documents.begin(["locust"])
    if run is not None:
        step = 1 + len(run.samples) // _SHOWN
        document.runs = [replace(run, samples=run.samples[::-step][::-1])]  # with the last of them
    return html.report(document, "./chat/plotly.min.js")
