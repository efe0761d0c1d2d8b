"""The link of the screen comes back as the same person: nothing is missed, and nothing comes twice."""

import pytest

from chatd.protocol.events import DirectMessage, Mark, RoomInfo, Said, UserList, Welcome
from chatd.protocol.requests import Join, Leave
from chatd_client.updates import LinkChanged, LinkState
from tests.support.link_fixture import (
    ANEW,
    CONNECTING,
    RECONNECTING,
    RESUMED,
    acknowledged,
    leave,
    online,
    reconnected,
    resumed,
    say,
)
from tests.support.scripted_server import WELCOME, ScriptedServer, mark, room_of, said, users_of

pytestmark = pytest.mark.usefixtures("watchdog")


def test_what_was_missed_comes_once(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(said("one", id=1), said("two", id=2))
    fixture.expect(Said, Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer, seen=2)
    peer.says(said("two", id=2), said("three", id=3))
    peer.says({"type": "dm", "id": 4, "from": "bob", "to": "alice", "text": "psst", "at": 0})
    peer.says(room_of("lobby"), users_of("lobby", "alice", "bob"), mark(4), said("four", id=5))
    fixture.expect(RESUMED, Welcome)
    fixture.expect(Said(room="lobby", id=3, sender="bob", text="three", at=0))
    fixture.expect(DirectMessage, RoomInfo, UserList, Mark(id=4))
    fixture.expect(Said(room="lobby", id=5, sender="bob", text="four", at=0))
    leave(peer, fixture)


def test_in_several_rooms_the_mark_is_what_was_seen(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(said("one", id=1))
    fixture.expect(Said)
    fixture.link.ask(Join(room="dev", ref="join dev"))
    peer.hears(type="join", room="dev", ref="join dev")
    peer.says(said("three", id=3))  # what is not above it in dev may be missing
    fixture.expect(Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer, seen=1)
    peer.hears(type="join", room="dev", ref="join dev")  # it was not answered
    peer.says(said("two", id=2, room="dev"), said("three", id=3), room_of("lobby"), room_of("dev"), mark(3))
    peer.says(room_of("dev") | {"ref": "join dev"}, said("four", id=4), mark(4), said("five", id=5))
    fixture.expect(RESUMED, Welcome, Said(room="dev", id=2, sender="bob", text="two", at=0))
    fixture.expect(RoomInfo, RoomInfo, Mark, RoomInfo, Said, Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer, seen=4)
    fixture.expect(RESUMED, Welcome)
    assert peer.has_heard_nothing()  # the rooms are the server's
    leave(peer, fixture)


def test_an_own_message_that_comes_again_settles_its_line(peer: ScriptedServer) -> None:
    fixture = online(peer)
    for ref in "123":
        fixture.link.post(say(ref))
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    peer.says({"type": "ack", "ref": "1", "id": 1})
    fixture.expect(acknowledged("1"))
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer)
    for ref in "23":
        peer.hears(type="say", text=f"line {ref}", ref=ref)  # in its place, under the same key
    own = [said(f"line {ref}", "alice", id) | {"key": peer.keys[ref]} for ref, id in (("1", 1), ("2", 2))]
    peer.says(*own, said("another client's", "alice", 3) | {"key": "other.9"}, room_of("lobby"), mark(3))
    peer.says({"type": "ack", "ref": "2", "id": 2}, {"type": "ack", "ref": "3", "id": 4})
    fixture.expect(RESUMED, Welcome, acknowledged("1", 1), acknowledged("2", 2))
    fixture.expect(Said, RoomInfo, Mark, acknowledged("2", 2), acknowledged("3", 4))
    assert fixture.link.undelivered == 0
    leave(peer, fixture)


def test_a_room_is_left_again_behind_what_was_said_in_it(peer: ScriptedServer) -> None:
    fixture = online(peer)
    fixture.link.ask(Join(room="dev", ref="join dev"))
    peer.hears(type="join", room="dev", ref="join dev")
    peer.says(room_of("dev") | {"ref": "join dev"})
    fixture.expect(RoomInfo)
    fixture.link.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    fixture.link.ask(Leave(room="dev", ref="leave dev"))
    peer.hears(type="leave", room="dev", ref="leave dev")
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer)
    peer.hears(type="say", text="line 1", ref="1")
    peer.hears(type="leave", room="dev", ref="leave dev")
    fixture.expect(RESUMED, Welcome)
    leave(peer, fixture)


def test_who_is_not_known_any_more_is_told(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(said("one", id=9))
    fixture.expect(Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    reconnected(peer, seen=9)
    peer.says(said("of another log", id=2))
    fixture.expect(ANEW, Welcome, Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    resumed(peer, seen=2)
    fixture.expect(RESUMED, Welcome)
    leave(peer, fixture)


def test_another_name_is_asked_for_with_the_same_token(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(said("one", id=1))
    fixture.expect(Said)
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=1)
    peer.says({"type": "error", "code": "taken-nick", "text": "alice is taken"})
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "alice is taken", refused=True), CONNECTING)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=1)
    fixture.link.rename("carol")
    fixture.expect(CONNECTING)
    peer.accept_again()
    peer.hears(type="hello", nick="carol", token="secret", seen=1)
    peer.says(WELCOME | {"nick": "carol", "resumed": True})
    fixture.expect(RESUMED, Welcome)
    leave(peer, fixture)
