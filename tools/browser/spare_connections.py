"""`make test-web`: a real Chromium at the port on which people are greeted.

A browser keeps spare connections, and fails (ERR_INVALID_HTTP_RESPONSE) where the server says something on
one in the moment in which it is used. So in round after round the page and the health check are fetched at
once, many times; a page says something by WebSocket, and reads it; a spare connection is made, and used after
a while; then nothing is done, and the page is loaded anew.

Exit codes: 0 all is seen, 1 something is not, 2 there is no browser.
"""

import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.support.chatd_process import running
from tools.browser.look import Look, NoBrowser, browser, find

ROUNDS: Final = 40
#: Milliseconds between the last fetch and the reload.
IDLE: Final = (0, 100, 240, 260, 400, 1000, 2500)
LONG_IDLE: Final = 16_000
_PARALLEL: Final = """async () => {
  const paths = Array.from({length: 12}, (_, at) => at % 3 ? "/healthz" : "/");
  const answers = await Promise.allSettled(paths.map((path) => fetch(path, {cache: "no-store"})));
  return answers.map(({value, reason}) => value ? String(value.status) : String(reason))
    .filter((said) => said !== "200");
}"""
#: Connections without cookies are a pool of their own: in it is only the spare one, which is asked for here.
#: What has a body closes it, so that the next round has a new one.
_SPARE: Final = """async (idle) => {
  const link = document.createElement("link");
  Object.assign(link, {rel: "preconnect", href: location.origin, crossOrigin: "anonymous"});
  document.head.append(link);
  await new Promise((done) => setTimeout(done, idle));
  const options = {credentials: "omit", cache: "no-store"};
  try {
    const used = await fetch("/healthz", options);
    const closed = await fetch("/", {...options, method: "POST", body: "x"});
    return [used.status, closed.status];
  } catch (error) { return [String(error)]; }
}"""
#: Milliseconds at which the spare connection is used, one more each round: around those after which a person
#: is greeted. Where a browser's connection is greeted then, too, two rounds of 80 fail, at 256 and 259.
FIRST_USE: Final = 230
_TALK: Final = """(name) => new Promise((done) => {
  const socket = new WebSocket(location.href.replace("http", "ws"), "chatd.v1"), heard = [];
  socket.onopen = () => socket.send(JSON.stringify({type: "hello", nick: name}));
  socket.onmessage = ({data}) => {
    const {type} = JSON.parse(data);
    heard.push(type);
    if (type === "welcome") socket.send(JSON.stringify({type: "say", text: "hi", ref: "1"}));
    if (type === "ack") socket.close(1000);
  };
  socket.onclose = ({code, wasClean}) => done([code, wasClean, ...heard]);
  socket.onerror = () => done(["error", ...heard]);
})"""


def rounds(look: Look, port: int) -> None:
    """Fetch, idle, reload."""
    page = look.page
    page.goto(f"http://127.0.0.1:{port}/")
    look.wants("chat server" in page.inner_text("h1"), "the page does not say what this is")
    for number in range(ROUNDS):
        failed = page.evaluate(_PARALLEL)
        look.wants(not failed, f"round {number}: not fetched: {failed}")
        said = page.evaluate(_TALK, f"page{number}")
        look.wants(said[:2] == [1000, True] and "ack" in said, f"round {number}: a WebSocket: {said}")
        used = page.evaluate(_SPARE, FIRST_USE + number)
        look.wants(used == [200, 413], f"round {number}: by a spare connection: {used}")
        page.wait_for_timeout(LONG_IDLE if number == ROUNDS // 2 else IDLE[number % len(IDLE)])
        answer = page.reload()
        look.wants(answer is not None and answer.status == 200, f"round {number}: not loaded anew")


def main() -> int:
    """The exit code."""
    with tempfile.TemporaryDirectory() as folder, running() as (_, ports):
        try:
            with browser(find(), Path(folder), bypass_csp=True) as look:
                rounds(look, ports[0])
        except NoBrowser as failure:
            sys.stderr.write(f"test-web: {failure}\n")
            return 2
    sys.stdout.write("\n".join([*look.found, f"test-web: {'FAILED' if look.found else 'all is seen'}\n"]))
    return 1 if look.found else 0


if __name__ == "__main__":
    sys.exit(main())
