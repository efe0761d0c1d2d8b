"""The link of the screen joins its rooms again."""

import pytest

from chatd.protocol.events import Error, Left, RoomInfo, Welcome
from chatd.protocol.requests import Join, Leave, Users
from chatd_client.outgoing import MAX_WRITTEN
from tests.support.link_fixture import (
    ANEW,
    CONNECTING,
    RECONNECTING,
    LinkFixture,
    acknowledged,
    leave,
    online,
    reconnected,
    refused,
    say,
)
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog")

FULL = {"type": "error", "code": "too-many-rooms", "text": "too many"}


def joins(peer: ScriptedServer, fixture: LinkFixture, room: str) -> None:
    fixture.link.ask(Join(room=room, ref=f"join {room}"))
    peer.hears(type="join", room=room, ref=f"join {room}")
    peer.says({"type": "room", "room": room, "users": 1, "topic": "", "ref": f"join {room}"})
    fixture.expect(RoomInfo)


def test_rooms_are_joined_again_before_what_waited_is_sent(peer: ScriptedServer) -> None:
    fixture = online(peer)
    for room in ("dev", "old", "ops"):
        joins(peer, fixture, room)
    fixture.link.ask(Leave(room="old", ref="leave old"))
    peer.hears(type="leave", room="old", ref="leave old")
    peer.says({"type": "left", "names": ["alice"], "count": 1, "room": "old", "ref": "leave old"})
    fixture.expect(Left)
    peer.hangs_up()
    fixture.expect(RECONNECTING)
    fixture.link.post(say("1"))
    fixture.link.ask(Users(ref="roster"))
    reconnected(peer)
    fixture.expect(CONNECTING, ANEW)
    peer.hears(type="join", room="dev", ref="rejoin dev")
    peer.hears(type="join", room="ops", ref="rejoin ops")
    peer.hears(type="users", ref="roster")
    peer.hears(type="say", text="line 1", ref="1")
    peer.says(FULL | {"ref": "rejoin ops"})
    fixture.expect(Welcome, Error)
    peer.hangs_up()
    fixture.expect(RECONNECTING)
    reconnected(peer)
    peer.hears(type="join", room="dev", ref="rejoin dev")
    peer.hears(type="say", text="line 1", ref="1")
    fixture.expect(CONNECTING, ANEW, Welcome)
    leave(peer, fixture)


def test_a_room_is_left_behind_what_was_said_in_it(peer: ScriptedServer) -> None:
    fixture = online(peer)
    refs = [str(ref) for ref in range(MAX_WRITTEN + 1)]
    for ref in refs:
        fixture.link.post(say(ref))
    fixture.link.ask(Leave(room="dev", ref="leave dev"))
    for ref in refs[:-1]:
        peer.hears(type="say", text=f"line {ref}", ref=ref)
    peer.says({"type": "ack", "ref": "0", "id": 1})
    peer.hears(type="say", text=f"line {refs[-1]}", ref=refs[-1])
    peer.hears(type="leave", room="dev", ref="leave dev")
    fixture.expect(acknowledged("0"))
    peer.says(*({"type": "error", "code": "full", "text": "no", "ref": ref} for ref in refs[1:]))
    for ref in refs[1:]:
        fixture.expect(refused(ref), Error)
    leave(peer, fixture)


def test_what_is_too_long_for_the_next_server_is_told(peer: ScriptedServer) -> None:
    fixture = online(peer)
    joins(peer, fixture, "dev")
    peer.hangs_up()
    fixture.expect(RECONNECTING)
    reconnected(peer, limits={"line": 30, "name": 32})
    fixture.expect(CONNECTING, ANEW)
    told = {type(fixture.updates.get()), type(fixture.updates.get())}
    assert told == {Welcome, Error}
    leave(peer, fixture)


def test_rooms_of_last_time_are_joined_on_the_first_link(peer: ScriptedServer) -> None:
    fixture = online(peer, rooms=["lobby", "dev", "ops"])
    for room in ("dev", "ops"):
        peer.hears(type="join", room=room, ref=f"rejoin {room}")
    peer.says(FULL | {"ref": "rejoin ops"})
    fixture.expect(Error(code="too-many-rooms", text="too many", ref="rejoin ops"))
    fixture.link.post(say("1"))
    peer.hears(type="say", text="line 1", ref="1")
    peer.hangs_up()
    fixture.expect(RECONNECTING, CONNECTING)
    reconnected(peer)
    fixture.expect(ANEW, Welcome)
    peer.hears(type="join", room="dev", ref="rejoin dev")
    peer.hears(type="say", text="line 1", ref="1")
    peer.says({"type": "ack", "ref": "1", "id": 1})
    fixture.expect(acknowledged("1"))
    leave(peer, fixture)
