"""What operators do to people in their room, and admins on the server."""

import itertools
from typing import Any

import pytest

from chatd.behaviour.moderation.putting_out import put_out_some
from chatd.behaviour.moderation.roles import role_of
from chatd.protocol.roles import Role
from tests.support.accounts import ask, device_of, registered
from tests.support.civil import acts, admin, allow, civil_world, code, coming_from, console, do
from tests.support.resuming import events, hello, types
from tests.support.world import Player

#: Who asks for what, about whom, and the error; nobody is told anything then.
REFUSED = (
    ("alice", "op", "guest_", "no-account"),
    ("alice", "op", "olga", "usage"),
    ("alice", "op", "alice", "usage"),
    ("alice", "op", "nobody", "no-such-nick"),
    ("alice", "voice", "olga", "usage"),
    ("alice", "deop", "bob", "usage"),
    ("alice", "devoice", "olga", "usage"),
    ("alice", "kick", "away", "no-such-nick"),
    ("alice", "kick", "nobody", "no-such-nick"),
    ("alice", "invite", "bob", "usage"),
    ("alice", "invite", "nobody", "no-such-nick"),
    ("olga", "deop", "alice", "not-allowed"),
    ("alice", "deop", "alice", "usage"),
    ("olga", "deop", "otto", ""),
    ("alice", "mute", "nobody", ""),
)


@pytest.mark.parametrize(("who", "what", "whom", "expected"), REFUSED)
def test_what_is_refused(who: str, what: str, whom: str, expected: str) -> None:
    world, players = civil_world("otto", "bob", "guest_")
    registered(world, "away")
    by_name = {one.session.nick: one for one in players}
    allow(world, by_name["otto"], "operator", "dev")
    told = do(by_name[who], what, nick=whom)
    assert code(told) == expected
    assert bool(acts(events(by_name["bob"]))) is not bool(expected)


@pytest.mark.parametrize("what", ["private", "moderated"])
def test_what_is_so_already_is_not_told(what: str) -> None:
    _, [alice, *_] = civil_world()
    assert code(do(alice, what, on=False)) == "usage"
    assert code(do(alice, what, on=True)) == ""
    assert code(do(alice, what, on=True)) == "usage"
    assert code(do(alice, what, on=False)) == ""


def test_what_is_not_there_is_not_taken() -> None:
    _, [alice, *_] = civil_world()
    cases: tuple[tuple[str, str, Any, Any], ...] = (
        ("slow", "seconds", 10, 0),
        ("key", "word", "sesame", ""),
    )
    for what, field, value, none in cases:
        assert code(do(alice, what, **{field: none})) == "usage"
        assert code(do(alice, what, **{field: value})) == ""
        assert code(do(alice, what, **{field: none})) == ""


def test_roles_are_in_the_list_of_who_is_there() -> None:
    world, [alice, _, bob] = civil_world("bob")
    assert do(bob, "users")[-1]["roles"] == {"alice": "owner", "olga": "operator"}
    do(alice, "op", nick="bob")
    assert do(bob, "users")[-1]["roles"] == {"alice": "owner", "olga": "operator", "bob": "operator"}
    assert [one["role"] for one in do(bob, "topic") if one["type"] == "room"] == ["operator"]
    root = allow(world, alice, "owner")
    do(root, "grant", "lobby", nick="bob", role="admin")
    assert do(bob, "users")[-1]["roles"]["bob"] == "admin"
    do(root, "grant", "lobby", nick="bob", role=None)
    assert do(bob, "users", "lobby")[-1]["roles"] == {"alice": "owner"}


def test_who_is_kicked_may_come_back() -> None:
    world, [alice, olga, bob] = civil_world("bob")
    told = do(alice, "kick", nick="bob", reason="noise")
    assert acts(told) == ["alice kick bob noise"]
    assert types(events(bob)) == ["acted", "left"]
    assert bob.session.room == "lobby"
    world.pass_time(1)
    assert [one["reason"] for one in events(olga) if one["type"] == "left"] == ["kicked"]
    assert code(do(bob, "join")) == ""


@pytest.mark.parametrize("comes", [True, False])
def test_who_is_away_or_invited_is_put_out_of_a_private_room_too(comes: bool) -> None:
    world, [alice, *_] = civil_world()
    bob = registered(world, "bob")
    do(alice, "private", on=True)
    do(alice, "invite", nick="bob")
    if comes:
        do(bob, "join")
        bob.close()
    assert acts(do(alice, "kick", nick="bob")) == ["alice kick bob"]
    if comes:
        bob = device_of(world, "bob")
        assert bob.session.person.rooms == {"lobby"}
    else:
        assert acts(events(bob)) == ["alice invite bob", "alice kick bob"]
    bob.lines()
    assert code(do(bob, "join")) == "private-room"


def test_who_is_killed_may_come_back() -> None:
    world, [_alice, _, bob] = civil_world("bob")
    ada, device = admin(world), device_of(world, "bob")
    assert acts(do(ada, "kill", "lobby", nick="bob", reason="noise")) == ["ada kill bob noise"]
    for player in (bob, device):
        told = events(player)[-1]
        assert told == {"type": "bye", "reason": "ada ended your connection (noise)"}
        assert player.hung_up
    assert code(do(ada, "kill", "lobby", nick="bob", reason="noise")) == "no-such-nick"
    assert code(do(ada, "kill", "lobby", nick="ada", reason="noise")) == "not-allowed"
    assert code(hello(Player(world), "bob", bob.session.token)) == ""


#: What the server's owner and its console grant to whom, and the error of each.
GRANTS = (
    ("bob", "admin", "", ""),
    ("bob", None, "usage", "usage"),
    ("bob", "owner", "not-allowed", ""),
    ("ada", "admin", "usage", "usage"),
    ("ada", None, "", ""),
    ("boss", None, "not-allowed", ""),
    ("boss", "admin", "not-allowed", ""),
    ("guest_", "admin", "no-account", "no-account"),
    ("away", "admin", "", ""),
    ("nobody", "admin", "no-such-nick", "no-such-nick"),
)


@pytest.mark.parametrize(("whom", "role", "by_owner", "by_console"), GRANTS)
def test_who_gives_which_role_on_the_server(
    whom: str, role: str | None, by_owner: str, by_console: str
) -> None:
    for by, expected in (("boss", by_owner), ("console", by_console)):
        world, [*_, _bob, _guest] = civil_world("bob", "guest_")
        admin(world)
        boss = admin(world, "boss", "owner")
        away = registered(world, "away")
        away.close()
        player = boss if by == "boss" else console(world)
        assert code(do(player, "grant", "lobby", nick=whom, role=role)) == expected
        account = world.state.accounts.named(whom)
        if not expected and account is not None:
            person = next((one for one in world.state.roster if one.number == account.person), None)
            wanted = {None: Role.EVERYONE, "admin": Role.ADMIN, "owner": Role.OWNER}[role]
            assert person is None or role_of(world.state, person, world.lobby) is wanted


def test_many_are_put_out_a_few_at_a_time() -> None:
    """And whoever is left meanwhile is told so by nobody twice."""
    world, [alice, *_] = civil_world()
    ada = admin(world)
    guests = [coming_from(world, f"10.0.0.{number}", f"guest{number}") for number in range(6)]
    for guest in guests:
        do(guest, "join")
    clock = itertools.count()
    stretch, now = world.state.limits.stretch, world.now
    world.state.now = lambda: now + next(clock) * stretch / 2
    ada.feed('{"type":"ban","room":"lobby","whom":"10.0.0.0/24"}\n')
    assert world.state.leaving
    ended = [sum(one.hung_up for one in guests)]
    alice.feed('{"type":"ban","room":"dev","whom":"10.0.0.0/24"}\n')
    while world.state.leaving:
        put_out_some(world.state)
        ended.append(sum(one.hung_up for one in guests))
    assert ended[0] < 6 and ended[-1] == 6 and ended == sorted(ended)
    assert [code(events(guest)) for guest in guests] == ["banned"] * 6
    assert list(world.state.rooms["dev"].members) == [alice.session] + [
        one for one in world.state.rooms["dev"].members if one is not alice.session
    ]
    assert len(world.state.rooms["dev"]) == 2
    assert ask(alice, type="ping")


def test_who_has_no_role_any_more_is_banned_as_all_others_from_there() -> None:
    world, [alice, olga, _bob] = civil_world("bob")
    ada = admin(world)
    do(ada, "join")
    for player in (olga, ada):
        player.session.peer = "10.0.0.7:5"
    do(alice, "ban", whom="10.0.0.0/24")
    dev = world.state.rooms["dev"]
    assert olga.session in dev.members and ada.session in dev.members
    do(alice, "deop", nick="olga")
    assert olga.session not in dev.members and code(events(olga)) == "banned"
    root = allow(world, alice, "owner")
    do(root, "grant", "lobby", nick="ada", role=None)
    assert ada.session not in dev.members and code(events(ada)) == "banned"
    do(root, "grant", "lobby", nick="ada", role="admin")
    do(root, "ban", "lobby", whom="10.0.0.7")
    assert not ada.hung_up and olga.hung_up
    do(root, "grant", "lobby", nick="ada", role=None)
    assert ada.hung_up
