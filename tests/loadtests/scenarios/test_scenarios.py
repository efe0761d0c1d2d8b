"""The scenarios' pure parts: options, what is void, the day that is drawn, how slow readers account for what
they got, notices. Nothing here imports locust."""

import os
import subprocess
from argparse import Namespace
from collections import Counter
from contextlib import closing, suppress
from math import isnan
from socket import socketpair
from unittest.mock import Mock

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.crowd import _count
from loadtests.engine.loop import Loop
from loadtests.engine.members import FrozenReader
from loadtests.engine.recovery import Recovery
from loadtests.engine.stream import StreamLog
from loadtests.engine.workday import Workday
from loadtests.measure.errors import Fault, Unusable
from loadtests.measure.latency import MS, Histogram
from loadtests.measure.result import Run
from loadtests.measure.sampler import Sampler
from loadtests.scenarios.bans import ManyBans
from loadtests.scenarios.base import RunContext, Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.devices import DeviceTalk
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.measures import LATE, lateness, metered, watched
from loadtests.scenarios.mixed import Mixed, day
from loadtests.scenarios.passwords import PasswordGuessing
from loadtests.scenarios.raid import Raid, RangeBan
from loadtests.scenarios.recover import Recover
from loadtests.scenarios.returns import ReturnAll
from loadtests.scenarios.rooms import RoomTalk
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm
from loadtests.scenarios.table import SCENARIOS
from loadtests.servers.target import ServerUnderTest

# -- options -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCENARIOS.values(), ids=lambda kind: kind.name)
def test_a_scenario_is_made_of_its_options(kind: type[Scenario]) -> None:
    plain = kind()
    assert plain.chosen() == {option.name: option.default for option in kind.options()}
    assert kind.of(Namespace(**plain.chosen(), something="else")) == plain
    quick = plain.quick()
    for option in kind.options():
        assert option.help and option.default >= option.least
        assert type(quick.chosen()[option.name]) is type(option.default)
        assert quick.chosen()[option.name] >= option.least
    assert plain.mistake(kind.server) is None and quick.mistake(kind.server) is None
    assert plain.connections > 0


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        (SlowReaders(readers=5, slow=5), "--slow"),
        (SlowReaders(seconds=1000), "too much"),
        (Saturate(window=512, most=256), "--window"),
        (Broadcast(rate=0.01, seconds=1), "no message is due"),
        (SlowReaders(rate=0.01, seconds=1), "no message is due"),
        (DirectMessaging(rate=0.5, seconds=1), "no message is due"),
        (RoomTalk(rate=1, seconds=1), "no message is due"),
        (RoomTalk(talkers=10), "fewer --talkers than --members"),
        (RoomTalk(rooms=9000, idle=1000), "10000 rooms at most"),
        (RoomTalk(rooms=5000, members=21), "100000 people at most"),
        (Mixed(bursts=0, direct=0, churn=0), "nobody does anything"),
        (Recover(), "please give --server chatd-always"),
        (DeviceTalk(), "please give --server chatd-always"),
        (ReturnAll(), "please give --server chatd-always"),
        (PasswordGuessing(rate=0.01, seconds=1), "no message is due"),
        (ManyBans(), "please give --server chatd-always"),
        (RangeBan(), "please give --server chatd-always"),
        (Raid(), "please give --server chatd-always"),
    ],
    ids=lambda value: value.name if isinstance(value, Scenario) else "",
)
def test_what_cannot_be_run_together_is_refused(scenario: Scenario, words: str) -> None:
    assert words in str(scenario.mistake("chatd"))


@pytest.mark.parametrize(
    ("scenario", "server", "words"),
    [
        (Broadcast(size=600), "ngircd", "512 bytes at most"),
        (Saturate(size=5000), "chatd", "4097 bytes at most"),
        (DirectMessaging(), "floor", "knows no direct messages"),
        (Saturate(told=1), "redis", "does not tell when a message is stored"),
    ],
    ids=lambda value: value.name if isinstance(value, Scenario) else "",
)
def test_what_a_server_does_not_carry_is_refused(scenario: Scenario, server: str, words: str) -> None:
    assert words in str(scenario.mistake(server))
    assert type(scenario)().mistake("chatd") is None and Storm().mistake(server) is None


def test_direct_without_a_rate_needs_none() -> None:
    assert DirectMessaging().mistake("chatd") is None and DirectMessaging(rate=10).mistake("chatd") is None


def test_a_server_elsewhere_has_no_cpu_and_no_memory() -> None:
    target = ServerUnderTest("chatd", ("192.0.2.1", 5050))
    assert target.spent().cpu != target.spent().cpu and target.memory() != target.memory()  # NaN
    assert target.files() == float("inf")


def test_what_a_server_spent_before_it_was_killed_counts_too() -> None:
    process = Mock()
    target = ServerUnderTest("chatd-always", ("127.0.0.1", 9), os.getpid(), process)
    target.go_down()
    spent = target.spent()
    assert spent.cpu > 0 and target.spent() == spent and isnan(target.memory())
    process.start.return_value = os.getpid()
    target.kill()
    target.come_back()
    assert target.spent().cpu > 1.5 * spent.cpu and target.memory() > 0


def test_somebody_elses_server_is_not_killed() -> None:
    context = RunContext(ServerUnderTest("chatd-always", ("192.0.2.1", 5050)), Run("chatd-always"))
    with pytest.raises(Unusable, match="please leave out --host"):
        Recover().run(context)


def test_kills_are_spread_over_the_time() -> None:
    acts = Recover(kills=3, rate=10, seconds=4).acts()
    assert [act.due for act in acts if act.deed is Recovery.kill] == [10**9, 2 * 10**9, 3 * 10**9]
    assert [act.whom for act in acts if act.deed is Recovery.say_next] == [(k,) for k in range(40)]


# -- what is void ----------------------------------------------------------------------------------------


def test_a_generator_that_is_late_makes_its_rate_void() -> None:
    punctual, late = Histogram(), Histogram()
    punctual.add([0] * 99, MS)
    late.add([0] * 99, int(2 * LATE * MS))
    for histogram, void in ((punctual, False), (late, True), (Histogram(), False)):
        run = Run("chatd")
        lateness(run, histogram)
        assert run.void == void and bool(run.marks) == void


def test_what_was_measured_until_the_server_ended_is_told() -> None:
    told: list[float] = []
    with subprocess.Popen(["sleep", "60"]) as server:
        context = RunContext(ServerUnderTest("chatd", ("127.0.0.1", 9), server.pid), Run("chatd"))
        with pytest.raises(Fault), metered(context, lambda wall, cpu: told.extend((wall, cpu))):
            server.kill()
            server.wait()
            raise Fault("a talker was closed by the server")
    wall, cpu = told
    assert wall > 0 and isnan(cpu) and isnan(context.run.figures["server %"])
    assert context.run.figures["generator %"] >= 0


def test_after_a_failure_nothing_is_sampled_that_could_hide_it(monkeypatch: pytest.MonkeyPatch) -> None:
    end = Mock()
    monkeypatch.setattr(Sampler, "end", end)
    context = RunContext(ServerUnderTest("chatd", ("192.0.2.1", 5050)), Run("chatd"))
    for failed in (False, True):
        with suppress(Fault), closing(Loop()) as loop, watched(context, loop, lambda: 0, Histogram()):
            if failed:
                raise Fault("a talker was closed by the server")
    assert end.call_count == 1


# -- a working day -------------------------------------------------------------------------------------


def test_a_day_is_drawn_from_its_seed() -> None:
    mixed = Mixed(people=20, seconds=10)
    acts = day(mixed)
    assert acts == day(mixed) != day(Mixed(people=20, seconds=10, seed=2))
    assert acts == sorted(acts, key=lambda act: act.due)
    assert all(act.due < 10.3e9 and len(set(act.whom)) == 2 for act in acts if act.deed is Workday.direct)
    count = Counter(act.deed for act in acts)
    assert count == {Workday.say_next: 270, Workday.direct: 900, Workday.come: 90, Workday.go: 90}


def test_notices_count_those_they_tell_of() -> None:
    chatd, irc = CODECS["chatd"].notices, CODECS["inspircd"].notices
    assert chatd and irc
    told = (
        b'{"type":"joined","names":["a","b"],"count":2}\n'
        b'{"type":"lost","names":["a"],"count":1,"cause":"x"}\n'
    )
    assert (_count(chatd.came, told), _count(chatd.went, told)) == (2, 1)
    told = (
        b":s00001!t@127.0.0.2 JOIN :#lobby\r\n:s00001!t@127.0.0.2 QUIT :gone\r\n:s00002!t@h JOIN #lobby\r\n"
    )
    assert (_count(irc.came, told), _count(irc.went, told)) == (2, 1)


# -- slow readers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("skipped", "settled"), [(5, True), (4, False)])
def test_a_slow_reader_accounts_for_every_message(skipped: int, settled: bool) -> None:
    assert bool(sleeper(5, skipped).missing(10)) != settled


def test_a_slow_reader_that_accounts_for_more_than_there_were_is_a_fault() -> None:
    with pytest.raises(
        Fault, match="5 delivered \\+ 999 skipped of 10 for r00000, a slow reader: more than there were"
    ):
        sleeper(5, 999).missing(10)


def sleeper(delivered: int, skipped: int) -> FrozenReader:
    """One that got the first of the log's messages, and then was told of others that it did not get."""
    message = CODECS["chatd"].message
    log = StreamLog(message, 50)
    record = message.record("t000", 50)
    log.extend(b"".join(record % (number, 0) for number in range(10)))
    ours, theirs = socketpair()
    with ours, theirs:
        one = FrozenReader(ours, "r00000", CODECS["chatd"].reader, log)
    with memoryview(bytes(log.log[: delivered * log.size]) + b"* %d messages skipped\n" % skipped) as view:
        one.take(view)
    assert (one.delivered, one.skipped) == (delivered, skipped)
    return one
