"""Webhooks without a server, and what a test of them needs."""

import base64
import hashlib
import hmac
import itertools
from dataclasses import replace
from typing import Any

import gevent
import pytest
from gevent.ssl import PROTOCOL_TLS_CLIENT, SSLContext

from chatd.config import Webhook
from chatd.net.webhooks import HookSender, Webhooks
from chatd.protocol.events import Said
from chatd.protocol.limits import DEFAULT, Limits
from tests.support.hook_receiver import ReceivedPost
from tests.support.world import World

KEY = b"012345678901234567890123"
#: Nothing is waited for.
QUICK = replace(DEFAULT, hook_pause=0, hook_backoff=0)


def hook_of(url: str, allow_private: bool = True) -> Webhook:
    name = url.partition("/hook")[0]
    return Webhook(url, name, frozenset(("dev", "lobby")), frozenset(("said",)), KEY, allow_private)


class HookSending:
    """Webhooks of a server that is not there; `say` is what somebody says in a room."""

    def __init__(
        self, *urls: str, limits: Limits = QUICK, allow_private: bool = True, **options: Any
    ) -> None:
        self.world = World(limits)
        self.numbers = itertools.count(1)
        hooks = tuple(hook_of(url, allow_private) for url in urls)
        options.setdefault("tls", SSLContext(PROTOCOL_TLS_CLIENT))  # cheap: it trusts nobody
        self.webhooks = Webhooks(hooks, self.world.state, **options)
        self.webhooks.start()

    def __enter__(self) -> "HookSending":
        return self

    def __exit__(self, *error: object) -> None:
        self.webhooks.stop(0)

    @property
    def sender(self) -> HookSender:
        return self.webhooks.senders[0]

    def say(self, *texts: str) -> None:
        watch = self.world.state.watch
        assert watch is not None
        for text in texts:
            event = Said(room="lobby", id=next(self.numbers), sender="alice", text=text, at=0)
            watch(self.world.state.rooms.lobby, event)


def verify(received: ReceivedPost) -> None:
    """As a receiver does."""
    signed = (
        f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}.".encode() + received.body
    )
    tag = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert received.headers["webhook-signature"] == f"v1,{tag}"


def recorded(monkeypatch: pytest.MonkeyPatch, sending: HookSending) -> list[float]:
    """What is waited between tries; it has passed at once."""
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(round(seconds, 3))
        sending.world.now += seconds
        gevent.sleep(0)

    monkeypatch.setattr(sending.sender, "_pause", wait)
    return waits
