"""Webhooks: what is sent, and signed; that nobody waits for it; and what becomes of it at the end."""

import base64
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import gevent
import pytest

from chatd.net.logs import log
from chatd.net.webhooks import signature
from chatd.protocol.limits import DEFAULT
from tests.support.hook_receiver import HookReceiver, hangs, receiving, status
from tests.support.hook_sending import QUICK, HookSending, verify
from tests.support.live import WATCHDOG


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    with gevent.Timeout(WATCHDOG):
        yield


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(log, "propagate", True)
    caplog.set_level("INFO")
    return caplog


def test_what_is_sent_is_signed_and_says_what_it_is() -> None:
    with receiving() as receiver, HookSending(receiver.url) as sending:
        sending.say("hi")
        got = receiver.next()
    verify(got)
    assert got.line == "POST /hook?a=b HTTP/1.1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("chatd/")
    assert got.headers["webhook-id"].startswith("msg_")
    assert got.headers["webhook-timestamp"] == "1000"
    assert json.loads(got.body)["type"] == "events"
    assert got.texts == ["hi"]


def test_the_signature_is_that_of_the_standards_example() -> None:
    """https://github.com/standard-webhooks/standard-webhooks, the test vector of its libraries."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    assert signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_is_said_meanwhile_goes_together_and_in_order() -> None:
    waits, go_on = hangs()
    with receiving(waits) as receiver, HookSending(receiver.url) as sending:
        sending.say("1")
        assert receiver.next().texts == ["1"]
        sending.say(*map(str, range(2, 152)))
        go_on.set()
        first, second = receiver.next(), receiver.next()
    assert first.texts + second.texts == [*map(str, range(2, 152))]
    assert len(first.texts) == 100


def test_too_many_that_wait_are_dropped_oldest_first_and_it_is_told(heard: pytest.LogCaptureFixture) -> None:
    waits, go_on = hangs()
    limits = replace(QUICK, hook_waiting=3)
    with receiving(waits) as receiver, HookSending(receiver.url, limits=limits) as sending:
        sending.say("1")
        receiver.next()
        sending.say(*"23456789")
        go_on.set()
        got = receiver.next()
        assert (got.texts, got.skipped) == (["7", "8", "9"], 5)
        sending.say("10")
        assert receiver.next().skipped == 0
    assert any("5 events were dropped (too many waited)" in line for line in heard.messages)


def test_one_that_hangs_holds_no_other() -> None:
    waits, go_on = hangs()
    with receiving(waits) as slow, receiving() as quick, HookSending(slow.url, quick.url) as sending:
        for text in "12345":
            sending.say(text)
            assert quick.next().texts == [text]
        assert slow.next().texts == ["1"]
        go_on.set()
        assert slow.next().texts == ["2", "3", "4", "5"]


def test_an_error_of_ours_is_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, heard: pytest.LogCaptureFixture
) -> None:
    with receiving() as receiver, HookSending(receiver.url) as sending:
        send, calls = sending.sender._send, itertools.count()
        monkeypatch.setattr(sending.sender, "_send", lambda one: send(one) if next(calls) else 1 // 0)
        sending.say("1")
        assert receiver.next().texts == ["1"]
    assert any("an error in the webhook http://127.0.0.1" in line for line in heard.messages)


def test_what_is_said_while_the_server_goes_down_is_sent(heard: pytest.LogCaptureFixture) -> None:
    with receiving() as receiver:
        sending = HookSending(receiver.url)
        sending.webhooks.hurry()
        gevent.sleep(0)  # there is nothing to hurry with
        sending.say("1")
        assert receiver.next().texts == ["1"]
        sending.say("2")
        sending.webhooks.stop(WATCHDOG)
        assert receiver.next().texts == ["2"]
    assert not any("never sent" in line for line in heard.messages)


def test_one_that_hangs_takes_no_others_time_at_the_end(heard: pytest.LogCaptureFixture) -> None:
    waits, go_on = hangs()
    with receiving(waits) as slow, receiving() as quick:
        sending = HookSending(slow.url, quick.url)
        sending.say("1")
        slow.next()
        assert quick.next().texts == ["1"]
        sending.say("2")
        sending.webhooks.stop(0.05)
        assert quick.next().texts == ["2"]
        go_on.set()
    (line,) = (line for line in heard.messages if "never sent" in line)
    assert f":{slow.port}: 2 events" in line


def at_the_end(
    receiver: HookReceiver, before: Callable[[HookSending], None], seconds: float = WATCHDOG
) -> None:
    sending = HookSending(receiver.url, limits=replace(DEFAULT, hook_pause=1000, hook_backoff=1000))
    before(sending)
    sending.webhooks.hurry()
    sending.webhooks.stop(seconds)


def test_at_the_end_what_waits_is_sent(heard: pytest.LogCaptureFixture) -> None:
    def before(sending: HookSending) -> None:
        sending.say("1")
        assert receiver.next().texts == ["1"]
        sending.say("2", "3")  # for which there would be a pause

    with receiving() as receiver:
        at_the_end(receiver, before)
        assert receiver.next().texts == ["2", "3"]
    assert not any("never sent" in line for line in heard.messages)


def test_at_the_end_what_failed_is_tried_once_more_and_then_lost(heard: pytest.LogCaptureFixture) -> None:
    def before(sending: HookSending) -> None:
        sending.say("1", "2")
        assert receiver.next().texts == ["1", "2"]
        while not sending.sender._failures:
            gevent.sleep(0)

    with receiving(status(500), status(500)) as receiver:
        at_the_end(receiver, before)
        assert receiver.next().texts == ["1", "2"]
        assert receiver.received.empty()
    assert any("2 events were never sent, 0 of them at the end" in line for line in heard.messages)


def test_at_the_end_nobody_is_waited_for_longer_than_there_is_time(heard: pytest.LogCaptureFixture) -> None:
    def before(sending: HookSending) -> None:
        sending.say("1")
        receiver.next()
        sending.say("2", "3")

    waits, go_on = hangs()
    with receiving(waits) as receiver:
        at_the_end(receiver, before, seconds=0)
        go_on.set()
    assert any("3 events were never sent, 3 of them at the end" in line for line in heard.messages)
