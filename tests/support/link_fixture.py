"""A running ReconnectingLink, between a scripted server and a recorder of its updates."""

from typing import Any

import gevent
from gevent.event import Event as Flag
from gevent.queue import Queue

from chatd.protocol.events import Welcome
from chatd.protocol.requests import Quit, Say
from chatd_client.backoff import Backoff
from chatd_client.outgoing import DeliveryState
from chatd_client.reconnecting_link import NOT_RESUMED, ReconnectingLink
from chatd_client.redial import dial
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState, Update
from tests.support.scripted_server import WELCOME, ScriptedServer


class NoBackoff(Backoff):
    """Never waits, and counts how often it was asked."""

    waits = 0

    def next(self) -> float:
        self.waits += 1
        return 0.0


class LinkFixture:
    """A running link and its updates. With `may_continue` cleared `on_updates` blocks, and sets `blocked`."""

    def __init__(self, peer: ScriptedServer, **options: Any) -> None:
        self.updates: Queue[Update] = Queue()
        self.blocked, self.may_continue = Flag(), Flag()
        self.may_continue.set()
        self.backoff = options.setdefault("backoff", NoBackoff())

        self.link = ReconnectingLink(dial("127.0.0.1", peer.port), "alice", self._on_updates, **options)
        self.greenlet = gevent.spawn(self.link.run)

    def _on_updates(self, updates: list[Update]) -> None:
        if not self.may_continue.is_set():
            self.blocked.set()
            self.may_continue.wait()
        for update in updates:
            self.updates.put(update)

    def expect(self, *expected: Update | type[Update]) -> None:
        """The next updates are these, or of these types."""
        for each in expected:
            update = self.updates.get()
            assert isinstance(update, each) if isinstance(each, type) else update == each

    def ends(self) -> None:
        self.greenlet.get()
        self.expect(LinkChanged(LinkState.OFFLINE))
        assert self.updates.empty()


CONNECTING = LinkChanged(LinkState.CONNECTING)
ONLINE = LinkChanged(LinkState.ONLINE)
RESUMED = LinkChanged(LinkState.ONLINE, resumed=True)
ANEW = LinkChanged(LinkState.ONLINE, NOT_RESUMED)
CLOSED = "the server closed the connection"
RECONNECTING = LinkChanged(LinkState.RECONNECTING, CLOSED)


def acknowledged(ref: str, id: int = 1) -> DeliveryChanged:
    return DeliveryChanged(ref, DeliveryState.ACKNOWLEDGED, id)


def refused(ref: str) -> DeliveryChanged:
    return DeliveryChanged(ref, DeliveryState.REFUSED)


def say(ref: str) -> Say:
    return Say(text=f"line {ref}", ref=ref)


def online(peer: ScriptedServer, **options: Any) -> LinkFixture:
    fixture = LinkFixture(peer, **options)
    peer.welcome()
    fixture.expect(CONNECTING, ONLINE, Welcome)
    return fixture


def leave(peer: ScriptedServer, fixture: LinkFixture) -> None:
    fixture.link.leave(Quit())
    peer.hears_quit()
    while not isinstance(update := fixture.updates.get(), LinkChanged):
        pass
    assert update.state is LinkState.OFFLINE
    fixture.greenlet.get()


def reconnected(peer: ScriptedServer, seen: int = 0, **changed: Any) -> None:
    """Accept the client's next connection, for which it uses its token."""
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=seen)
    peer.says(WELCOME | changed)


def resumed(peer: ScriptedServer, seen: int = 0) -> None:
    """The same, as the same person."""
    reconnected(peer, seen, resumed=True)
