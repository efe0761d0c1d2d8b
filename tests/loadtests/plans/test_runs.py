"""One run: what it may not be, what ends it, and what is said of that. Nothing here imports locust."""

import errno

import pytest

from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.result import Run
from loadtests.plans import runs
from loadtests.plans.runs import check, perform, sentence
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.mixed import Mixed
from loadtests.servers.running import SERVER_CORE
from loadtests.servers.target import ServerUnderTest


class Ends(Scenario):
    """Ends by an exception."""

    name = "ends"
    connections = 1

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def run(self, context: RunContext) -> None:
        raise self.error


def ended(error: BaseException, run: Run, pid: int | None = None) -> None:
    perform(Ends(error), RunContext(ServerUnderTest("chatd", ("127.0.0.1", 1), pid), run))


@pytest.mark.parametrize(
    ("error", "interrupted"),
    [
        (KeyboardInterrupt(), True),
        (Unusable("the server may have so many connections only"), False),
        (ZeroDivisionError("a defect"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_only_what_interrupts_is_an_interruption(error: BaseException, interrupted: bool) -> None:
    run = Run("chatd")
    with pytest.raises(type(error)):
        ended(error, run)
    assert run.interrupted == interrupted


def test_a_fault_is_the_runs() -> None:
    run = Run("chatd")
    ended(Fault("one is missing"), run)
    assert (run.faults, run.interrupted) == (["one is missing"], False)


def test_a_server_that_has_ended_before_is_a_fault() -> None:
    run = Run("chatd")
    ended(Fault("not reached"), run, pid=2**22 + 1)  # above the highest pid that Linux gives
    assert run.faults == ["the server has ended by itself"]


def test_server_and_generator_on_one_core_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "GENERATOR_CORE", SERVER_CORE)
    here, remote = Run("chatd"), Run("chatd")
    ended(Fault("x"), here, pid=1)
    ended(Fault("x"), remote)
    assert here.marks == ["server and generator share the only core: rates say little"] and not remote.marks


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EMFILE, "raise the limit"), (errno.EADDRNOTAVAIL, "no port is free"), (errno.EPIPE, "failed")],
)
def test_a_fault_says_what_to_do(number: int, advice: str) -> None:
    fault = Fault("connection 7 failed")
    fault.__cause__ = OSError(number, "no")
    assert advice in sentence(fault)


@pytest.mark.parametrize(
    ("scenario", "server", "words"),
    [
        (Broadcast(readers=99_999_999), "chatd", "a process here may open .*please raise the limit"),
        (Mixed(), "nats", "mixed speaks to chatd only"),
        (Broadcast(size=600), "ngircd", "512 bytes at most"),
        (Broadcast(rate=0.01, seconds=1), "chatd", "no message is due"),
    ],
)
def test_what_cannot_be_run_is_said_before(scenario: Scenario, server: str, words: str) -> None:
    with pytest.raises(Unusable, match=words):
        check(scenario, server)
