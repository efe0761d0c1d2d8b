"""Several bans of who comes from one address: none takes anything from another."""

import pytest

from tests.support.accounts import registered
from tests.support.civil import acts, civil_world, code, coming_from, do


def test_a_wider_ban_of_an_address_is_not_made_one_of_guests() -> None:
    """A guest from it is banned, too, and that takes nothing from it."""
    world, [alice, olga] = civil_world()
    guest = coming_from(world, "10.0.0.7", "guest_")
    bob = registered(world, "bob")
    bob.session.peer = "10.0.0.7:5"
    do(alice, "ban", whom="10.0.0.7")
    do(alice, "ban", whom="guest_")
    assert code(do(bob, "join")) == code(do(guest, "join")) == "banned"
    do(alice, "unban", whom="guest_")
    assert code(do(bob, "join")) == "banned"
    olga.lines()
    assert acts(do(olga, "unban", whom="10.0.0.7")) == ["olga unban 10.0.0.7/32"]
    assert code(do(bob, "join")) == code(do(guest, "join")) == ""


@pytest.mark.parametrize(("first", "second"), [(None, 60), (120, 60), (60, 120)])
def test_a_shorter_ban_of_another_guest_takes_nothing_from_an_address(
    first: int | None, second: int | None
) -> None:
    world, [alice, *_] = civil_world()
    for nick in ("guest_", "other_"):
        coming_from(world, "10.0.0.7", nick)
    do(alice, "ban", whom="guest_", seconds=first)
    do(alice, "ban", whom="other_", seconds=second)
    world.now += 61
    assert code(do(coming_from(world, "10.0.0.7", "new_"), "join")) == "banned"


@pytest.mark.parametrize("whom", ["bob", "robert"])
def test_under_which_name_ever_a_ban_is_lifted_the_address_is_free(whom: str) -> None:
    world, [alice, *_] = civil_world()
    bob = registered(world, "bob")
    bob.session.peer = "10.0.0.7:5"
    do(alice, "ban", whom="bob")
    do(bob, "nick", nick="robert")
    assert code(do(alice, "unban", whom=whom)) == ""
    assert do(alice, "bans")[-1]["bans"] == []
    assert code(do(coming_from(world, "10.0.0.7", "new_"), "join")) == ""


def test_a_shorter_ban_of_the_same_guest_is_what_holds() -> None:
    world, [alice, *_] = civil_world()
    coming_from(world, "10.0.0.7", "guest_")
    do(alice, "ban", whom="guest_")
    do(alice, "ban", whom="guest_", seconds=60)
    world.now += 61
    assert code(do(coming_from(world, "10.0.0.7", "new_"), "join")) == ""
