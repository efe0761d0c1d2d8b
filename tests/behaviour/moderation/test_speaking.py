"""Who may speak where: moderated rooms, slow mode, a server that is locked down."""

from collections.abc import Callable

import pytest

from chatd.behaviour.moderation.room_acts import keep_of
from chatd.protocol.errors import ChatError
from chatd.protocol.keep_rule import parse_keep_rule
from chatd.store.memory import MemoryLog
from tests.support.accounts import PASSWORD, ask, device_of, registered
from tests.support.cheap_passwords import CheapPasswords
from tests.support.civil import acts, admin, allow, civil_world, code, coming_from, do, texts
from tests.support.resuming import events, types


def test_in_a_moderated_room_who_has_a_voice_speaks() -> None:
    world, [alice, olga, bob, guest] = civil_world("bob", "guest_")
    assert acts(do(alice, "moderated", on=True)) == ["alice moderated on"]
    assert code(do(alice, "moderated", on=True)) == "usage"
    bob.lines()
    assert code(do(bob, "say", text="hello")) == code(do(bob, "topic", text="hello")) == "moderated"
    assert code(do(olga, "say", text="hello")) == ""
    for player in (bob, guest):
        do(alice, "voice", nick=player.session.nick)
        assert code(do(alice, "voice", nick=player.session.nick)) == "usage"
        player.lines()
        assert code(do(player, "say", text="hello")) == ""
    world.now += 86_400
    assert code(do(guest, "say", text="hello")) == "moderated"
    do(alice, "devoice", nick="bob")
    bob.lines()
    assert code(do(bob, "say", text="hello")) == "moderated"
    do(alice, "moderated", on=False)
    bob.lines()
    assert code(do(bob, "say", text="hello")) == ""


def test_slow_mode_is_for_each_person() -> None:
    """But operators; with all devices, for topics, and whatever it is said as."""
    world, [alice, olga, bob, guest] = civil_world("bob", "guest_")
    device = device_of(world, "bob")
    assert acts(do(alice, "slow", seconds=10)) == ["alice slow 10 s"]
    allow(world, guest, "voice", "dev")
    for player in (bob, device, guest):
        player.lines()
    for player in (bob, guest):
        assert code(do(player, "say", text="one")) == ""
        assert code(do(player, "say", text="two")) == "slow-mode"
    told = do(device, "say", text="three", kind="action")
    assert [one["text"] for one in told if one["type"] == "error"] == [
        "#dev is in slow mode; you can speak there again in 11 s"
    ]
    assert code(do(device, "topic", text="four")) == "slow-mode"
    assert code(do(device, "say", "lobby", text="five")) == ""
    assert code(do(olga, "say", text="six")) == code(do(olga, "say", text="seven")) == ""
    world.now += 10
    bob.lines()
    assert code(do(bob, "say", text="eight")) == ""


def test_another_time_counts_from_when_one_spoke() -> None:
    world, [alice, _, bob] = civil_world("bob")
    do(alice, "slow", seconds=3600)
    do(bob, "say", text="one")
    do(alice, "slow", seconds=5)
    world.now += 5
    bob.lines()
    assert code(do(bob, "say", text="two")) == ""
    alice.lines()
    assert acts(do(alice, "slow", seconds=0)) == ["alice slow off"]
    bob.lines()
    assert code(do(bob, "say", text="three")) == ""


def test_slow_mode_is_told_to_who_comes() -> None:
    world, [alice, *_] = civil_world()
    do(alice, "slow", seconds=300)
    told = do(registered(world, "bob"), "join")
    assert [one["slow"] for one in told if one["type"] == "room"] == [300]


def test_a_server_that_is_locked_down() -> None:
    """Guests read, and do not speak; and there are no new accounts."""
    world, [alice, _, guest] = civil_world("guest_")
    ada = admin(world)
    assert acts(do(ada, "lockdown", "lobby", on=True)) == ["ada lockdown on"]
    assert code(do(ada, "lockdown", "lobby", on=True)) == "usage"
    alice.lines()
    late = coming_from(world, "10.0.0.7", "late")
    assert code(do(late, "join")) == ""
    for player in (guest, late):
        player.lines()
        for what, fields in (
            ("say", {"text": "hello"}),
            ("topic", {"text": "hello"}),
            ("dm", {"to": "alice", "text": "hello"}),
            ("nick", {"nick": "hello"}),
            ("away", {"text": "hello"}),
            ("join", {"room": "hello"}),
            ("register", {"password": PASSWORD}),
        ):
            told = do(player, what, **fields)
            assert code(told) == "locked-down", what
        for what in ("topic", "history", "users", "leave"):
            assert code(do(player, what)) == ""
    assert code(do(alice, "say", text="calm")) == ""
    ask(late, type="quit", reason="hello")
    world.pass_time(1)
    assert "hello" not in str(events(alice))
    assert world.state.accounts.named("late") is None
    do(ada, "lockdown", "lobby", on=False)
    assert code(do(guest, "say", "lobby", text="hello")) == ""


def test_who_is_just_registering_when_the_server_is_locked_down_gets_no_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, [_, _, guest] = civil_world("guest_")
    ada = admin(world)
    made: list[Callable[[str], None]] = []

    def make_later(passwords: CheapPasswords, password: str, then: Callable[[str], None]) -> bool:
        made.append(then)
        return True

    monkeypatch.setattr(CheapPasswords, "make_verifier", make_later)
    ask(guest, type="register", password=PASSWORD)
    do(ada, "lockdown", "lobby", on=True)
    guest.lines()
    made[0]("a verifier")
    assert code(events(guest)) == "locked-down"
    assert world.state.accounts.named("guest_") is None
    do(ada, "lockdown", "lobby", on=False)
    monkeypatch.undo()
    assert types(ask(guest, type="register", password=PASSWORD))[-1] == "done"


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("90d", (90, None)),
        ("1000", (None, 1000)),
        ("90d,1000", (90, 1000)),
        ("2d", (2, None)),
        ("", (None, None)),
    ],
)
def test_so_much_of_a_room_is_kept(
    rule: str, kept: tuple[int | None, int | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, [alice, *_] = civil_world()
    asked: list[object] = []
    monkeypatch.setattr(MemoryLog, "keep", lambda log, room, *kept: asked.append((room.name, *kept)))
    assert acts(do(alice, "keep", rule=rule)) == [f"alice keep {rule or 'off'}"]
    assert asked == [("dev", *kept)]
    assert code(do(alice, "keep", rule="36h")) == code(do(alice, "keep", rule="soon")) == "usage"
    with pytest.raises(ChatError):
        keep_of(parse_keep_rule("1h"))


def test_what_is_announced_is_told_to_everyone() -> None:
    world, [_, olga, *_] = civil_world()
    ada = admin(world)
    olga.lines()
    do(ada, "announce", "lobby", text="tea at five")
    assert acts(events(olga)) == ["ada announce tea at five"]
    assert texts(do(olga, "history", "lobby")[-1]["messages"]) == []
