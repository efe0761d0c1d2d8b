"""Whatever a server does wrong to one of locust's users is found and named: a table of faults, each done to
another user of one test. locust patches whatever process imports it, so another does."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from chatd.protocol.events import Bye, DirectMessage, Event, Said
from tests.loadtests.engine.test_gathering import WrongStream
from tests.support.model_chat import Spoiling, changed, nothing
from tests.support.processes import running
from tests.support.reception import receiving

#: A watchdog.
PATIENCE = 30.0

#: When all have come, the last of them says four words to all and to each one, and between two words waits
#: until everybody has what was sent to them.
USERS = """
import gevent
from contextlib import suppress
from locust import constant, task
from loadtests.locust_ui.users import ChatUser

here = {}

class Someone(ChatUser):
    wait_time = constant(3600)

    def on_start(self):
        super().on_start()
        here[int(self.client.name.partition("-")[2])] = self.client
        if len(here) == self.environment.parsed_options.num_users:
            gevent.spawn(speak, self.environment.runner)

    @task
    def rest(self):
        pass

def speak(runner):
    *others, talker = (here[number] for number in sorted(here))
    names = [one.name for one in others]
    for word in ("apple", "plum", "pear", "grape"):
        gevent.sleep(0.05)
        talker.say(word)
        for name in names:
            talker.direct(name, word)
        for one in others:
            with suppress(gevent.GreenletExit):
                one.users()
    runner.quit()
"""


class Recipe:
    """The four messages come when the last is said: `abcd` is right, and late; `B` is `b`, changed."""

    def __init__(self, kind: type[Event], recipe: str) -> None:
        self._kind = kind
        self._recipe = recipe
        self._held: list[Event] = []

    def __call__(self, client: int, event: Event) -> Sequence[Event]:
        if not isinstance(event, self._kind):
            return (event,)
        self._held.append(event)
        if len(self._held) < 4:
            return ()
        letters = {**dict(zip("abcd", self._held, strict=True)), "B": changed(self._held[1])[0]}
        return [letters[letter] for letter in self._recipe]


class OneMore:
    """Before the last word comes one more message: what `made` makes of the last one."""

    def __init__(self, kind: type[Event], made: Callable[[Any], Any]) -> None:
        self._kind = kind
        self._made = made
        self._last: Event | None = None

    def __call__(self, client: int, event: Event) -> Sequence[Event]:
        if isinstance(event, self._kind):
            self._last = event
        return (self._made(self._last), event) if isinstance(event, Bye) and self._last else (event,)


def invented(message: Any) -> Any:
    return msgspec.structs.replace(message, id=message.id + 1, text="hello")


MakesWrong = Callable[[int, type[Event]], Spoiling]


def recipe(letters: str) -> MakesWrong:
    return lambda client, kind: Recipe(kind, letters)


#: What is done to a user, and what is said of it where that are messages of the room, and direct ones.
FAULTS: Final[dict[str, tuple[MakesWrong, str, str]]] = {
    "dropped": (recipe("acd"), "1 are missing", "number 1 is due: missing"),
    "swapped": (recipe("acbd"), "1 are missing", "number 1 is due: missing"),
    "doubled": (recipe("abbcd"), "doubled, or out of order", "number 2 is due: doubled"),
    "changed": (recipe("aBcd"), "and others .*: changed", "number 1 is due: changed"),
    "late": (recipe("acdb"), "1 are missing", "number 1 is due: missing"),
    "lost at the end of a stay": (
        lambda client, kind: WrongStream(client, kind, 3, nothing),
        "did not get 1 messages that were said while they were here",
        "got 3 of 4 from .*: missing",
    ),
    "the last doubled": (
        lambda client, kind: OneMore(kind, lambda last: last),
        "doubled, or out of order",
        "number 4 is due: doubled",
    ),
    "one more behind the last": (
        lambda client, kind: OneMore(kind, invented),
        "did not say: changed",
        "number 4 is due: changed",
    ),
}
KINDS: Final[dict[str, type[Event]]] = {"room": Said, "direct": DirectMessage}
#: By the number of the user to whom it is done: the fault, and the kind of messages.
ROWS: Final = dict(enumerate(((fault, kind) for kind in KINDS for fault in FAULTS), 1))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What became of a test with one user for each fault, one to whom all comes late, and who speaks."""
    folder: Path = tmp_path_factory.mktemp("faults")
    (folder / "users.py").write_text(USERS)
    spoils = {number: FAULTS[fault][0](number, KINDS[kind]) for number, (fault, kind) in ROWS.items()}
    spoils[len(spoils) + 1] = Recipe(Said, "abcd")

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        number = int(nick.partition("-")[2] or 0)
        return spoils[number](number, event) if number in spoils else (event,)

    command = [sys.executable, "-m", "locust", "-f", str(folder / "users.py"), "--headless", "-r", "100"]
    command += ["-u", str(len(spoils) + 1), "--only-summary", "--run-json", str(folder / "run.json")]
    with (
        receiving(spoil) as (host, port),
        running("faults", [*command, "--host", f"tcp://{host}:{port}"]) as child,
    ):
        finished = child.finish(PATIENCE)
    assert finished.code == 1 and "Traceback" not in finished.output, finished.output
    return json.loads((folder / "run.json").read_text())["runs"][0]


@pytest.mark.parametrize("number", ROWS, ids=[f"{kind}: {fault}" for fault, kind in ROWS.values()])
def test_whoever_is_wronged_is_named(run: Any, number: int) -> None:
    fault, kind = ROWS[number]
    sentence = FAULTS[fault][1 + [*KINDS].index(kind)]
    assert any(re.search(rf"^u\w+-{number} .*{sentence}", told) for told in run["faults"]), run["faults"]


def test_nobody_else_is_wronged_and_what_is_late_takes_long(run: Any) -> None:
    """Three times 50 ms pass between the first word and the last."""
    assert len(run["faults"]) == len(ROWS)
    assert run["figures"]["p99 ms"] >= 150
