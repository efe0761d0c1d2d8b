"""The link keeper, with real sockets, against a server that the test plays."""

import time
from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.queue import Queue

from chatd.events import Error, Said, Welcome
from chatd.requests import Direct, Quit, Say, Users
from client.backoff import Backoff
from client.keeper import Changed, Happening, Keeper, Moved, Phase
from client.link import Link, connect
from client.outgoing import State
from tests.client_peer import BYE, WELCOME, said
from tests.screen_peer import Again as Peer


@pytest.fixture(autouse=True)
def watchdog() -> Iterator[None]:
    with gevent.Timeout(10):
        yield


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as peer:
        yield peer


class AtOnce(Backoff):
    """Waits for nothing, and counts."""

    waits = 0

    def next(self) -> float:
        self.waits += 1
        return 0.0


class Kept:
    """A keeper at work, and what it told."""

    def __init__(self, peer: Peer, **options: Any) -> None:
        self.told: Queue[Happening] = Queue()
        self.backoff = options.setdefault("backoff", AtOnce())

        def reach(name: str, token: str | None) -> Link:
            return connect("127.0.0.1", peer.port, name, token=token)

        self.keeper = Keeper(reach, "alice", self._hear, **options)
        self.greenlet = gevent.spawn(self.keeper.run)

    def _hear(self, happenings: list[Happening]) -> None:
        for happening in happenings:
            self.told.put(happening)

    def tells(self, *expected: Happening | type[Happening]) -> None:
        """The next things that happen."""
        for each in expected:
            happening = self.told.get()
            assert isinstance(happening, each) if isinstance(each, type) else happening == each

    def ends(self) -> None:
        self.greenlet.get()
        self.tells(Changed(Phase.OFFLINE))
        assert self.told.empty()


CONNECTING = Changed(Phase.CONNECTING)
ONLINE = Changed(Phase.ONLINE)
CLOSED = "the server closed the connection"


def say(ref: str) -> Say:
    return Say(text=f"line {ref}", ref=ref)


def online(peer: Peer, **options: Any) -> Kept:
    kept = Kept(peer, **options)
    peer.welcome()
    kept.tells(CONNECTING, ONLINE, Welcome)
    return kept


def leave(peer: Peer, kept: Kept) -> None:
    kept.keeper.leave(Quit())
    peer.hears_quit()
    while not isinstance(happening := kept.told.get(), Changed):
        pass
    assert happening.phase is Phase.OFFLINE
    kept.greenlet.get()


def back(peer: Peer, **changed: Any) -> None:
    """The client comes again, with its token."""
    peer.again()
    peer.hears(type="hello", nick="alice", token="secret")
    peer.says(WELCOME | changed)


def test_lines_go_out_and_answers_come_in(peer: Peer) -> None:
    kept = online(peer)
    kept.keeper.post(say("1"))
    kept.keeper.post(Direct(to="bob", text="psst", ref="2"))
    kept.keeper.ask(Users(ref="roster"))
    peer.hears(type="users", ref="roster")  # a question does not wait behind a paste
    peer.hears(type="say", text="line 1", ref="1")
    peer.hears(type="dm", to="bob", text="psst", ref="2")
    assert kept.keeper.undelivered == 2
    peer.says({"type": "ack", "ref": "1", "id": 1}, said("hello"), {"type": "pong"})
    peer.says({"type": "error", "code": "no-such-nick", "text": "bob is not here", "ref": "2"})
    kept.tells(Moved("1", State.ACKNOWLEDGED), Said, Moved("2", State.REFUSED), Error)
    assert kept.keeper.undelivered == 0
    kept.keeper.leave(Quit(reason="so long"))
    peer.hears(type="quit", reason="so long")
    peer.says(BYE)
    kept.told.get()  # the bye
    kept.ends()


def test_what_was_written_is_uncertain_and_what_waited_arrives_once(peer: Peer) -> None:
    kept = online(peer)
    kept.keeper.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    peer.hangs_up()
    kept.tells(Moved("1", State.UNCERTAIN), Changed(Phase.RECONNECTING, CLOSED), CONNECTING)
    kept.keeper.post(say("2"))
    kept.keeper.post(say("3"))
    back(peer)
    kept.tells(ONLINE, Welcome)
    peer.hears(type="say", text="line 2", ref="2")
    peer.hears(type="say", text="line 3", ref="3")
    assert peer.has_heard_nothing()
    kept.keeper.resend()
    peer.hears(type="say", text="line 1", ref="1")
    kept.tells(Moved("1", State.WAITING))
    leave(peer, kept)
    assert kept.keeper.undelivered == 3


def test_a_silent_link_is_asked_and_any_byte_is_life(peer: Peer) -> None:
    kept = online(peer, ping_after=0.001)
    for byte in b'{"type":':
        peer.hears(type="ping")
        peer.sends(bytes((byte,)))
    peer.hangs_up()
    kept.tells(Error)  # the half line
    kept.tells(Changed(Phase.RECONNECTING, CLOSED), CONNECTING)
    kept.keeper.leave(Quit())
    kept.ends()


def test_a_link_that_does_not_answer_is_dropped(peer: Peer) -> None:
    kept = online(peer, ping_after=0.001, answer_within=0.001)
    kept.tells(Changed(Phase.RECONNECTING, "the server went silent"), CONNECTING)
    kept.keeper.leave(Quit())
    kept.ends()


def test_who_was_stopped_reads_before_it_judges(peer: Peer) -> None:
    kept = online(peer, ping_after=0.001, answer_within=0.01)
    peer.hears(type="ping")
    peer.says(said("I am here"))
    time.sleep(0.05)  # nobody in this process runs, as after Ctrl-Z
    kept.tells(Said)
    peer.hears(type="ping")
    peer.hangs_up()
    kept.tells(Changed(Phase.RECONNECTING, CLOSED), CONNECTING)
    kept.keeper.leave(Quit())
    kept.ends()


def test_a_server_that_says_nothing_is_given_up(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.keeper.GREETING_TIME", 0.001)
    kept = Kept(peer, backoff=Backoff(lambda: 0.0))
    kept.tells(CONNECTING, Changed(Phase.RECONNECTING, "the server does not answer", 1.0))
    kept.keeper.leave(Quit())
    kept.ends()


def test_a_name_that_is_refused_is_asked_for(peer: Peer) -> None:
    kept = Kept(peer)
    peer.accept()
    peer.says({"type": "error", "code": "taken-nick", "text": "alice is taken"})
    kept.tells(CONNECTING, Changed(Phase.NAMELESS, "alice is taken"))
    kept.keeper.rename("carol")
    peer.again()
    peer.hears(type="hello", nick="carol")
    peer.says(WELCOME | {"nick": "carol"})
    kept.tells(CONNECTING, ONLINE, Welcome)
    leave(peer, kept)


def test_a_name_that_was_ours_is_tried_again(peer: Peer) -> None:
    kept = online(peer)
    peer.hangs_up()
    kept.tells(Changed(Phase.RECONNECTING, CLOSED), CONNECTING)
    peer.again()
    peer.hears(type="hello", nick="alice", token="secret")
    peer.says({"type": "error", "code": "taken-nick", "text": "alice is taken"})
    kept.tells(Changed(Phase.RECONNECTING, "alice is taken"), CONNECTING)
    back(peer)
    kept.tells(ONLINE, Welcome)
    assert kept.backoff.waits == 2
    leave(peer, kept)


def test_reconnect_breaks_the_link(peer: Peer) -> None:
    kept = online(peer)
    kept.keeper.reconnect()
    kept.tells(CONNECTING)
    back(peer)
    kept.tells(ONLINE, Welcome)
    leave(peer, kept)


def test_reconnect_waits_no_longer(peer: Peer) -> None:
    kept = online(peer, backoff=Backoff(lambda: 0.0))
    peer.says({"type": "bye", "reason": "the server is going down"})
    kept.told.get()  # the bye
    kept.tells(Changed(Phase.RECONNECTING, "the server is going down", 1.0))
    kept.keeper.reconnect()
    kept.tells(CONNECTING)
    back(peer)
    kept.tells(ONLINE, Welcome)
    leave(peer, kept)


def test_a_line_that_this_server_would_not_take_is_refused_here(peer: Peer) -> None:
    kept = Kept(peer)
    peer.welcome(limits={"line": 60, "name": 32})
    kept.tells(CONNECTING, ONLINE, Welcome)
    kept.keeper.post(Say(text="x" * 60, ref="1"))
    kept.tells(Moved("1", State.REFUSED), Error)
    kept.keeper.post(say("2"))
    peer.hears(type="say", text="line 2", ref="2")
    kept.keeper.leave(Quit(reason="x" * 60))
    peer.hangs_up()
    kept.tells(Moved("2", State.UNCERTAIN))
    kept.ends()


def test_there_is_a_bound_to_what_waits(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.outgoing.MOST", 0)
    kept = online(peer)
    kept.keeper.post(say("1"))
    kept.tells(Moved("1", State.REFUSED))
    leave(peer, kept)


def test_leaving_waits_as_long_as_answers_come(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.keeper.LEAVE_TIME", 0.4)
    kept = online(peer)
    for ref in "123":
        kept.keeper.post(say(ref))
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    kept.keeper.leave(Quit())
    peer.hears(type="quit")
    for ref in "123":
        gevent.sleep(0.15)  # the server has a line rate
        peer.says({"type": "ack", "ref": ref, "id": 1})
        kept.tells(Moved(ref, State.ACKNOWLEDGED))
    peer.says(BYE)
    kept.told.get()  # the bye
    kept.ends()


def test_leaving_waits_for_nobody_for_long(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("client.keeper.LEAVE_TIME", 0.001)
    kept = online(peer)
    kept.keeper.leave(Quit())
    kept.ends()
