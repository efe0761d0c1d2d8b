"""`Chat(..., reconnect=True)` comes back as the same person: nothing is missed, and nothing comes twice."""

from collections.abc import Iterator
from socket import SHUT_RDWR

import gevent
import pytest

from chatd.protocol.events import (
    Ack,
    DirectMessage,
    Event,
    Mark,
    RoomInfo,
    Said,
    Sent,
    Skipped,
    Welcome,
)
from chatd_client import Chat
from tests.support import live
from tests.support.link_fixture import resumed
from tests.support.scripted_server import ScriptedServer, mark, room_of, said, users_of

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture
def al(peer: ScriptedServer, waits: list[float]) -> Chat:
    server = gevent.spawn(peer.welcome)
    chat = Chat(peer.target, reconnect=True)
    server.get()
    return chat


def leave(al: Chat, peer: ScriptedServer) -> None:
    leaving = gevent.spawn(al.__exit__, None)
    peer.hears_quit()
    leaving.get()


def next_events(al: Iterator[Event], count: int) -> list[type[Event]]:
    return [type(next(al)) for _ in range(count)]


def texts(events: Iterator[Event], until: str) -> list[str]:
    """What is said from here on, up to this."""
    found: list[str] = []
    while until not in found:
        event = next(events)
        if isinstance(event, Said | DirectMessage | Sent):
            found.append(event.text)
    return found


def test_it_misses_nothing_and_gets_nothing_twice(peer: ScriptedServer, al: Chat) -> None:
    events = iter(al)
    peer.says(said("one", id=1), said("two", id=2))
    assert texts(events, "two") == ["one", "two"]
    peer.hangs_up()
    coming_back = gevent.spawn(texts, events, "live")
    resumed(peer, seen=2)
    peer.says(said("two", id=2), said("three", id=3))
    peer.says({"type": "skipped", "room": "lobby", "count": 7, "after": 3, "before": 11})
    peer.says(said("four", id=11), room_of("lobby"), users_of("lobby", "alice"), mark(11))
    peer.says(said("live", id=12))
    assert coming_back.get() == ["three", "four", "live"]
    peer.hangs_up()
    more = gevent.spawn(next_events, events, 3)
    resumed(peer, seen=12)
    peer.says({"type": "skipped", "room": "lobby", "count": 7, "after": 12, "before": 20}, said("x", id=20))
    assert more.get() == [Welcome, Skipped, Said]
    leave(al, peer)


def test_what_it_said_comes_again_as_the_answer(peer: ScriptedServer, al: Chat) -> None:
    al.say("one")
    al.direct("bob", "two")
    al.say("three")
    for _ in range(3):
        peer.hears_line()
    peer.hangs_up()
    flushing = gevent.spawn(al.flush)
    resumed(peer)
    peer.hears(type="say", text="one", ref="1")
    peer.hears(type="dm", to="bob", text="two", ref="2")
    peer.hears(type="say", text="three", ref="3")
    two = {"type": "dm", "id": 2, "from": "alice", "to": "bob", "text": "two", "at": 0, "key": peer.keys["2"]}
    peer.says(said("one", "alice", 1) | {"key": peer.keys["1"]}, two, room_of("lobby"), mark(2))
    for ref in (1, 2, 3):
        peer.says({"type": "ack", "ref": str(ref), "id": ref})
    assert flushing.get() == []
    events = iter(al)
    assert next_events(events, 4) == [Welcome, Welcome, Ack, Sent]
    assert (next_events(events, 2), al.answered) == ([RoomInfo, Mark], 3)
    assert next(events) == Ack(ref="1", id=1)  # of what it sent again
    leave(al, peer)


def test_the_rooms_are_those_of_the_server(peer: ScriptedServer, al: Chat) -> None:
    joining = gevent.spawn(al.join, "dev")
    peer.hears(type="join", room="dev", ref="join dev")
    peer.says(room_of("dev") | {"ref": "join dev"})
    joining.get()
    events = iter(al)
    peer.says(said("one", room="dev", id=3), mark(3), said("two", id=4))
    assert texts(events, "two") == ["one", "two"]
    peer.hangs_up()
    coming_back = gevent.spawn(texts, events, "four")
    resumed(peer, seen=3)
    peer.says(said("two", id=4), said("three", room="dev", id=5), room_of("lobby"), room_of("dev"), mark(5))
    peer.says(said("four", id=6))
    assert coming_back.get() == ["three", "four"]
    assert peer.has_heard_nothing()
    leave(al, peer)


def test_a_join_without_an_answer_is_asked_for_again(peer: ScriptedServer, al: Chat) -> None:
    joining = gevent.spawn(al.join, "dev")
    peer.hears(type="join", room="dev", ref="join dev")
    peer.hangs_up()
    resumed(peer)
    peer.hears(type="join", room="dev", ref="join dev")
    peer.says(room_of("lobby"), mark(1))
    assert not joining.ready()
    peer.says(room_of("dev") | {"ref": "join dev"})
    joining.get()
    leaving = gevent.spawn(al.leave, "dev")
    peer.hears(type="leave", room="dev", ref="leave dev")
    peer.hangs_up()
    resumed(peer, seen=1)
    peer.hears(type="leave", room="dev", ref="leave dev")
    peer.says({"type": "left", "names": ["alice"], "count": 1, "room": "dev", "ref": "leave dev"})
    leaving.get()
    leave(al, peer)


def test_what_is_said_first_while_it_is_away_is_not_missed(peer: ScriptedServer, al: Chat) -> None:
    events = iter(al)
    assert next_events(events, 1) == [Welcome]
    coming_back = gevent.spawn(next_events, events, 2)
    peer.hangs_up()
    resumed(peer, seen=0)
    peer.says(said("new", id=8))
    assert coming_back.get() == [Welcome, Said]
    assert peer.has_heard_nothing()
    leave(al, peer)


def test_a_real_server_tells_what_was_missed(waits: list[float]) -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        with Chat(server.addresses[0].replace("tcp://", "al@"), reconnect=True) as al:
            al.join("dev")
            al.say("hi")
            assert al.flush() == []
            bob.send("/join dev")
            bob.until(r"\* #dev - 2 here - no topic")
            al._link._wire.sock.shutdown(SHUT_RDWR)
            bob.until(r"\* al lost connection \(closed\)")
            bob.send("#dev", "/bc two", "/users")
            bob.expect(r"\* 1 in #dev: bob")  # so it was said
            events = iter(al)
            assert texts(events, "two") == ["#dev", "two"]
            bob.until(r"\* al is back after 0 s")
            assert al.welcome.resumed
            bob.send("live")
            assert texts(events, "live") == ["live"]
            al.say("again", room="dev")
            bob.until("#dev <al> again")
