"""Somebody else on the server ends a run with a sentence about them; a fault of the server's stays one. Both
whole and byte by byte."""

import re
import socket
from collections.abc import Callable

import pytest

from loadtests.engine import connection
from loadtests.engine.codecs import CODECS
from loadtests.engine.strangers import stranger, words
from loadtests.measure.errors import Unusable
from loadtests.measure.result import Run
from loadtests.plans.runs import perform
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm
from loadtests.servers.target import ServerUnderTest
from tests.loadtests.engine.test_stream_faults import complaint
from tests.support.reception import receiving
from tests.support.stub_server import Stream, Wrong
from tests.support.ticks import at_each_tick


@pytest.fixture(params=["whole", "byte by byte"])
def reads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """How much one read takes."""
    if request.param != "whole":
        buffer = bytearray(1)
        monkeypatch.setattr(connection, "_buffer", buffer)
        monkeypatch.setattr(connection, "_view", memoryview(buffer))


# -- lines ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        b"* stranger joined\n",
        b"* t001, stranger and 3 others left (gone)\n",
        b"* stranger lost connection (closed)\n",
        b"<stranger> hi\n",
        b"#r00001 <stranger> hi\n",
        b"* stranger joined #r00001\n",
        b"[dm from stranger] hi\n",
        b'{"type":"joined","names":["r00001","stranger"],"count":2}\n',
        b'{"type":"lost","names":["stranger"],"count":1,"cause":"closed"}\n',
        b'{"type":"said","room":"lobby","id":5,"from":"stranger","text":"hi","at":17}\n',
        b'{"type":"dm","id":5,"from":"stranger","to":"p00001","text":"hi","at":17}\n',
        b":stranger!t@127.0.0.1 JOIN :#lobby\r\n",
        b":stranger!t@127.0.0.1 PRIVMSG #lobby :hi\r\n",
        b":stranger!t@127.0.0.1 QUIT :gone\r\n",
    ],
)
def test_a_stranger_is_named(line: bytes) -> None:
    assert stranger(line) == stranger(b"<t001> what is ours\n" + line) == "stranger"
    assert stranger(b"that is no line of its own: " + line) == ""


@pytest.mark.parametrize(
    "line",
    [
        b"* nobody expects this line\n",
        b"* 3 messages skipped\n",
        b"* t001 and 2 others joined\n",
        b'{"type":"ack","ref":"m","id":7}\n',
        b":irc.bench 366 r00007 #lobby :End\r\n",
        b"",
    ],
)
def test_others_are_none(line: bytes) -> None:
    assert stranger(line) == ""


@pytest.mark.parametrize("server", CODECS)
def test_our_own_message_with_another_name_was_changed_on_the_way(server: str) -> None:
    message = CODECS[server].message
    line = message.record("t001", 100) % (7, 9)
    assert stranger(line) == stranger(line.replace(b"t001", b"u0o1")) == ""


def test_words_of_a_server_are_for_people() -> None:
    assert words(b"! no\x1b[31m room\x00\r\n") == "! no[31m room"
    assert words("caf\u00e9 \xff".encode()[:-1]) == "caf\u00e9 \ufffd"


# -- runs ----------------------------------------------------------------------------------------------


def visited(scenario: Scenario, lines: bytes, when: Callable[[Run], bool]) -> Run:
    """A run while somebody else comes, after some turns of the load."""
    run = Run("chatd")
    turns = 0
    with receiving() as address, socket.socket() as visitor:

        def tick() -> None:
            nonlocal turns
            turns += when(run)
            if turns == 5:
                visitor.connect(address)
                visitor.sendall(lines)
                turns += 1

        with at_each_tick(tick):
            perform(scenario, RunContext(ServerUnderTest("chatd", address), run))
    return run


@pytest.mark.parametrize(
    "scenario",
    [
        Broadcast(readers=3, talkers=2, rate=50, seconds=9),
        Saturate(readers=3, talkers=2, seconds=9, window=1, most=1),
        DirectMessaging(people=16, rate=50, seconds=9),
        SlowReaders(readers=5, slow=4, talkers=2, size=100, rate=50, seconds=9),
        Storm(people=20, witnesses=2),
        Idle(people=3, seconds=9),
    ],
    ids=lambda scenario: scenario.name,
)
@pytest.mark.parametrize("lines", [b"stranger\n", b"stranger\nhi\n"], ids=["joins", "talks"])
def test_a_stranger_ends_a_run(scenario: Scenario, lines: bytes, reads: None) -> None:
    def when(run: Run) -> bool:
        return not isinstance(scenario, Idle) or "KiB each" in run.figures

    with pytest.raises(Unusable, match=r"^somebody else, stranger, is on this server; please measure one"):
        visited(scenario, lines, when)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.READER, "c"), ": changed$|not a message: b'<t00"),
        (Wrong(Stream.READER, "aa"), ": doubled$"),
        (Wrong(Stream.READER, "?a"), r"nobody expects this line|b'\*' is not what the others got"),
        (Wrong(Stream.TALKER, "c"), "^t002.*: changed"),
        (Wrong(Stream.TALKER, "?a"), "^t002.*nobody expects this line"),
        (Wrong(Stream.READER, "a."), "^r00003 was closed by the server$"),
    ],
    ids=["changed", "doubled", "odd line", "changed to a talker", "odd line to a talker", "closed"],
)
def test_a_fault_stays_one(wrong: Wrong, sentence: str, reads: None) -> None:
    assert re.search(sentence, complaint(wrong, 9, messages=40, readers=4, grace=5))
