"""Who may do what, and to whom."""

from typing import Any, Final

import pytest

from chatd.behaviour.moderation.roles import may_pass, role_of
from chatd.protocol.roles import Role
from tests.support.accounts import ask, registered
from tests.support.civil import admin, allow, civil_world, code, console, do
from tests.support.world import Player, World

#: Of operators, in rooms that people made; of operators and in the lobby of admins; of admins; of the owner.
OF_ROOMS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "voice", "nick": "bob"},
    {"type": "devoice", "nick": "bob"},
    {"type": "op", "nick": "bob"},
    {"type": "deop", "nick": "bob"},
    {"type": "kick", "nick": "guest_"},
    {"type": "invite", "nick": "carol"},
    {"type": "private", "on": True},
    {"type": "key", "word": "sesame"},
    {"type": "moderated", "on": True},
    {"type": "slow", "seconds": 10},
)
OF_OWNERS: Final[tuple[dict[str, Any], ...]] = ({"type": "keep", "rule": "90d"},)
ANYWHERE: Final[tuple[dict[str, Any], ...]] = (
    {"type": "mute", "nick": "bob"},
    {"type": "unmute", "nick": "bob"},
    {"type": "bans"},
    {"type": "audit"},
    {"type": "ban", "whom": "bob"},
    {"type": "unban", "whom": "bob"},
)
OF_ADMINS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "announce", "text": "tea"},
    {"type": "kill", "nick": "bob", "reason": "noise"},
    {"type": "lockdown", "on": True},
)
GRANT: Final[dict[str, Any]] = {"type": "grant", "nick": "bob", "role": "admin"}

#: A role in #dev, or on the server, and which of the requests it may make there, and in the lobby.
MAY: Final = (
    ("", "", "", ""),
    ("voice", "", "", ""),
    ("operator", "rooms anywhere", "", ""),
    ("owner", "rooms anywhere owners", "", ""),
    ("", "rooms anywhere owners", "anywhere admins", "admin"),
    ("", "rooms anywhere owners", "anywhere admins grant", "owner"),
)


def everyone(in_room: str, on_server: str) -> tuple[World, Player]:
    """Who has these roles and is in #dev, in which bob and a guest are, too; carol is not."""
    world, [_, _, tester, *_] = civil_world("tester", "bob", "guest_")
    registered(world, "carol")
    if in_room:
        allow(world, tester, in_room, "dev")
    if on_server:
        allow(world, tester, on_server)
    return world, tester


@pytest.mark.parametrize(("in_room", "there", "in_lobby", "on_server"), MAY)
@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("rooms", OF_ROOMS),
        ("owners", OF_OWNERS),
        ("anywhere", ANYWHERE),
        ("admins", OF_ADMINS),
        ("grant", (GRANT,)),
    ],
)
def test_which_role_is_needed(
    name: str, group: tuple[dict[str, Any], ...], in_room: str, there: str, in_lobby: str, on_server: str
) -> None:
    for room, names in (("dev", there), ("lobby", in_lobby)):
        if room == "dev" and name in ("admins", "grant"):
            continue
        _, tester = everyone(in_room, on_server)
        expected = "" if name in names else "not-allowed"
        if room == "lobby" and name in ("rooms", "owners"):
            expected = "bad-room"
        for request in group:
            assert code(do(tester, request["type"], room, **without_type(request))) == expected, request


def without_type(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if name != "type"}


def test_only_who_is_in_a_room_keeps_it_civil() -> None:
    world, _ = civil_world("guest_")
    assert code(do(admin(world), "kick", nick="guest_")) == "not-in-room"


#: Who does it to whom: who is what in #dev, where ada is an admin, and root the server's owner.
TO_WHOM: Final = (
    ("olga", "olga", False),
    ("olga", "otto", True),
    ("olga", "alice", False),
    ("olga", "ada", False),
    ("olga", "boss", False),
    ("olga", "guest_", True),
    ("alice", "olga", True),
    ("alice", "alice", False),
    ("alice", "ada", False),
    ("ada", "alice", True),
    ("ada", "boss", False),
    ("boss", "ada", True),
    ("boss", "boss", False),
)


@pytest.mark.parametrize("what", ["kick", "ban", "mute"])
@pytest.mark.parametrize(("who", "whom", "may"), TO_WHOM)
def test_nobody_acts_on_who_has_a_higher_role_or_on_itself(what: str, who: str, whom: str, may: bool) -> None:
    world, players = civil_world("otto", "ada", "boss", "guest_")
    by_name = {one.session.nick: one for one in players}
    allow(world, by_name["otto"], "operator", "dev")
    allow(world, by_name["ada"], "admin")
    allow(world, by_name["boss"], "owner")
    told = code(do(by_name[who], what, **{"whom" if what == "ban" else "nick": whom}))
    if what == "mute" and may and whom != "guest_":
        assert told == "usage"  # an operator would speak nevertheless
    else:
        assert told == ("" if may else "not-allowed")


def test_two_operators_who_take_each_others_role_do_not_both_lose_it() -> None:
    world, [alice, olga, otto] = civil_world("otto")
    assert code(do(alice, "op", nick="otto")) == ""
    assert code(do(olga, "deop", nick="otto")) == ""
    assert code(do(otto, "deop", nick="olga")) == "not-allowed"
    dev = world.state.rooms["dev"]
    assert role_of(world.state, olga.session.person, dev) is Role.OPERATOR


def test_one_may_give_up_ones_own_role() -> None:
    _, [alice, olga] = civil_world()
    assert code(do(olga, "deop", nick="olga")) == ""
    assert code(do(olga, "bans")) == "not-allowed"
    assert code(do(olga, "op", nick="olga")) == "not-allowed"
    assert code(do(alice, "deop", nick="alice")) == "usage"  # she owns the room


def test_a_room_of_a_guest_has_no_owner() -> None:
    world, _ = civil_world()
    guest = world.player("guest_", json=True)
    do(guest, "join", "tea")
    do(world.player("other_", json=True), "join", "tea")
    ask(guest, type="register", password="correct horse")
    do(guest, "leave", "tea")
    told = do(guest, "join", "tea")
    assert "role" not in told[-1], told
    assert code(do(guest, "bans", "tea")) == "not-allowed"


def test_who_makes_a_room_with_an_account_owns_that_one_only() -> None:
    world, [alice, *_] = civil_world()
    dev = world.state.rooms["dev"]
    assert role_of(world.state, alice.session.person, dev) is Role.ROOM_OWNER
    assert role_of(world.state, alice.session.person, world.lobby) is Role.EVERYONE
    bob = registered(world, "bob")
    do(bob, "join", "dev")
    assert code(do(bob, "bans")) == "not-allowed"


def test_a_role_goes_with_its_account() -> None:
    """Neither the guest that remains has it, nor who owns the name next."""
    world, [_, olga] = civil_world()
    ask(olga, type="unregister")
    assert code(do(olga, "bans")) == "not-allowed"
    ask(olga, type="register", password="correct horse")
    assert code(do(olga, "bans")) == "not-allowed"
    ask(olga, type="unregister")
    ask(olga, type="quit")
    other = registered(world, "olga")
    do(other, "join")
    assert code(do(other, "bans")) == "not-allowed"


def test_a_role_stays_with_its_person() -> None:
    """Under another name, at another device, after it was away."""
    world, [alice, olga] = civil_world()
    assert code(do(olga, "nick", nick="olive")) == ""
    assert code(do(olga, "bans")) == ""
    thief = world.player("olga", json=True)
    do(thief, "join")
    assert code(do(thief, "bans")) == "not-allowed"
    told = do(alice, "users")
    assert told[-1]["roles"] == {"alice": "owner", "olive": "operator"}


def test_an_operator_is_heard_above_the_crowd() -> None:
    world, [_, olga, bob] = civil_world("bob")
    dev = world.state.rooms["dev"]
    assert may_pass(world.state, olga.session.person, dev)
    assert not may_pass(world.state, olga.session.person, world.lobby)
    assert not may_pass(world.state, bob.session.person, dev)
    assert not may_pass(world.state, olga.session.person, bob.session.outbox)


def test_the_console_may_do_everything_everywhere() -> None:
    world, _ = civil_world("bob")
    root = console(world)
    assert code(do(root, "ban", whom="alice")) == ""
    assert code(do(root, "grant", nick="bob", role="owner")) == ""
    assert code(do(root, "ban", "lobby", whom="admin")) == "reserved-nick"
    assert code(do(root, "bans", "nowhere")) == "no-such-room"
