"""`make test-browser`: the report and locust's live page in a real Chromium.

A test of strings cannot tell whether a chart can be seen. This opens a report of several servers, invented to
have every kind of mark, that of a short run, and the live page of a locust of its own; wide and as narrow as
a phone, light and dark. It fails when a chart has no line with a length, a word is cut off, the page is wider
than the window, or a script fails.

`python -m tools.browser [FOLDER]` leaves the pictures there. Exit codes: 0 all is seen, 1 something is not,
2 there is no browser.
"""

import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import loadtests
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Document, Run
from loadtests.plans.runs import fresh
from loadtests.reports import document as documents
from loadtests.reports import html
from loadtests.reports.devtools import BrowserError, Page, browser
from loadtests.scenarios.broadcast import Broadcast
from loadtests.servers.running import running as serving
from tests.support.documents import document
from tests.support.processes import Child, ChildFailed, free_port, running

#: A small load, which lasts longer than it is looked at.
_LOAD: Final = {"readers": 50, "talkers": 2, "rate": 200, "seconds": 60}
_LOOKS: Final = tuple((width, dark) for width in (1280, 400) for dark in (False, True))
#: Seconds for locust to serve, and for its page to fill.
_PATIENCE: Final = 30.0

#: What each chart has drawn: why it has not, the lengths of its lines, and the words that stick out.
_CHARTS: Final = """
[...document.querySelectorAll("figure.chart")].map((figure) => {
  const frame = figure.querySelector("svg")?.getBoundingClientRect();
  const out = ({left, right, top, bottom}) =>
    left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1;
  return {
    title: figure.querySelector("figcaption").textContent,
    why: figure.querySelector(".why")?.textContent ?? "",
    lines: [...figure.querySelectorAll("path.line")].map((path) => path.getTotalLength()),
    cut: [...figure.querySelectorAll("text")].filter((text) => out(text.getBoundingClientRect()))
      .map((text) => text.textContent),
  };
})
"""
_WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_POINT: Final = """
(() => {
  const svg = document.querySelector(".chart svg"), box = svg.getBoundingClientRect();
  const at = {clientX: box.left + box.width / 2, clientY: box.top + box.height / 2, bubbles: true};
  svg.dispatchEvent(new PointerEvent("pointermove", at));
  return document.querySelector(".tip")?.textContent ?? "";
})()
"""


def complaints(page: Page) -> Iterator[str]:
    """What is wrong with the charts that the page shows now."""
    charts: list[dict[str, Any]] = page.value(_CHARTS)
    if not charts:
        yield "there is no chart"
    for chart in charts:
        if not chart["lines"] or min(chart["lines"]) <= 1:
            yield f"“{chart['title']}” is empty: {chart['why'] or 'its lines have no length'}"
        if chart["cut"]:
            yield f"“{chart['title']}” has words cut off: {', '.join(chart['cut'])}"
    wider = page.value(_WIDER)
    if wider > 0:
        yield f"the page is {wider} pixels wider than the window"


def _report(page: Page, folder: Path) -> Iterator[str]:
    """The report of several servers; and that an empty one would be found out."""
    path = folder / "report.html"
    html.write(document(), path)
    for width, dark in _LOOKS:
        page.look(width=width, dark=dark)
        page.open(path.as_uri())
        look = f"report, {width} px, {'dark' if dark else 'light'}"
        yield from (f"{look}: {complaint}" for complaint in complaints(page))
        page.picture(folder / f"report-{width}-{'dark' if dark else 'light'}.png")
    if "deliveries/s" not in page.value(_POINT):
        yield "report: nothing is told at the pointer"
    empty = folder / "empty.html"
    html.write(Document({}, "", "", [Run("chatd")]), empty)
    page.open(empty.as_uri())
    if not any("is empty" in complaint for complaint in complaints(page)):
        yield "a report without samples was taken for a full one"


def _measured(page: Page, folder: Path) -> Iterator[str]:
    """The report of a run, as short as it may be to be drawn."""
    scenario = Broadcast.of({**_LOAD, "seconds": 2.5})
    run = Run("chatd", scenario=scenario.name, options=scenario.chosen())
    fresh(run, "chatd", scenario)
    one = documents.begin(["python", "-m", "tools.browser"])
    one.runs.append(run)
    yield from (f"a run of this browser test: {fault}" for fault in run.faults)
    path = folder / "measured.html"
    html.write(documents.loads(documents.dumps(one)), path)
    page.look(width=1280)
    page.open(path.as_uri())
    yield from (f"report of a run: {complaint}" for complaint in complaints(page))
    page.picture(folder / "measured.png")


def _live(page: Page, folder: Path) -> Iterator[str]:
    """From locust's page by its link to ours, before and during a load on a chatd."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    locust = [sys.executable, "-m", "locust", "-f", str(Path(loadtests.__file__).with_name("locustfile.py"))]
    web = ["--web-host", "127.0.0.1", "--web-port", str(port)]
    load = [word for name, value in _LOAD.items() for word in (f"--{name}", str(value))]
    with serving("chatd") as server:
        host = ["--host", f"tcp://{server.address[0]}:{server.address[1]}"]
        with running("locust", [*locust, *host, *web, *load]) as child:
            yield from _watched(page, folder, base, child)


def _watched(page: Page, folder: Path, base: str, child: Child) -> Iterator[str]:
    """What is wrong with the pages of the locust that is served there."""
    _await(base, child.failure("does not serve its page"))
    page.look(width=1280)
    page.open(f"{base}/")
    if page.value("document.querySelector('a[href=\"./chat\"]')?.textContent") is None:
        yield "locust's page has no link to ours"
    page.open(f"{base}/chat")
    if not _filled(page, "document.querySelector('.why')?.textContent.includes('Nothing has run yet')"):
        yield "live page: it does not say that nothing runs"
    swarm = urllib.request.Request(f"{base}/swarm", b"user_count=1&spawn_rate=1")
    urllib.request.urlopen(swarm, timeout=10).close()
    if not _filled(page, "document.querySelector('.chart path.line') && !document.querySelector('.why')"):
        yield "live page: its charts stay empty"
    for width, dark in _LOOKS:
        page.look(width=width, dark=dark)
        look = f"live page, {width} px, {'dark' if dark else 'light'}"
        yield from (f"{look}: {complaint}" for complaint in complaints(page))
        page.picture(folder / f"live-{width}-{'dark' if dark else 'light'}.png")
    page.open("about:blank")  # or it would ask a locust that is gone, which is an error


def _await(url: str, failure: ChildFailed) -> None:
    """Until it answers: locust tells nobody when it serves."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise failure


def _filled(page: Page, expression: str) -> bool:
    """Whether it comes true in time."""
    told = page.value(
        f"""(async () => {{
          const end = Date.now() + {1000 * _PATIENCE * 0.8:.0f};
          while (!({expression}) && Date.now() < end) await new Promise((next) => setTimeout(next, 50));
          return Boolean({expression});
        }})()"""
    )
    return bool(told)


def main(argv: list[str]) -> int:
    """The exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(argv[0] if argv else scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with browser() as page:
                found = [*_report(page, folder), *_measured(page, folder), *_live(page, folder)]
                found += [f"a script failed: {error}" for error in page.errors]
        except (BrowserError, ChildFailed, Unusable) as failure:
            sys.stderr.write(f"test-browser: {failure}\n")
            return 2
    sys.stdout.write("\n".join([*found, f"test-browser: {'FAILED' if found else 'all charts are drawn'}\n"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
