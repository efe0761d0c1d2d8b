"""A headless Chromium, controlled over a pipe.

The DevTools protocol over `--remote-debugging-pipe`: JSON messages that end in a zero byte, on the browser's
descriptors 3 and 4. It needs no port and no WebSocket library, and shows what `--dump-dom` cannot: what a
script logged, and how a page looks at another width or in dark mode.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from loadtests.measure.errors import Unusable
from loadtests.servers.packages import installed

#: Seconds that one answer, or one page, may take.
_PATIENCE: Final = 60.0
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
#: Two of these switches are for machines without a display, two for containers, the rest keep it silent.
_SWITCHES: Final = (
    "--headless",
    "--disable-gpu",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
    "--no-first-run",
    "--hide-scrollbars",
    "--disable-background-networking",
)


class BrowserError(Exception):
    """The browser is missing, or failed to do something: one sentence."""


def find() -> str | None:
    """The program's path."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def install() -> str:
    """The program's path; fetched from Debian's packages where it is missing. Raises BrowserError."""
    try:
        return find() or installed(_NAMES[0], _NAMES[0])
    except Unusable as error:
        raise BrowserError(str(error)) from error


class Page:
    """One page of a browser. `errors` is what scripts threw or logged as an error, and what did not load."""

    def __init__(self, reading: int, writing: int) -> None:
        self.errors: list[str] = []
        self._reading, self._writing = reading, writing
        self._rest = b""
        self._number = 0
        self._session = ""
        self._loaded = False
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self._ask(f"{domain}.enable")

    def look(self, *, width: int, height: int = 900, dark: bool = False) -> None:
        """How wide the window is, CSS pixels, and which colours its user prefers."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, url: str) -> None:
        """Open the URL, and wait until it has loaded."""
        self._loaded = False
        told = self._ask("Page.navigate", url=url)
        if told.get("errorText"):
            raise BrowserError(f"{url} did not open: {told['errorText']}")
        deadline = monotonic() + _PATIENCE
        while not self._loaded:
            self._take(deadline)

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        told = self._ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, timeout=30_000
        )
        if "exceptionDetails" in told:
            raise BrowserError(f"{expression[:80]!r} failed: {_thrown(told['exceptionDetails'])}")
        return told["result"].get("value")

    def picture(self, path: Path) -> None:
        """The whole page as PNG."""
        told = self._ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        deadline = monotonic() + _PATIENCE
        while True:
            told = self._take(deadline)
            if told.get("id") == self._number:
                if "error" in told:
                    raise BrowserError(f"the browser refused {method}: {told['error']['message']}")
                result: dict[str, Any] = told["result"]
                return result

    def _take(self, deadline: float) -> dict[str, Any]:
        """The next message; events are kept on the way."""
        while b"\0" not in self._rest:
            if not select.select([self._reading], [], [], max(0, deadline - monotonic()))[0]:
                raise BrowserError(f"the browser said nothing for {_PATIENCE:.0f} s")
            got = os.read(self._reading, 1 << 20)
            if not got:
                raise BrowserError("the browser ended by itself")
            self._rest += got
        head, _, self._rest = self._rest.partition(b"\0")
        told: dict[str, Any] = json.loads(head)
        self._hear(told.get("method", ""), told.get("params", {}))
        return told

    def _hear(self, event: str, about: dict[str, Any]) -> None:
        if event == "Page.loadEventFired":
            self._loaded = True
        elif event == "Runtime.exceptionThrown":
            self.errors.append(_thrown(about["exceptionDetails"]))
        elif event == "Runtime.consoleAPICalled" and about["type"] in ("error", "assert"):
            said = [str(part.get("value", part.get("description", ""))) for part in about["args"]]
            self.errors.append(" ".join(said))
        elif event == "Log.entryAdded" and about["entry"]["level"] == "error":
            self.errors.append(f"{about['entry']['text']} {about['entry'].get('url', '')}".strip())


def _thrown(details: dict[str, Any]) -> str:
    return str(details.get("exception", {}).get("description") or details.get("text"))


@contextmanager
def browser() -> Iterator[Page]:
    """A page of a fresh Chromium with a profile of its own; it is stopped at the end of the block."""
    program = install()
    (their_in, our_out), (our_in, their_out) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *_SWITCHES, f"--user-data-dir={profile}", "about:blank"]
        # The shell gives the pipes the descriptors that Chromium expects.
        shell = f'exec "$0" "$@" 3<&{their_in} 4>&{their_out}'
        process = subprocess.Popen(
            ["/bin/bash", "-c", shell, *command],
            pass_fds=(their_in, their_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(their_in)
        os.close(their_out)
        try:
            yield Page(our_in, our_out)
        finally:
            # Asked to close, it stops its helper processes, which have process groups of their own.
            with suppress(OSError, subprocess.TimeoutExpired):
                os.write(our_out, b'{"id":0,"method":"Browser.close"}\0')
                process.wait(5)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            os.close(our_in)
            os.close(our_out)
