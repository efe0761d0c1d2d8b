"""Names that are refused, kept over a reconnect, and changed."""

import gevent
import pytest

from chatd.protocol.errors import Code
from chatd.protocol.events import Bye, Error, Welcome
from chatd.protocol.requests import Quit
from chatd_client.login import device_name
from chatd_client.updates import LinkChanged, LinkState
from tests.support.link_fixture import (
    ANEW,
    CONNECTING,
    ONLINE,
    RECONNECTING,
    LinkFixture,
    leave,
    online,
    reconnected,
    say,
)
from tests.support.scripted_server import BYE, WELCOME, ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog")


def test_a_name_that_is_refused_is_asked_for(peer: ScriptedServer) -> None:
    fixture = LinkFixture(peer)
    peer.accept()
    peer.says({"type": "error", "code": "taken-nick", "text": "alice is taken"})
    fixture.expect(CONNECTING, LinkChanged(LinkState.NAMELESS, "alice is taken", refused=True))
    fixture.link.rename("carol")
    peer.accept_again()
    peer.hears(type="hello", nick="carol")
    peer.says(WELCOME | {"nick": "carol"})
    fixture.expect(CONNECTING, ONLINE, Welcome)
    leave(peer, fixture)


def test_a_name_that_was_ours_is_tried_again(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=0)
    peer.says({"type": "error", "code": "taken-nick", "text": "alice is taken"})
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "alice is taken", refused=True), CONNECTING)
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    assert fixture.backoff.waits == 2
    leave(peer, fixture)


def test_another_name_is_taken_before_the_old_one_is_given_up(peer: ScriptedServer) -> None:
    fixture = online(peer)
    old = peer.connection
    renaming = gevent.spawn(fixture.link.rename, "bob")
    peer.accept_again(keep_previous=True)
    peer.hears(type="hello", nick="bob")
    peer.says({"type": "error", "code": "taken-nick", "text": "bob is taken"})
    renaming.get()
    fixture.expect(Error(code=Code.BAD_NICK, text="bob is taken", ref="name bob"))
    renaming = gevent.spawn(fixture.link.rename, "carol")
    peer.accept_again()
    peer.hears(type="hello", nick="carol")
    peer.says(WELCOME | {"nick": "carol", "token": "other"})
    renaming.get()
    new, peer.connection = peer.connection, old
    peer.hears(type="quit", reason="now carol")
    peer.says(BYE)
    fixture.expect(Bye, CONNECTING, ONLINE, Welcome)
    old.close()
    peer.connection = new
    fixture.link.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    peer.accept_again()
    peer.hears(type="hello", nick="carol", token="other", seen=0)
    fixture.link.leave(Quit())
    fixture.ends()


def test_a_password_that_the_server_cannot_check_now_is_given_again(peer: ScriptedServer) -> None:
    fixture = LinkFixture(peer)
    peer.accept()
    peer.says({"type": "error", "code": "password-needed", "text": "alice is registered"})
    locked = LinkChanged(LinkState.LOCKED, "alice is registered", refused=True, name="alice")
    fixture.expect(CONNECTING, locked)
    fixture.link.give_password("password")
    peer.accept_again()
    peer.hears(type="hello", nick="alice", password="password", device=device_name())
    peer.says({"type": "error", "code": "busy", "text": "too many now"})
    fixture.expect(CONNECTING, LinkChanged(LinkState.RECONNECTING, "too many now", name="alice"))
    peer.accept_again()
    peer.hears(type="hello", nick="alice", password="password", device=device_name())
    peer.says(WELCOME)
    fixture.expect(CONNECTING, ONLINE, Welcome)
    leave(peer, fixture)
