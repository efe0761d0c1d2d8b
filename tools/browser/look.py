"""A page of Debian's Chromium, driven by playwright, and what is wrong with the charts that it shows."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.support.processes import ChildFailed

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")
#: Two of these are for containers.
_SWITCHES: Final = ("--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars")
_LOOKS: Final = tuple((width, dark) for width in (1280, 400) for dark in (False, True))
#: Seconds for locust to serve, for its users to ramp, and for a page to fill.
PATIENCE: Final = 30.0

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


class NoBrowser(Exception):
    """One sentence for people."""


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
            self.page.wait_for_function(script, timeout=1000 * PATIENCE)
        except Late:
            self.found.append(complaint)

    def wide(self, width: int = 1280) -> None:
        self.page.set_viewport_size({"width": width, "height": 900})

    def charts(self, name: str) -> None:
        """Complain of what is wrong with the charts of this page, in each width and colour; take pictures."""
        for width, dark in _LOOKS:
            look = f"{name}-{width}-{'dark' if dark else 'light'}"
            self.page.emulate_media(color_scheme="dark" if dark else "light")
            self.wide(width)
            self.page.evaluate("dispatchEvent(new Event('beforeprint'))")  # draws all, not only what is near
            self.comes(_ALL_DRAWN, f"{look}: a chart stays empty")
            self.found += [f"{look}: {complaint}" for complaint in complaints(self.page)]
            self.page.screenshot(path=self.folder / f"{look}.png", full_page=True)
        self.wide()


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
def browser(program: str, folder: Path, bypass_csp: bool = False) -> Iterator[Look]:
    """A page, whose scripts' errors are complaints, as is whatever a report loads. `bypass_csp`: a page does
    as it is told, also where it says of itself that it has no scripts."""
    from playwright.sync_api import Error, sync_playwright  # installed by `make test-browser` only

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=list(_SWITCHES))
        look = Look(chromium.new_page(bypass_csp=bypass_csp), folder)

        def asked(request: "Request") -> None:
            elsewhere = not request.url.startswith(("file:", "data:", "blob:"))
            if elsewhere and look.page.url.startswith("file:") and not request.is_navigation_request():
                look.found.append(f"a report loads {request.url}")

        def failed(request: "Request") -> None:
            if "ABORTED" not in (request.failure or ""):  # the page was left meanwhile
                look.found.append(f"not loaded: {request.url} ({request.failure})")

        look.page.on("request", asked)
        look.page.on("requestfailed", failed)
        look.page.on("pageerror", lambda error: look.found.append(f"a script failed: {error}"))
        try:
            yield look
        except (Error, ChildFailed) as error:
            look.found.append(f"at {look.page.url}: {error}")
        chromium.close()


def says(selector: str, *words: str) -> str:
    """A script: whether there is an element with all these words, as they are seen."""
    return (
        f"() => [...document.querySelectorAll({json.dumps(selector)})].some((one) => "
        f"{json.dumps(words)}.every((word) => (one.innerText ?? one.textContent).includes(word)))"
    )
