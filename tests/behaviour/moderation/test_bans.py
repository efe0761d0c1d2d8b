"""Who is kept out and quiet: by name, account, address and range; for how long, and what one reads of it."""

from dataclasses import replace
from typing import Any, Final

import pytest

from chatd.protocol.limits import DEFAULT
from tests.support.accounts import PASSWORD, ask, device_of
from tests.support.civil import acts, admin, civil_world, code, coming_from, console, do
from tests.support.resuming import come_back, events, hello, types
from tests.support.world import Player, World


def errors(told: list[dict[str, Any]]) -> list[str]:
    return [one["text"] for one in told if one["type"] == "error"]


def server(*others: str) -> tuple[World, Player, list[Player]]:
    """With an admin."""
    world, players = civil_world(*others)
    return world, admin(world), players


def test_out_of_the_room() -> None:
    world, [alice, olga, bob] = civil_world("bob")
    device = device_of(world, "bob")
    device.lines()
    assert acts(do(alice, "ban", whom="BOB", seconds=60, reason="noise")) == ["alice ban bob noise"]
    for one in (bob, device):
        told = events(one)
        assert types(told) == ["acted", "left", "error"]
        assert told[1] == {"type": "left", "names": ["bob"], "count": 1, "reason": "banned", "room": "dev"}
        assert errors(told) == ["you are banned from #dev until 1970-01-12 13:47 UTC, by alice (noise)"]
    world.pass_time(1)
    assert [one["reason"] for one in events(olga) if one["type"] == "left"] == ["banned"]
    assert code(do(bob, "join")) == "banned"
    assert code(do(bob, "join", "tea")) == ""
    world.now += 60
    assert code(do(bob, "join")) == ""


#: Who comes how: banned as which guest or account, from which address; and whether it is let in.
COMING: Final = (
    ("guest_", "10.0.0.7", "other", "10.0.0.7", False),
    ("guest_", "10.0.0.7", "guest_", "10.0.0.8", False),
    ("guest_", "10.0.0.7", "GUEST_", "10.0.0.8", False),
    ("guest_", "10.0.0.7", "other", "10.0.0.8", True),
    ("guest_", "127.0.0.1", "other", "127.0.0.1", True),
    ("guest_", "[2001:db8::7]", "other", "[2001:db8::8]", False),
    ("10.0.0.0/24", "", "other", "10.0.0.8", False),
    ("*@10.0.0.0/24", "", "other", "::ffff:10.0.0.8", False),
    ("10.0.0.8", "", "other", "10.0.0.7", True),
    ("bob", "", "other", "10.0.0.7", True),
    ("later", "", "later", "10.0.0.7", False),
    ("later", "", "other", "10.0.0.7", True),
)


@pytest.mark.parametrize(("whom", "from_", "nick", "address", "let_in"), COMING)
def test_off_the_server(whom: str, from_: str, nick: str, address: str, let_in: bool) -> None:
    world, ada, _ = server("bob")
    guest = coming_from(world, from_, "guest_")
    assert code(do(ada, "ban", "lobby", whom=whom, reason="noise")) == ""
    assert guest.hung_up is (whom == "guest_")
    player = coming_from(world, address)
    told = ask(player, type="hello", nick=nick)
    assert code(told) == ("" if let_in else "banned")
    if not let_in:
        assert errors(told) == ["you are banned from this server, by ada (noise)"]
        assert "ref" not in told[-1]
        assert player.session.state.name == "LEAVING"


def test_a_banned_account_is_not_back_as_a_guest() -> None:
    """From its address; who else is registered there is not concerned."""
    world, ada, [*_, bob, eve] = server("bob", "eve")
    for player in (bob, eve):
        player.session.peer = "10.0.0.7:1"
    assert code(do(ada, "ban", "lobby", whom="bob")) == ""
    assert (bob.hung_up, eve.hung_up) == (True, False)
    assert code(ask(coming_from(world, "10.0.0.7"), type="hello", nick="other")) == "banned"
    assert code(ask(coming_from(world, "10.0.0.8"), type="hello", nick="other")) == ""
    assert code(do(ada, "unban", "lobby", whom="bob")) == ""
    assert code(ask(coming_from(world, "10.0.0.7"), type="hello", nick="another")) == ""


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1"])
def test_a_banned_guest_is_the_same_under_another_name(address: str) -> None:
    """Also when it tries again; and it may come back when the ban is over."""
    world, ada, _ = server()
    guest = coming_from(world, address, "guest_")
    number = guest.session.person.number
    guest.close()
    do(ada, "ban", "lobby", whom="guest_", seconds=60)
    for _ in range(2):
        player = Player(world)
        assert code(hello(player, "other", guest.session.token)) == "banned"
    world.now += 60
    player, told = come_back(world, guest)
    assert code(told) == ""
    assert player.session.person.number == number


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("away", [299, 301])
def test_a_guest_who_shouts_and_leaves_is_banned_by_where_it_came_from(typed: bool, away: int) -> None:
    world, [alice, *_] = civil_world()
    guest = coming_from(world, "10.0.0.7")
    guest.feed("guest_\n" if typed else '{"type":"hello","nick":"guest_"}\n')
    guest.close()
    world.now += away
    do(alice, "ban", whom="guest_")
    other = coming_from(world, "10.0.0.7", "other")
    assert code(do(other, "join")) == ("banned" if away < 300 else "")
    assert code(do(coming_from(world, "10.0.0.8", "third"), "join")) == ""


def test_a_banned_guest_takes_over_no_connection() -> None:
    """Where its address is banned, from which it comes now."""
    world, ada, _ = server()
    guest = coming_from(world, "10.0.0.7", "guest_")
    do(ada, "ban", "lobby", whom="10.0.1.0/24")
    player = coming_from(world, "10.0.1.7")
    assert code(hello(player, "guest_", guest.session.token)) == "banned"
    assert not guest.hung_up


def test_nobody_takes_a_banned_name() -> None:
    world, ada, [alice, *_] = server()
    do(ada, "ban", "lobby", whom="mallory")
    guest = world.player("guest_", json=True)
    assert code(do(guest, "nick", nick="Mallory")) == "banned"
    assert code(do(alice, "nick", nick="mallory")) == ""  # an account is who it is, whatever its name


def test_an_account_is_banned_whatever_it_comes_by() -> None:
    world, ada, _ = server("bob", "guest_")
    bob = device_of(world, "bob")
    account = world.state.accounts.named("bob")
    assert account is not None
    do(bob, "nick", nick="robert")
    do(ada, "ban", "lobby", whom="robert")
    told = events(bob)
    assert code(told) == "banned" and types(told)[-1] == "bye" and bob.hung_up
    known = set(account.devices)
    assert code(hello(Player(world), "robert", bob.session.token)) == "banned"
    by_password = Player(world)
    assert code(ask(by_password, type="hello", nick="robert", password=PASSWORD)) == "banned"
    assert by_password.hung_up
    at_terminal = Player(world)
    at_terminal.feed(f"robert\n{PASSWORD}\n")
    assert at_terminal.lines()[1:] == ["* you are banned from this server, by ada"]
    assert at_terminal.hung_up
    assert set(account.devices) == known
    do(ada, "unban", "lobby", whom="ROBERT")
    assert code(hello(Player(world), "robert", bob.session.token)) == ""


def test_only_a_password_tells_that_an_account_is_banned() -> None:
    world, ada, _ = server("bob")
    do(ada, "ban", "lobby", whom="bob")
    told = ask(Player(world), type="hello", nick="bob", password="wrong horse battery")
    assert code(told) == "wrong-password"


def test_a_ban_holds_with_and_without_an_account() -> None:
    _world, [alice, _, guest, bob] = civil_world("guest_", "bob")
    for nick in ("guest_", "bob"):
        do(alice, "ban", whom=nick)
    ask(guest, type="register", password=PASSWORD)
    ask(bob, type="unregister")
    for player in (guest, bob):
        assert code(do(player, "join")) == "banned"
    ask(guest, type="unregister")
    assert code(do(guest, "join")) == "banned"


def test_who_is_away_is_banned_from_a_room_too() -> None:
    world, [alice, _, bob, guest] = civil_world("bob", "guest_")
    do(bob, "say", text="one")
    for player in (bob, guest):
        player.close()
    do(alice, "say", text="secret")
    for nick in ("bob", "guest_"):
        do(alice, "ban", whom=nick)
    for old in (bob, guest):
        player, told = come_back(world, old, seen=1)
        assert "secret" not in str(told)
        assert [one.room for one in player.session.memberships] == ["lobby"]


def test_a_range_from_a_room() -> None:
    """Whoever is there with one device from it goes; its operators do not."""
    world, [alice, olga, bob] = civil_world("bob")
    guest = coming_from(world, "10.0.0.7", "guest_")
    do(guest, "join")
    other = device_of(world, "bob")
    for player in (olga, other):
        player.session.peer = "10.0.0.8:5"
    do(alice, "ban", whom="10.0.0.0/24")
    dev = world.state.rooms["dev"]
    assert [one.session in dev.members for one in (olga, bob, other, guest)] == [True, False, False, False]
    do(olga, "leave")
    assert code(do(olga, "join")) == ""
    other.lines()
    assert code(do(other, "join")) == "banned"


def test_a_range_off_the_server() -> None:
    world, ada, [alice, *_] = server()
    for player in (ada, alice):
        player.session.peer = "10.0.0.8:5"
    guest = coming_from(world, "10.0.1.8", "guest_")
    terminal = world.player("terminal")
    terminal.session.peer = "10.0.0.9:5"
    do(ada, "ban", "lobby", whom="10.0.0.0/24")
    assert terminal.lines()[-1] == "* you are banned from this server, by ada"
    assert (ada.hung_up, alice.hung_up, guest.hung_up) == (False, True, False)


@pytest.mark.parametrize(
    ("whom", "expected"),
    [
        ("0.0.0.0/0", "not-allowed"),
        ("*@10.0.0.0/7", "not-allowed"),
        ("10.0.0.0/8", ""),
        ("::/0", "not-allowed"),
        ("2001::/15", "not-allowed"),
        ("2001::/16", ""),
        ("10.0.0.0/33", "bad-address"),
        ("*@bob", "bad-address"),
        ("no name", "bad-nick"),
        ("admin", "reserved-nick"),
    ],
)
def test_whom_one_may_ban(whom: str, expected: str) -> None:
    world, ada, _ = server()
    assert code(do(ada, "ban", "lobby", whom=whom)) == expected
    unless = "" if expected == "not-allowed" else expected
    assert code(do(console(world), "ban", "lobby", whom=whom)) == unless


def test_a_ban_is_lifted_with_all_that_was_made_of_it() -> None:
    world, [alice, *_] = civil_world()
    guest = coming_from(world, "10.0.0.7", "guest_")
    do(alice, "ban", whom="guest_")
    assert acts(do(alice, "unban", whom="Guest_")) == ["alice unban guest_"]
    other = coming_from(world, "10.0.0.7", "other")
    assert code(do(guest, "join")) == code(do(other, "join")) == ""
    told = do(alice, "unban", whom="guest_")
    assert errors(told) == ["guest_ is not banned here; /bans lists who is"]


@pytest.mark.parametrize("whom", ["bob", "robert"])
def test_a_ban_is_lifted_by_the_name_of_then_and_of_now(whom: str) -> None:
    _world, [alice, _, bob] = civil_world("bob")
    do(alice, "ban", whom="bob")
    do(bob, "nick", nick="robert")
    assert code(do(alice, "unban", whom=whom)) == ""
    assert code(do(bob, "join")) == ""


def test_there_is_a_place_for_so_many() -> None:
    """Those that are over make room, and one takes the place of another of the same."""
    limits = replace(DEFAULT, room_rulings=2)
    world, [alice, *_] = civil_world(limits=limits)
    assert code(do(alice, "ban", whom="10.0.0.1", seconds=60)) == ""
    assert code(do(alice, "ban", whom="10.0.0.2")) == ""
    assert code(do(alice, "ban", whom="10.0.0.2", seconds=120)) == ""
    assert errors(do(alice, "ban", whom="10.0.0.3")) == [
        "there are 2 of those already; please lift some, or ban a range of addresses"
    ]
    world.now += 60
    assert code(do(alice, "ban", whom="10.0.0.3")) == ""
    assert code(do(alice, "unban", whom="10.0.0.3")) == ""
    assert len(do(alice, "bans")[-1]["bans"]) == 1
