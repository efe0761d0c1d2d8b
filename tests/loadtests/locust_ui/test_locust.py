"""locust with our users, as people run it: the README's file, one with a shape of its own, the web page over
HTTP; against chatd, and against a server that wrongs one of them. locust patches whatever process imports
it, so all are processes of their own; they run side by side."""

import json
import re
import signal
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from socket import create_server
from typing import Any
from urllib.parse import urlencode

import pytest

from chatd.protocol.events import Event, Said
from loadtests.servers.running import running as serving
from tests.support.layers import ROOT
from tests.support.processes import Child, FinishedRun, free_port, running
from tests.support.reception import receiving

LOCUST = (sys.executable, "-m", "locust")
HEADLESS = ("--headless", "--only-summary")
TAGS = ("--tags", "talk")
#: A watchdog.
PATIENCE = 30.0

OWN = """
from locust import LoadTestShape, constant, tag, task
from loadtests.locust_ui.users import ChatUser

class Often(ChatUser):
    weight = 3
    wait_time = constant(0.2)

    def on_start(self):
        super().on_start()
        self.client.say("here I am")

    def on_stop(self):
        self.client.say("bye")
        super().on_stop()

    @tag("talk")
    @task
    def talk(self):
        assert self.client.say("hello") > 0

    @tag("never")
    @task
    def never(self):
        raise AssertionError("this tag was not asked for")

class Seldom(ChatUser):
    wait_time = constant(0.2)

    @tag("talk")
    @task
    def talk(self):
        said = self.client.wait_for_delivery()
        assert said.sender != self.client.name and self.client.name in self.client.users()
        assert self.client.direct(self.client.somebody(), "psst") > 0

class OwnShape(LoadTestShape):
    users = [8, 4]

    def tick(self):
        runner = self.runner
        seen = ("direct", "chat") in runner.stats.entries
        if runner.state == "running" and (seen or runner.environment.chat_run.faults):
            self.users = self.users[1:]
        return (self.users[0], 20) if self.users else None
"""


def readme() -> str:
    """The locustfile in the README."""
    found = re.search(r"```python\n(.*?ChatUser.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    return found[1]


class DropsOne:
    """The first who comes with one of our names does not get the third message."""

    def __init__(self) -> None:
        self.count = 0
        self.victim = ""

    def __call__(self, nick: str, event: Event) -> Sequence[Event]:
        if not self.victim and re.fullmatch(r"u[0-9a-f]{8}-\d+", nick):
            self.victim = nick
        if nick != self.victim or not isinstance(event, Said):
            return (event,)
        self.count += 1
        return () if self.count == 3 else (event,)


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, FinishedRun], Path]:
    """What became of each run, by name, and the folder of what they wrote."""
    folder = tmp_path_factory.mktemp("locust")
    (folder / "readme.py").write_text(readme())
    (folder / "own.py").write_text(OWN)
    files = ("--run-json", str(folder / "two.json"), "--run-html", str(folder / "two.html"))
    users = ("-f", str(ROOT / "loadtests/locustfile.py"))
    with ExitStack() as stack:
        port = stack.enter_context(serving("chatd")).address[1]
        silent = "tcp://127.0.0.1:{1}".format(
            *stack.enter_context(create_server(("127.0.0.1", 0))).getsockname()
        )
        wronged = "tcp://127.0.0.1:{1}".format(*stack.enter_context(receiving(DropsOne())))
        host = ("--host", f"tcp://localhost:{port}")  # it is ::1, too, where nobody listens
        web_port, master = free_port(), str(free_port())
        two = ("--processes", "2", "--master-port", master, "--master-bind-port", master)
        web = ("--web-host", "127.0.0.1", "--web-port", str(web_port), "--run-json", str(folder / "web.json"))
        seconds = ("-u", "8", "-r", "20", "-t", "6s")
        commands = {
            "two": (*HEADLESS, "-f", str(folder / "readme.py"), *host, *seconds, *two, *files),
            "own": (*HEADLESS, "-f", str(folder / "own.py"), *host, *TAGS),
            "wronged": (*HEADLESS, "-f", str(folder / "own.py"), "Often", "--host", wronged, *TAGS),
            "nobody": (*HEADLESS, *users, "Reader", "--host", f"tcp://127.0.0.1:{free_port()}", *seconds),
            "silent": (*HEADLESS, *users, "Reader", "--host", silent, "-u", "2", "-t", "1s"),
            "too_long": (*HEADLESS, *users, "Reader", "Talker", "--size", "9000", *host, *seconds),
            "unwritable": (*HEADLESS, *users, *host, "--run-html", "/no/such/folder/out"),
            "web": (*users, "Talker", "Visitor", "--stay", "0.3", *host, *web),
        }
        children = {
            name: stack.enter_context(running(name, [*LOCUST, *command]))
            for name, command in commands.items()
        }
        click_through(LocustPage(web_port, host[1], children["web"]))
        children["web"].process.send_signal(signal.SIGHUP)
        result = {name: child.finish(PATIENCE) for name, child in children.items()}
    return result, folder


class LocustPage:
    """locust's web page, as its own script uses it."""

    def __init__(self, port: int, host: str, child: Child) -> None:
        self.host = host
        self._base = f"http://127.0.0.1:{port}"
        self._child = child

    def ask(self, path: str, form: dict[str, object] | None = None) -> Any:
        return json.loads(self.read(path, form))

    def read(self, path: str, form: dict[str, object] | None = None) -> str:
        data = None if form is None else urlencode(form).encode()
        with urllib.request.urlopen(f"{self._base}/{path}", data, timeout=10) as answer:
            return str(answer.read(), "utf-8")

    def swarm(self, users: int, **options: object) -> Any:
        return self.ask("swarm", {"user_count": users, "spawn_rate": 50, **options})

    def until(self, seen: Callable[[Any], bool]) -> None:
        """Its statistics are what was waited for."""

        def is_seen() -> bool:
            try:
                return seen(self.ask("stats/requests"))
            except OSError:  # it does not serve yet
                return False

        self._wait(is_seen, "stats/requests")

    def until_it_reports(self, seen: Callable[[str], bool]) -> None:
        """Our page in it is what was waited for."""
        self._wait(lambda: seen(self.read("chat")), "chat")

    def until_there_are(self, talkers: int, visitors: int, times: int = 1) -> None:
        """It has told so many times that so many users are there."""
        told = f'All users spawned: {{"Talker": {talkers}, "Visitor": {visitors}}}'.encode()
        self._wait(lambda: self._child.printed().count(told) >= times, told.decode())

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise self._child.failure(f"does not come to: {what}")
            time.sleep(0.02)


def delivered(stats: Any) -> int:
    """Deliveries, in locust's own table."""
    return sum(entry["num_requests"] for entry in stats["stats"] if entry["name"] == "deliver")


def click_through(page: LocustPage) -> None:
    """A word where a number should be; nobody at the address, which ends the test; then start, more users,
    fewer, stop; and start once more."""
    page.until(lambda stats: stats["state"] == "ready")
    answer = page.swarm(4, rate="many")
    assert not answer["success"] and "rate: 'many' is no number of 0 or more" in answer["message"]
    assert page.swarm(4, host=f"tcp://127.0.0.1:{free_port()}")["success"]
    page.until_it_reports(lambda text: "please start it" in text)
    assert any("please start it" in line for line in page.ask("logs")["master"])
    assert page.ask("stats/requests")["state"] == "ready"
    assert page.swarm(6, rate=9, host=page.host)["success"]
    page.until(lambda stats: delivered(stats) > 10)
    page.swarm(12)
    page.until_there_are(6, 6)
    page.swarm(2)
    page.until_there_are(1, 1)
    assert page.ask("stop", {})["success"]
    assert page.swarm(12)["success"]
    page.until_there_are(6, 6, times=2)
    page.until_it_reports(lambda text: "1 run, no fault." in text and '"name": "chatd"' in text)


def read(path: Path) -> Any:
    return json.loads(path.read_text())["runs"]


@pytest.mark.parametrize("name", ["two", "own"])
def test_all_deliveries_arrive(ends: tuple[dict[str, FinishedRun], Path], name: str) -> None:
    finished = ends[0][name]
    assert finished.code == 0, finished.output
    assert re.search(r"all [\d,]+ deliveries arrived, in order; p99 \d", finished.output), finished.output
    assert "chat     deliver" in finished.output and "chat     join" in finished.output


def test_what_the_readmes_users_did_on_two_processes_is_in_the_reports(
    ends: tuple[dict[str, FinishedRun], Path],
) -> None:
    (run,) = read(ends[1] / "two.json")
    assert (run["faults"], run["interrupted"]) == ([], False)
    assert run["figures"]["deliveries"] > 8 and run["figures"]["p99 ms"] > 0
    assert "<html" in (ends[1] / "two.html").read_text()


def test_a_shape_weights_and_tags_are_locusts(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    output = ends[0]["own"].output
    assert 'All users spawned: {"Often": 6, "Seldom": 2} (8 total users)' in output
    assert "chat     direct" in output and "chat     users" in output


def test_a_wronged_user_ends_locust_with_code_1(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    """What it does when it stops, and is not connected any more, is no error of its own."""
    finished = ends[0]["wronged"]
    assert finished.code == 1 and "Traceback" not in finished.output, finished.output
    assert re.search(r"FAILED: .*(are missing|did not get 1 messages)", finished.output), finished.output


def test_what_failed_besides_deliveries_is_said_last(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    """Nothing that the server is to blame for: its line has a limit."""
    finished = ends[0]["too_long"]
    last = finished.output.splitlines()[-1]
    assert re.fullmatch(
        r"all [\d,]+ deliveries arrived, in order.*; \d+ requests failed, most often say: too-long: .*", last
    ), finished.output
    assert finished.code == 1


def test_a_server_that_is_not_there_is_one_sentence(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    finished = ends[0]["nobody"]
    assert finished.code == 1, finished.output
    assert "please start it, or correct the address" in finished.output
    assert "Traceback" not in finished.output


def test_a_server_that_says_nothing_is_one_sentence(ends: tuple[dict[str, FinishedRun], Path]) -> None:
    finished = ends[0]["silent"]
    assert finished.code == 1, finished.output
    assert "the test ended before a server had answered at tcp://" in finished.output


def test_a_path_that_cannot_be_written_ends_locust_before_it_begins(
    ends: tuple[dict[str, FinishedRun], Path],
) -> None:
    finished = ends[0]["unwritable"]
    assert finished.code == 2, finished.output
    assert "/no/such/folder/out cannot be written (No such file" in finished.output


def test_the_web_page_starts_edits_stops_and_starts_again_and_sighup_ends_it_in_order(
    ends: tuple[dict[str, FinishedRun], Path],
) -> None:
    """What was clicked is in the fixture."""
    result, folder = ends
    nobody, *runs = read(folder / "web.json")
    assert result["web"].code == 1 and "please start it" in nobody["faults"][0], result["web"].output
    assert [run["faults"] for run in runs] == [[], []]
    assert all(run["figures"]["deliveries"] > 10 and run["latency"] for run in runs)
