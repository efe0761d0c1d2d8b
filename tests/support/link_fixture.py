"""A keeper at work, between a server that the test plays and a listener that keeps notes."""

from typing import Any

import gevent
from chatd_client.backoff import Backoff
from chatd_client.link import Link, connect
from chatd_client.outgoing import DeliveryState
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState, Update
from gevent.event import Event as Flag
from gevent.queue import Queue

from chatd.protocol.events import Welcome
from chatd.protocol.requests import Quit, Say
from tests.support.scripted_server import WELCOME, ScriptedServer


class AtOnce(Backoff):
    """Waits for nothing, and counts."""

    waits = 0

    def next(self) -> float:
        self.waits += 1
        return 0.0


class LinkFixture:
    """A keeper at work, and what it told."""

    def __init__(self, peer: ScriptedServer, **options: Any) -> None:
        self.told: Queue[Update] = Queue()
        self.waits, self.goes_on = Flag(), Flag()
        self.goes_on.set()
        self.backoff = options.setdefault("backoff", AtOnce())

        def reach(name: str, token: str | None) -> Link:
            return connect("127.0.0.1", peer.port, name, token=token)

        self.link = ReconnectingLink(reach, "alice", self._hear, **options)
        self.greenlet = gevent.spawn(self.link.run)

    def _hear(self, happenings: list[Update]) -> None:
        if not self.goes_on.is_set():
            self.waits.set()
            self.goes_on.wait()
        for happening in happenings:
            self.told.put(happening)

    def tells(self, *expected: Update | type[Update]) -> None:
        """The next things that happen."""
        for each in expected:
            happening = self.told.get()
            assert isinstance(happening, each) if isinstance(each, type) else happening == each

    def ends(self) -> None:
        self.greenlet.get()
        self.tells(LinkChanged(LinkState.OFFLINE))
        assert self.told.empty()


CONNECTING = LinkChanged(LinkState.CONNECTING)
ONLINE = LinkChanged(LinkState.ONLINE)
CLOSED = "the server closed the connection"
RECONNECTING = LinkChanged(LinkState.RECONNECTING, CLOSED)


def acknowledged(ref: str) -> DeliveryChanged:
    return DeliveryChanged(ref, DeliveryState.ACKNOWLEDGED)


def refused(ref: str) -> DeliveryChanged:
    return DeliveryChanged(ref, DeliveryState.REFUSED)


def uncertain(ref: str) -> DeliveryChanged:
    return DeliveryChanged(ref, DeliveryState.UNCERTAIN)


def say(ref: str) -> Say:
    return Say(text=f"line {ref}", ref=ref)


def online(peer: ScriptedServer, **options: Any) -> LinkFixture:
    fixture = LinkFixture(peer, **options)
    peer.welcome()
    fixture.tells(CONNECTING, ONLINE, Welcome)
    return fixture


def leave(peer: ScriptedServer, fixture: LinkFixture) -> None:
    fixture.link.leave(Quit())
    peer.hears_quit()
    while not isinstance(happening := fixture.told.get(), LinkChanged):
        pass
    assert happening.phase is LinkState.OFFLINE
    fixture.greenlet.get()


def back(peer: ScriptedServer, **changed: Any) -> None:
    """The client comes again, with its token."""
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret")
    peer.says(WELCOME | changed)
