"""`make test-browser`: the report, the live page and locust's own web UI in a real Chromium, by playwright.

A test of strings cannot tell whether a chart can be seen. This opens a report of several servers, invented to
have every kind of mark, that of a short run, and the pages of a locust of its own; wide and as narrow as a
phone, light and dark. It fails when a chart has no line, a word is cut off, a page is wider than the window,
values or zoom do not come, a report asks the network for something, or a script fails; and when locust's
start, ramp, edit and stop do not do what they say.

`python -m tools.browser [FOLDER]` leaves the pictures there. Exit codes: 0 all is seen, 1 something is not,
2 there is no browser.
"""

import json
import shutil
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import loadtests
from loadtests.measure.result import Document, Run
from loadtests.reports import html
from tests.support.chatd_process import running as chatd
from tests.support.documents import document
from tests.support.processes import Child, ChildFailed, free_port, running

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

LOCUSTFILE: Final = Path(loadtests.__file__).with_name("locustfile.py")
PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
#: Two of these are for containers.
_SWITCHES: Final = ("--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars")
_LOOKS: Final = tuple((width, dark) for width in (1280, 400) for dark in (False, True))
#: Seconds for locust to serve, for its users to ramp, and for a page to fill.
_PATIENCE: Final = 30.0

#: What each chart of the page has drawn: why not, its lines, the words that stick out, the colour of a tick.
_CHARTS: Final = """() => [...document.querySelectorAll("figure.chart")].map((figure) => {
  const frame = figure.getBoundingClientRect();
  const out = ({left, right, top, bottom, width}) => width &&
    (left < frame.left - 1 || right > frame.right + 1 || top < frame.top - 1 || bottom > frame.bottom + 1);
  const words = [...figure.querySelectorAll(".main-svg text")];
  return {
    title: figure.querySelector("figcaption").textContent.trim(),
    why: figure.querySelector(".why").textContent,
    lines: [...figure.querySelectorAll("path.js-line")].map((path) => path.getTotalLength()),
    cut: words.filter((word) => out(word.getBoundingClientRect())).map((word) => word.textContent),
    pale: words.length && getComputedStyle(figure.querySelector(".xtick text")).fill !==
      getComputedStyle(figure.querySelector(".why")).color,
  };
})"""
_ALL_DRAWN: Final = """() => {
  const figures = [...document.querySelectorAll("figure.chart")];
  return figures.length && figures.every((figure) => figure.classList.contains("drawn"));
}"""
_WIDER: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_RANGES: Final = """() => [...document.querySelectorAll(".plot")].map((plot) => plot.layout?.xaxis.range)"""


class NoBrowser(Exception):
    """One sentence."""


def find() -> str:
    """The browser's path. Raises NoBrowser."""
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise NoBrowser(f"none of {', '.join(PROGRAMS)} is here; please run: sudo apt-get install chromium")


@dataclass(slots=True)
class Look:
    """The page of a browser, where the pictures go, and what was found to be wrong."""

    page: "Page"
    folder: Path
    found: list[str] = field(default_factory=list)

    def wants(self, holds: object, complaint: str) -> None:
        if not holds:
            self.found.append(complaint)

    def comes(self, script: str, complaint: str) -> None:
        """Whether this becomes true on the page, in time."""
        from playwright.sync_api import TimeoutError as Late

        try:
            self.page.wait_for_function(script, timeout=1000 * _PATIENCE)
        except Late:
            self.found.append(complaint)

    def charts(self, name: str) -> None:
        """Complain of what is wrong with the charts of this page, in each width and colour; take pictures."""
        for width, dark in _LOOKS:
            look = f"{name}-{width}-{'dark' if dark else 'light'}"
            self.page.emulate_media(color_scheme="dark" if dark else "light")
            self.page.set_viewport_size({"width": width, "height": 900})
            self.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws all, not only what is near
            self.comes(_ALL_DRAWN, f"{look}: a chart stays empty")
            self.found += [f"{look}: {complaint}" for complaint in complaints(self.page)]
            self.page.screenshot(path=self.folder / f"{look}.png", full_page=True)


def complaints(page: "Page") -> Iterator[str]:
    """What is wrong with the charts that the page shows now."""
    charts: list[dict[str, Any]] = page.evaluate(_CHARTS)
    if not charts:
        yield "there is no chart"
    for chart in charts:
        if not chart["lines"] or max(chart["lines"]) <= 1:
            yield f"“{chart['title']}” is empty: {chart['why'] or 'its lines have no length'}"
        if chart["cut"]:
            yield f"“{chart['title']}” has words cut off: {', '.join(chart['cut'])}"
        if chart["pale"]:
            yield f"“{chart['title']}” has the colours of another theme"
    wider = page.evaluate(_WIDER)
    if wider > 0:
        yield f"the page is {wider} pixels wider than the window"


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Look]:
    """A page, whose scripts' errors are complaints, as is whatever a report loads."""
    from playwright.sync_api import Error, sync_playwright  # installed by `make test-browser` only

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES))
        look = Look(chromium.new_page(), folder)

        def asked(request: "Request") -> None:
            elsewhere = not request.url.startswith(("file:", "data:", "blob:"))
            if elsewhere and look.page.url.startswith("file:") and not request.is_navigation_request():
                look.found.append(f"a report loads {request.url}")

        def failed(request: "Request") -> None:
            if "ABORTED" not in (request.failure or ""):  # the page was left meanwhile
                look.found.append(f"not loaded: {request.url} ({request.failure})")

        look.page.on("pageerror", lambda error: look.found.append(f"a script failed: {error}"))
        look.page.on("requestfailed", failed)
        look.page.on("request", asked)
        try:
            yield look
        except Error as error:
            look.found.append(f"at {look.page.url}: {error}")
        chromium.close()


def report(look: Look) -> None:
    """The report of several servers: its charts, values at the pointer, zoom, what a legend hides; and that
    an empty report would be found out."""
    page, path = look.page, look.folder / "report.html"
    html.write(document(), path)
    page.goto(path.as_uri())
    look.charts("report")
    page.set_viewport_size({"width": 1280, "height": 900})
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").bounding_box()
    assert box

    def point(share: float) -> None:
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=4)

    point(0.5)
    look.comes(_says(".hoverlayer", "chatd: ", "deliveries/s"), "report: there are no values at the pointer")
    before = page.evaluate(_RANGES)
    point(0.3)
    page.mouse.down()
    point(0.6)
    page.mouse.up()
    page.wait_for_timeout(500)
    zoomed = page.evaluate(_RANGES)
    look.wants(zoomed[0][1] - zoomed[0][0] < 0.4 * before[0][1], "report: nothing is zoomed")
    look.wants(zoomed[1] == zoomed[0], "report: the other charts over time are not zoomed with it")
    look.wants(zoomed[2] == before[2], "report: the distribution is zoomed with the time")
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_timeout(500)
    look.wants(page.evaluate(_RANGES) == before, "report: a double click does not show the whole again")
    page.locator(".legendtoggle").first.click()
    hidden = "() => document.querySelectorAll('.plot')[3].data[0].visible === 'legendonly'"
    look.comes(hidden, "report: a click in a legend does not hide a server in all charts")
    html.write(Document({}, "", "", [Run("chatd")]), path)
    page.goto(path.as_uri())
    empty = any("is empty" in complaint for complaint in complaints(page))
    look.wants(empty, "a report without samples was taken for a full one")


def _says(selector: str, *words: str) -> str:
    """A script: whether there is an element with all these words, as they are seen."""
    return (
        f"() => [...document.querySelectorAll({json.dumps(selector)})].some((one) => "
        f"{json.dumps(words)}.every((word) => (one.innerText ?? one.textContent).includes(word)))"
    )


def measured(look: Look) -> None:
    """The report of a run, as short as it may be to be drawn."""
    path = look.folder / "measured.html"
    load = ("--readers", "50", "--talkers", "2", "--rate", "200", "--seconds", "2.5")
    with running(
        "a load", [sys.executable, "-m", "loadtests", "broadcast", *load, "--html", str(path)]
    ) as child:
        ended = child.finish(2 * _PATIENCE)
    look.wants(not ended.code, f"a load ended with {ended.code}: {ended.output}")
    look.page.goto(path.as_uri())
    look.charts("measured")


def locust(look: Look) -> None:
    """locust's page and ours, before, during and after a load on a chatd."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = ["-m", "locust", "-f", str(LOCUSTFILE), "--web-host", "127.0.0.1", "--web-port", str(port)]
    with chatd("--listen", "tcp://127.0.0.1:0", "--line-rate", "0") as (_, ports):
        host = ("--host", f"tcp://127.0.0.1:{ports[0]}")
        with running("locust", [sys.executable, *words, *host]) as child:
            _await_state(base, child, ("ready", 0))
            _live_before(look, base)
            _ramped(look, base, child)
            look.page.goto("about:blank")  # or it would ask a locust that is gone, which is an error


def _live_before(look: Look, base: str) -> None:
    look.page.set_viewport_size({"width": 1280, "height": 900})
    look.page.goto(base)
    look.page.get_by_text("Chat charts, live").click()
    look.comes(_says(".why", "Nothing has run yet"), "live page: it does not say that nothing runs")
    look.comes("() => window.Plotly", "live page: the script that draws does not come")
    look.page.get_by_text("back to locust").click()


def _ramped(look: Look, base: str, child: Child) -> None:
    """Start, more users, the live page, stop, and start again."""
    page = look.page
    page.wait_for_selector("input[name=userCount]")
    for users, button, opens in ((4, "Start", ""), (8, "Update", "Edit"), (2, "Start", "New")):
        if opens:
            page.get_by_role("button", name=opens, exact=True).click()
        page.locator("input[name=userCount]").fill(str(users))
        page.locator("input[name=spawnRate]").fill("4")
        page.get_by_role("button", name=button).last.click()
        _await_state(base, child, ("running", users))
        look.comes(
            _says("header", "RUNNING", f"Users\n\n{users}"), f"locust's page does not tell of {users} users"
        )
        page.screenshot(path=look.folder / f"locust-{users}.png")
        if opens:
            page.goto(f"{base}/chat")
            look.charts("live")
            look.wants(page.locator(".tile").count() >= 4, "live page: there are no figures in tiles")
            page.goto(base)
            page.set_viewport_size({"width": 1280, "height": 900})
            page.get_by_role("button", name="Stop", exact=True).click()
            _await_state(base, child, ("stopped", 0))


def _state(base: str) -> tuple[str, int] | None:
    """What locust does, and with how many users; None while it does not serve."""
    try:
        with urllib.request.urlopen(f"{base}/stats/requests", timeout=5) as answer:
            told = json.load(answer)
    except OSError:
        return None
    return told["state"], told["user_count"]


def _await_state(base: str, child: Child, wanted: tuple[str, int]) -> None:
    """locust tells nobody when it is so far. Raises ChildFailed."""
    deadline = time.monotonic() + _PATIENCE
    while (state := _state(base)) != wanted:
        if time.monotonic() > deadline:
            raise child.failure(f"is not {wanted}, but {state}")
        time.sleep(0.1)


def main(argv: list[str]) -> int:
    """The exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(argv[0] if argv else scratch).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with browser(find(), folder) as look:
                for part in (report, measured, locust):
                    part(look)
        except (NoBrowser, ChildFailed) as failure:
            sys.stderr.write(f"test-browser: {failure}\n")
            return 2
    sys.stdout.write("\n".join([*look.found, f"test-browser: {'FAILED' if look.found else 'all is seen'}\n"]))
    return 1 if look.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
