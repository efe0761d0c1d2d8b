"""Who and what is on the server, as the shell is told, a page at a time."""

from typing import Any

import pytest

from chatd.behaviour.administration.answers import administer
from chatd.protocol.admin_events import RoomRow, SessionRow, UserRow
from chatd.protocol.admin_requests import FindUser, ListRooms, ListSessions, ListUsers
from chatd.protocol.errors import Code
from chatd.protocol.events import Event
from chatd.protocol.moderation_requests import Grant
from chatd.protocol.requests import Request
from chatd.state.accounts import Account
from chatd.state.sessions import Session
from tests.support.accounts import ask, device_of, registered
from tests.support.shell import answer, next_part, refusal, whole
from tests.support.world import World


def rows(world: World, request: Request, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(getattr(row, field) for field in fields) for row in answer(world, request)]


def test_accounts_and_the_guests_that_are_here() -> None:
    world = World()
    alice, carol = registered(world, "alice"), registered(world, "Carol")
    device_of(world, "alice")
    ask(alice, type="join", room="dev")
    world.player("bob")
    answer(world, Grant(nick="alice", role="admin"))
    carol.close()
    world.now += 60
    fields = ("name", "account", "here", "role", "since", "left", "devices", "sessions", "rooms")
    at = 1_000_000
    assert rows(world, ListUsers(), *fields) == [
        ("alice", True, True, "admin", at, None, 2, 2, ("dev", "lobby")),
        ("Carol", True, False, None, at, at, 1, 0, ("lobby",)),
        ("bob", False, True, None, at, None, 0, 1, ("lobby",)),
    ]
    assert rows(world, ListUsers(here=True), "name") == [("alice",), ("bob",)]


def test_where_they_come_from() -> None:
    world = World()
    alice = registered(world, "alice")
    other = device_of(world, "alice")
    alice.session.peer, other.session.peer = "10.0.0.7:5", "[2001:db8::1]:6"
    [row] = answer(world, ListUsers())
    assert isinstance(row, UserRow) and row.addresses == ("10.0.0.7", "2001:db8::1")
    assert rows(world, ListSessions(), "name", "address", "port") == [
        ("alice", "10.0.0.7", 5),
        ("alice", "2001:db8::1", 6),
    ]


def test_connections() -> None:
    world = World()
    registered(world, "alice")
    [bob] = world.players("bob")
    bob.feed("/users\n")
    fields = ("name", "account", "transport", "speaks", "waiting", "port")
    assert rows(world, ListSessions(), *fields) == [
        ("alice", True, "scripted", "json", 0, 0),
        ("bob", False, "scripted", "text", len("* 2 here: alice, bob\n"), 0),
    ]


def test_what_somebody_who_is_behind_has_not_taken() -> None:
    world = World()
    bob = world.player("bob")
    bob.socket.rest = 0
    bob.feed("/help\n")
    world.round()
    [row] = answer(world, ListSessions())
    assert isinstance(row, SessionRow) and row.waiting > 1000
    bob.socket.rest = None
    world.drain(bob)
    [row] = answer(world, ListSessions())
    assert isinstance(row, SessionRow) and row.waiting == 0


def test_rooms() -> None:
    world = World()
    alice, bob = registered(world, "alice"), world.player("bob")
    for request in (
        {"type": "join", "room": "dev"},
        {"type": "topic", "room": "dev", "text": "things"},
        {"type": "private", "room": "dev", "on": True},
        {"type": "key", "room": "dev", "word": "sesame"},
        {"type": "moderated", "room": "dev", "on": True},
        {"type": "slow", "room": "dev", "seconds": 10},
        {"type": "keep", "room": "dev", "rule": "90d"},
    ):
        ask(alice, **request)
    bob.feed("/join den\n")
    fields = ("name", "people", "owner", "private", "key", "moderated", "slow", "keep", "topic")
    assert rows(world, ListRooms(), *fields) == [
        ("lobby", 2, None, False, False, False, None, None, ""),
        ("dev", 1, "alice", True, True, True, 10, "90d", "things"),
        ("den", 1, None, False, False, False, None, None, ""),
    ]


def test_the_owner_of_a_room_is_listed_by_the_name_that_it_has_now() -> None:
    world = World()
    alice = registered(world, "alice")
    ask(alice, type="join", room="dev")
    ask(alice, type="nick", nick="alicia")
    assert rows(world, ListRooms(), "name", "owner") == [("lobby", None), ("dev", "alicia")]


def many(world: World, count: int) -> list[Account]:
    accounts = [Account(10_000 + number, f"user{number}", "v", 1) for number in range(count)]
    for account in accounts:
        world.state.accounts.add(account)
    return accounts


def names(events: list[Event]) -> list[str]:
    return [event.name for event in events if isinstance(event, UserRow | RoomRow)]


def test_a_long_list_comes_in_pages_without_who_went_meanwhile() -> None:
    world = World()
    accounts = many(world, 150)
    answering = administer(world.state, ListUsers())
    page, more = next_part(answering)
    assert (names(page), more) == ([f"user{number}" for number in range(100)], True)
    world.state.accounts.remove(accounts[120])
    rest = names(whole(answering))
    assert rest == [f"user{number}" for number in range(100, 150) if number != 120]


def test_a_list_whose_last_page_is_full_ends_with_an_empty_one() -> None:
    world = World()
    many(world, 100)
    answering = administer(world.state, ListUsers())
    assert next_part(answering)[1]
    assert next_part(answering) == ([], False)


def test_guests_who_left_and_rooms_that_went_meanwhile() -> None:
    world = World()
    many(world, 100)
    bob, _ = world.players("bob", "carol")
    answering = administer(world.state, ListUsers())
    next_part(answering)
    bob.feed("/quit\n")
    assert names(whole(answering)) == ["carol"]
    for number in range(120):
        world.state.rooms.make(f"r{number}", f"address {number}", world.now)
    answering = administer(world.state, ListRooms())
    next_part(answering)
    world.state.rooms.left(world.state.rooms["r110"])
    assert "r110" not in names(whole(answering))


def test_connections_that_ended_meanwhile() -> None:
    world = World()
    bob, _ = world.players("bob", "carol")
    answering = administer(world.state, ListSessions())
    person = bob.session.person
    person.sessions = tuple(Session(world.state.limits, bob, len, "10.0.0.1:1") for _ in range(100))
    for session in person.sessions:
        session.person = person
    assert next_part(answering)[1]
    assert [row.name for row in whole(answering) if isinstance(row, SessionRow)] == ["carol"]


def test_who_has_a_name() -> None:
    world = World()
    alice = registered(world, "alice")
    bob = world.player("bob", json=True)
    assert rows(world, FindUser("ALICE"), "name", "account", "person") == [
        ("alice", True, alice.session.person.number)
    ]
    assert rows(world, FindUser("bob"), "name", "here") == [("bob", True)]
    world.now += 5
    bob.close()
    assert rows(world, FindUser("bob"), "name", "here", "left") == [("bob", False, 1_005_000)]
    assert refusal(world, FindUser("carol"))[0] == Code.NO_SUCH_NICK


@pytest.mark.parametrize("peer", ["peer", ":x", ""])
def test_an_address_without_a_port(peer: str) -> None:
    world = World()
    world.player("bob").session.peer = peer
    assert rows(world, ListSessions(), "port") == [(0,)]
