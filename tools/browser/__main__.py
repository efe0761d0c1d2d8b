"""`make test-browser`: the report and locust's own web UI in a real Chromium, by playwright.

A test of strings cannot tell whether a chart can be seen. This opens a report of several servers, invented to
have every kind of mark, that of a short run, and the pages of a locust of its own; wide and as narrow as a
phone, light and dark. It fails when a chart has no line, a word is cut off, a page is wider than the window,
values or zoom do not come, a report loads something, a script fails, or locust's start, ramp, edit and stop
do not do what they say.

`python -m tools.browser [FOLDER]` leaves the pictures there. Exit codes: 0 all is seen, 1 something is not,
2 there is no browser.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from loadtests.measure.result import Document, Run
from loadtests.reports import html
from tests.support.documents import document
from tests.support.processes import running
from tools.browser.locust_pages import locust
from tools.browser.look import PATIENCE, Look, NoBrowser, browser, complaints, find, says

RANGES: Final = "() => [...document.querySelectorAll('.plot')].map((plot) => plot.layout?.xaxis.range)"


def report(look: Look) -> None:
    """The report of several servers: its charts, values at the pointer, zoom, what a legend hides; and that
    an empty report would be found out."""
    page, path = look.page, look.folder / "report.html"
    path.write_text(html.report(document()))
    page.goto(path.as_uri())
    look.charts("report")
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").bounding_box()
    assert box

    def point(share: float) -> None:
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=4)

    point(0.5)
    look.comes(says(".hoverlayer", "chatd: ", "deliveries/s"), "report: there are no values at the pointer")
    before = page.evaluate(RANGES)
    point(0.3)
    page.mouse.down()
    point(0.6)
    page.mouse.up()
    page.wait_for_timeout(500)
    zoomed = page.evaluate(RANGES)
    look.wants(zoomed[0][1] - zoomed[0][0] < 0.4 * before[0][1], "report: nothing is zoomed")
    look.wants(zoomed[1] == zoomed[0], "report: the other charts over time are not zoomed with it")
    look.wants(zoomed[2] == before[2], "report: the distribution is zoomed with the time")
    page.mouse.dblclick(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.wait_for_timeout(500)
    look.wants(page.evaluate(RANGES) == before, "report: a double click does not show the whole again")
    page.locator(".legendtoggle").first.click()
    hidden = "() => document.querySelectorAll('.plot')[3].data[0].visible === 'legendonly'"
    look.comes(hidden, "report: a click in a legend does not hide a server in all charts")
    path.write_text(html.report(Document({}, "", "", [Run("chatd")])))
    page.goto(path.as_uri())
    empty = any("is empty" in complaint for complaint in complaints(page))
    look.wants(empty, "a report without samples was taken for a full one")


def measured(look: Look) -> None:
    """The report of a run, as short as it may be to be drawn."""
    path = look.folder / "measured.html"
    load = ("--readers", "50", "--talkers", "2", "--rate", "200", "--seconds", "2.5")
    with running(
        "a load", [sys.executable, "-m", "loadtests", "broadcast", *load, "--html", str(path)]
    ) as child:
        ended = child.finish(2 * PATIENCE)
    look.wants(not ended.code, f"a load ended with {ended.code}: {ended.output}")
    look.page.goto(path.as_uri())
    look.charts("measured")


def main(argv: list[str]) -> int:
    """The exit code."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(argv[0] if argv else scratch).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with browser(find(), folder) as look:
                for part in (report, measured, locust):
                    part(look)
        except NoBrowser as failure:
            sys.stderr.write(f"test-browser: {failure}\n")
            return 2
    sys.stdout.write("\n".join([*look.found, f"test-browser: {'FAILED' if look.found else 'all is seen'}\n"]))
    return 1 if look.found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
