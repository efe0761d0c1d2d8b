"""Who reads, and does not speak."""

from tests.behaviour.moderation.test_bans import errors, server
from tests.support.accounts import PASSWORD, ask, device_of
from tests.support.civil import acts, allow, civil_world, code, coming_from, do
from tests.support.resuming import events


def test_who_is_muted_reads_and_does_not_speak() -> None:
    world, [alice, _, bob] = civil_world("bob")
    device = device_of(world, "bob")
    assert acts(do(alice, "mute", nick="bob", seconds=60, reason="noise")) == ["alice mute bob noise"]
    until = "you are muted in #dev until 1970-01-12 13:47 UTC, by alice (noise)"
    for player in (bob, device):
        player.lines()
        for what, fields in (
            ("say", {"text": "hello"}),
            ("say", {"text": "waves", "kind": "action"}),
            ("topic", {"text": "hello"}),
        ):
            assert errors(do(player, what, **fields)) == [until]
    assert code(do(bob, "say", "lobby", text="hello")) == ""
    assert code(do(bob, "topic")) == code(do(bob, "users")) == ""
    world.now += 60
    assert code(do(bob, "say", text="hello")) == ""


def test_a_mute_is_lifted() -> None:
    _, [alice, _, bob] = civil_world("bob")
    assert errors(do(alice, "unmute", nick="bob")) == ["bob is not muted here; /bans lists who is"]
    do(alice, "mute", nick="bob")
    assert acts(do(alice, "unmute", nick="BOB")) == ["alice unmute bob"]
    bob.lines()
    assert code(do(bob, "say", text="hello")) == ""


def test_what_was_said_before_a_mute_is_answered_when_it_comes_again() -> None:
    _, [alice, _, bob] = civil_world("bob")
    first = do(bob, "say", text="hello", key="k", ref="r")
    do(alice, "mute", nick="bob")
    bob.lines()
    again = do(bob, "say", text="hello", key="k", ref="r")
    assert [one["id"] for one in again] == [one["id"] for one in first]
    assert code(do(bob, "say", text="hello", key="k2")) == "muted"


def test_who_is_muted_in_the_lobby_is_not_heard_in_it() -> None:
    """Neither by a name, nor by why it is away, nor by why it leaves."""
    world, ada, [alice, _, bob] = server("bob")
    do(ada, "mute", "lobby", nick="bob")
    bob.lines()
    for what, fields in (
        ("say", {"text": "ads"}),
        ("nick", {"nick": "ads"}),
        ("away", {"text": "ads"}),
    ):
        assert code(do(bob, what, "lobby", **fields)) == "muted"
    assert code(do(bob, "say", text="hello")) == ""
    ask(bob, type="quit", reason="ads")
    world.pass_time(1)
    assert "ads" not in str(events(alice))


def test_a_muted_guest_is_muted_under_another_name_and_with_an_account() -> None:
    world, [alice, *_] = civil_world()
    guest = coming_from(world, "10.0.0.7", "guest_")
    do(guest, "join")
    do(alice, "mute", nick="guest_")
    do(guest, "nick", nick="other")
    assert code(do(guest, "say", text="hello")) == "muted"
    ask(guest, type="register", password=PASSWORD)
    assert code(do(guest, "say", text="hello")) == "muted"
    for nick, address in (("guest_", "10.0.0.8"), ("third", "10.0.0.7")):
        again = coming_from(world, address, nick)
        do(again, "join")
        assert code(do(again, "say", text="hello")) == "muted"


def test_who_is_an_operator_now_speaks() -> None:
    world, [alice, _, bob] = civil_world("bob")
    do(alice, "mute", nick="bob")
    allow(world, bob, "operator", "dev")
    bob.lines()
    assert code(do(bob, "say", text="hello")) == ""
