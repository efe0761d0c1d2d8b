"""A server with webhooks, people and a receiver, all of them real."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gevent
import pytest

from chatd.config import Config, Webhook
from chatd.net.server import Server
from chatd.protocol.limits import DEFAULT, Limits
from tests.support.cheap import CHEAP
from tests.support.hook_receiver import HookReceiver, hangs, receiving
from tests.support.live import WATCHDOG, Peer


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    with gevent.Timeout(WATCHDOG):
        yield


def started(receiver: HookReceiver, data: str, limits: Limits = DEFAULT) -> Server:
    events = frozenset(("said", "joined"))
    hook = Webhook(receiver.url, receiver.url, frozenset("*"), events, b"x" * 24, True)
    server = Server(Config(("tcp://127.0.0.1:0",), 0, data=data, webhooks=(hook,)), limits, costs=CHEAP)
    server.start()
    return server


def told(receiver: HookReceiver, count: int) -> list[dict[str, object]]:
    """So many events, in whatever deliveries they come."""
    found: list[dict[str, object]] = []
    while len(found) < count:
        found += receiver.next().events
    return found


@pytest.mark.parametrize("kept", [False, True])
def test_what_happens_is_told_before_and_after_a_restart(tmp_path: Path, kept: bool) -> None:
    data = str(tmp_path) if kept else "memory"
    with receiving() as receiver:
        for text in ("before", "after"):
            server = started(receiver, data)
            with Peer(server, "alice") as alice:
                assert [event["type"] for event in told(receiver, 1)] == ["joined"]
                alice.send(f"{text} 1", f"{text} 2", "/dm alice in secret")
                events = told(receiver, 2)
                assert [event["text"] for event in events] == [f"{text} 1", f"{text} 2"]
                alice.send(f"{text} the end", "/users")
                alice.until(r"\* 1 here: alice")
                server.stop()
            assert [event["text"] for event in told(receiver, 1)] == [f"{text} the end"]
        assert receiver.received.empty()


def test_a_receiver_that_hangs_is_felt_by_nobody_and_does_not_hold_the_end() -> None:
    waits, go_on = hangs()
    with receiving(waits) as receiver:
        server = started(receiver, "memory", replace(DEFAULT, down_time=0.1))
        with Peer(server, "alice") as alice, Peer(server, "bob") as bob:
            json.loads(receiver.next().body)
            alice.send("hi")
            bob.until("<alice> hi")
            server.stop()
            bob.expect(r"\* the server is going down")
        go_on.set()
