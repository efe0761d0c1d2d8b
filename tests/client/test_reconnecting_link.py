"""ReconnectingLink over real sockets, against a scripted server."""

import time
from typing import Any

import gevent
import pytest

from chatd.protocol.events import Error, Said, Welcome
from chatd.protocol.requests import Direct, Quit, Say, Users
from chatd_client import reconnecting_link
from chatd_client.backoff import Backoff
from chatd_client.reconnecting_link import BATCH
from chatd_client.updates import Cancelled, LinkChanged, LinkState
from tests.support.link_fixture import (
    ANEW,
    CONNECTING,
    ONLINE,
    RECONNECTING,
    LinkFixture,
    acknowledged,
    leave,
    online,
    reconnected,
    refused,
    say,
)
from tests.support.scripted_server import BYE, ScriptedServer, said

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The link pings at once instead of after some seconds."""
    monkeypatch.setattr("chatd_client.link.PING_AFTER", 0.001)


def test_lines_go_out_and_answers_come_in(peer: ScriptedServer) -> None:
    fixture = online(peer)
    fixture.link.post(say("1"))
    fixture.link.post(Direct(to="bob", text="psst", ref="2"))
    fixture.link.ask(Users(ref="roster"))
    peer.hears(type="users", ref="roster")  # a question does not wait behind a paste
    peer.hears(type="say", text="line 1", ref="1")
    peer.hears(type="dm", to="bob", text="psst", ref="2")
    assert fixture.link.undelivered == 2
    peer.says({"type": "ack", "ref": "1", "id": 1}, said("hello"), {"type": "pong"})
    peer.says({"type": "error", "code": "no-such-nick", "text": "bob is not here", "ref": "2"})
    fixture.expect(
        acknowledged("1"),
        Said,
        refused("2"),
        Error,
    )
    assert fixture.link.undelivered == 0
    fixture.link.leave(Quit(reason="so long"))
    peer.hears(type="quit", reason="so long")
    peer.says(BYE)
    fixture.updates.get()  # the bye
    fixture.ends()


def test_what_was_written_is_written_again_under_its_key_before_what_waited(peer: ScriptedServer) -> None:
    fixture = online(peer)
    fixture.link.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    fixture.link.post(say("2"))
    fixture.link.post(say("3"))
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    for ref in "123":
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    assert len(set(peer.keys.values())) == 3
    leave(peer, fixture)
    assert fixture.link.undelivered == 3


@pytest.mark.usefixtures("impatient")
def test_a_silent_link_is_asked_and_any_byte_is_life(peer: ScriptedServer) -> None:
    fixture = online(peer)
    for byte in b'{"type":':
        peer.hears(type="ping")
        peer.sends(bytes((byte,)))
    peer.hangs_up()
    fixture.expect(Error)  # the half line
    fixture.expect(RECONNECTING, CONNECTING)
    fixture.link.leave(Quit())
    fixture.ends()


@pytest.mark.usefixtures("impatient")
def test_a_link_that_does_not_answer_is_dropped(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatd_client.link.ANSWER_WITHIN", 0.001)
    fixture = online(peer)
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "the server went silent"), CONNECTING)
    fixture.link.leave(Quit())
    fixture.ends()


@pytest.mark.usefixtures("impatient")
def test_who_was_stopped_reads_before_it_judges(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatd_client.link.ANSWER_WITHIN", 0.01)
    fixture = online(peer)
    peer.hears(type="ping")
    peer.says(said("I am here"))
    time.sleep(0.05)  # nobody in this process runs, as after Ctrl-Z
    fixture.expect(Said)
    peer.hears(type="ping")
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    fixture.link.leave(Quit())
    fixture.ends()


def test_a_server_that_says_nothing_is_given_up(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatd_client.link.GREETING_TIME", 0.001)
    fixture = LinkFixture(peer, backoff=Backoff(lambda: 0.0))
    fixture.expect(CONNECTING, LinkChanged(LinkState.RECONNECTING, "the server does not answer", 1.0))
    fixture.link.leave(Quit())
    fixture.ends()


def test_what_was_read_is_told_though_the_link_has_ended(peer: ScriptedServer) -> None:
    """A slow screen blocks the reader; the link does not count as dead, and the batch is not lost."""
    fixture = online(peer)
    fixture.may_continue.clear()
    fixture.link.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    peer.says({"type": "ack", "ref": "1", "id": 1}, *(said(str(number)) for number in range(BATCH)))
    fixture.blocked.wait()
    fixture.link.reconnect()
    fixture.may_continue.set()
    fixture.expect(acknowledged("1"), *[Said] * BATCH, CONNECTING)
    fixture.link.leave(Quit())
    fixture.ends()


def test_a_line_that_could_not_be_written_waits(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    fixture = online(peer)
    monkeypatch.setattr("chatd_client.link.Link.send", lambda link, line: False)
    fixture.link.post(say("1"))
    gevent.sleep(0)
    fixture.link.post(say("2"))
    gevent.sleep(0)
    monkeypatch.undo()
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    peer.hears(type="say", text="line 1", ref="1")
    peer.hears(type="say", text="line 2", ref="2")
    leave(peer, fixture)


def test_reconnect_breaks_the_link(peer: ScriptedServer) -> None:
    fixture = online(peer)
    fixture.link.reconnect()
    fixture.expect(CONNECTING)
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    leave(peer, fixture)


def test_reconnect_waits_no_longer(peer: ScriptedServer) -> None:
    fixture = online(peer, backoff=Backoff(lambda: 0.0))
    peer.says({"type": "bye", "reason": "the server is going down"})
    fixture.updates.get()  # the bye
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "the server is going down", 1.0))
    fixture.link.reconnect()
    fixture.expect(CONNECTING)
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    leave(peer, fixture)


def test_a_line_that_this_server_would_not_take_is_refused_here(peer: ScriptedServer) -> None:
    fixture = LinkFixture(peer)
    peer.welcome(limits={"line": 60, "name": 32})
    fixture.expect(CONNECTING, ONLINE, Welcome)
    fixture.link.post(Say(text="x" * 60, ref="1"))
    fixture.expect(refused("1"), Error)
    fixture.link.post(say("2"))
    peer.hears(type="say", text="line 2", ref="2")
    fixture.link.leave(Quit(reason="x" * 60))
    peer.hangs_up()
    fixture.ends()


def test_there_is_a_bound_to_what_waits(peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd_client.outgoing.MAX_UNANSWERED", 0)
    fixture = online(peer)
    fixture.link.post(say("1"))
    fixture.expect(refused("1"))
    leave(peer, fixture)


def test_a_line_waits_for_the_answer_to_an_earlier_one(
    peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatd_client.outgoing.MAX_WRITTEN", 2)
    fixture = online(peer)
    for ref in "123456":
        fixture.link.post(say(ref))
    for ref in "12":
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    assert peer.has_heard_nothing()
    peer.says(
        {"type": "ack", "ref": "1", "id": 1}, {"type": "error", "code": "empty", "text": "x", "ref": "2"}
    )
    for ref in "34":
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    fixture.expect(acknowledged("1"), refused("2"), Error)
    fixture.link.cancel(("4", "5"))
    fixture.expect(Cancelled(("5",)))
    fixture.link.post(say("7"))
    fixture.link.leave(Quit())  # nothing waits any more
    for ref in "67":
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    peer.hears_quit()
    fixture.greenlet.get()
    assert fixture.link.undelivered == 4


def test_leaving_waits_as_long_as_answers_come(peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    fixture = online(peer)
    for ref in "123":
        fixture.link.post(say(ref))
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    unanswered, first = list("123"), reconnecting_link._wait_first

    def one_answer_a_window(*those: Any, timeout: float | None = None) -> None:
        """A server with a rate limit: one answer in each LEAVE_TIME, the bye at the end."""
        if timeout is not None and unanswered:
            ref = unanswered.pop(0)
            peer.says({"type": "ack", "ref": ref, "id": 1})
            fixture.expect(acknowledged(ref))
            return
        if timeout is not None:
            peer.says(BYE)
        first(*those)

    monkeypatch.setattr(reconnecting_link, "_wait_first", one_answer_a_window)
    fixture.link.leave(Quit())
    peer.hears(type="quit")
    fixture.greenlet.join()
    fixture.updates.get()  # the bye
    fixture.ends()
    assert not unanswered


def test_leaving_waits_for_nobody_for_long(peer: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd_client.reconnecting_link.LEAVE_TIME", 0.001)
    fixture = online(peer)
    fixture.link.leave(Quit())
    fixture.ends()
