"""Webhooks that fail: what is tried again, how often, and what is given up."""

from collections.abc import Iterator
from dataclasses import replace

import gevent
import pytest

from chatd.net import webhooks
from chatd.net.logs import log
from chatd.net.webhooks import backoff
from chatd.protocol.limits import DEFAULT
from tests.support.hook_receiver import dead_port, receiving, status
from tests.support.hook_sending import QUICK, HookSending, recorded, verify
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


@pytest.mark.parametrize("code", [500, 503, 429, 408, 425])
def test_what_may_pass_is_tried_again_under_the_same_id(
    code: int, heard: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "backoff", lambda limits, failures: 2.5)
    with receiving(status(code), status(code)) as receiver, HookSending(receiver.url) as sending:
        recorded(monkeypatch, sending)
        sending.say("1")
        tries = [receiver.next(), receiver.next(), receiver.next()]
        sending.say("2")
        assert receiver.next().texts == ["2"]
    assert [each.texts for each in tries] == [["1"]] * 3
    assert len({each.headers["webhook-id"] for each in tries}) == 1
    assert len({each.body for each in tries}) == 1
    assert [each.headers["webhook-timestamp"] for each in tries] == ["1000", "1002", "1005"]
    for each in tries:
        verify(each)
    name = f"webhook http://127.0.0.1:{receiver.port}"
    assert heard.messages == [
        f"{name} gets said of dev, lobby",
        f"{name} does not take events (HTTP {code})",
        f"{name} takes events again, after 5 s",
    ]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (400, "HTTP 400"),
        (410, "HTTP 410"),
        (301, "HTTP 301: redirects are not followed, please write where it leads to"),
        (307, "HTTP 307: redirects are not followed, please write where it leads to"),
    ],
)
def test_what_will_not_pass_is_given_up_and_told(
    code: int, why: str, heard: pytest.LogCaptureFixture
) -> None:
    answer = status(code, "Location: /elsewhere")
    with receiving(answer) as receiver, HookSending(receiver.url) as sending:
        sending.say("1")
        assert receiver.next().texts == ["1"]
        sending.say("2")
        got = receiver.next()
    assert (got.line, got.texts, got.skipped) == ("POST /hook?a=b HTTP/1.1", ["2"], 1)
    name = f"webhook http://127.0.0.1:{receiver.port}"
    assert f"{name} does not take events ({why})" in heard.messages
    assert f"{name}: 1 events were dropped ({why})" in heard.messages


def test_a_dead_receiver_is_tried_ever_more_rarely_and_then_given_up(
    monkeypatch: pytest.MonkeyPatch, heard: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("random.uniform", lambda least, most: most)
    limits = replace(QUICK, hook_backoff=1)
    with receiving() as receiver:
        sending = HookSending(f"http://127.0.0.1:{dead_port()}/hook", limits=limits)
        with sending:
            waits = recorded(monkeypatch, sending)
            sending.say("1")
            while 0 not in waits:  # the pause after it
                gevent.sleep(0)
    assert waits[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert sum(waits) == 843 + 60  # one more would have been too many; then the next has time
    assert any("does not take events (Connection refused)" in line for line in heard.messages)
    assert any("1 events were dropped (Connection refused)" in line for line in heard.messages)
    assert sum("does not take events" in line for line in heard.messages) == 1
    assert receiver.received.empty()


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("Retry-After: 7", 7), ("Retry-After: Thu, 01 Jan 1970 00:17:40 GMT", 60), ("Retry-After: soon", 0)],
)
def test_who_asks_to_be_left_alone_is(asked: str, waited: float, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(status(429, asked)) as receiver, HookSending(receiver.url) as sending:
        waits = recorded(monkeypatch, sending)
        sending.say("1")
        receiver.next()
        receiver.next()
    assert waits[0] == waited


def test_who_asks_for_a_day_is_given_up_but_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(status(503, "Retry-After: 86400")) as receiver, HookSending(receiver.url) as sending:
        waits = recorded(monkeypatch, sending)
        sending.world.now += 0.5
        sending.say("1")
        receiver.next()
        sending.say("2")
        assert receiver.next().skipped == 0
    assert waits[0] == DEFAULT.hook_patience


def test_backoff_is_doubled_bounded_and_at_random() -> None:
    for failures in (1, 2, 7, 10_000):
        longest = min(60, 2 ** min(failures - 1, 30))
        found = [backoff(DEFAULT, failures) for _ in range(50)]
        assert longest / 2 <= min(found) < max(found) <= longest


def test_a_private_address_is_not_sent_to(heard: pytest.LogCaptureFixture) -> None:
    def private(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    asked: list[str] = []
    with receiving() as receiver:
        url = f"http://name.example:{receiver.port}/hook"
        with HookSending(url, allow_private=False, resolver=private) as sending:
            sending.say("1")
            while len(asked) < 3:
                gevent.sleep(0)
        assert receiver.received.empty()
    assert any("which needs allow-private" in line for line in heard.messages)
