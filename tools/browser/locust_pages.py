"""locust's own web UI and our report in it: start, more users, stop, and start again."""

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Final

import loadtests
from tests.support.chatd_process import running as chatd
from tests.support.processes import Child, free_port, running
from tools.browser.look import PATIENCE, Look, says

LOCUSTFILE: Final = Path(loadtests.__file__).with_name("locustfile.py")


def locust(look: Look) -> None:
    """locust's page and ours, before, during and after a load on a chatd."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    words = [
        "-m",
        "locust",
        "-f",
        str(LOCUSTFILE),
        "Talker",
        "--rate",
        "5",
        "--web-host",
        "127.0.0.1",
        "--web-port",
        str(port),
    ]
    with chatd("--listen", "tcp://127.0.0.1:0", "--line-rate", "0") as (_, ports):
        host = ("--host", f"tcp://127.0.0.1:{ports[0]}")
        with running("locust", [sys.executable, *words, *host]) as child:
            _await_state(base, child, ("ready", 0))
            _before(look, base)
            _ramped(look, base, child)
            look.page.goto("about:blank")  # or it would renew a page of a locust that is gone


def _before(look: Look, base: str) -> None:
    look.wide()
    look.page.goto(base)
    with look.page.expect_popup() as opened:
        look.page.get_by_text("Chat report").click()
    says_so = "Nothing was measured" in opened.value.inner_text("body")
    look.wants(says_so, "locust's report: it does not say that nothing runs")
    opened.value.close()


def _ramped(look: Look, base: str, child: Child) -> None:
    """Start, more users, the report, stop, and start again."""
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
            says("header", "RUNNING", f"Users\n\n{users}"), f"locust's page does not tell of {users} users"
        )
        page.screenshot(path=look.folder / f"locust-{users}.png")
        if opens:
            page.get_by_role("button", name="Stop", exact=True).click()
            _await_state(base, child, ("stopped", 0))
            page.goto(f"{base}/chat")  # which does not renew itself any more
            look.charts("locust-report")
            page.goto(base)


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
    deadline = time.monotonic() + PATIENCE
    while (state := _state(base)) != wanted:
        if time.monotonic() > deadline:
            raise child.failure(f"is not {wanted}, but {state}")
        time.sleep(0.1)
