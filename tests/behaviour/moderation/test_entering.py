"""Who comes into a room, and what it reads of one that is private."""

import json
from dataclasses import replace
from typing import Any, Final

import pytest

from chatd.behaviour.dispatch import dispatch
from chatd.behaviour.publication import restore_rooms
from chatd.behaviour.resuming import ask_on
from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello
from chatd.state.sessions import SessionState
from chatd.state.stored_rulings import RulingKind
from tests.support.accounts import ask, device_of, registered
from tests.support.civil import acts, civil_world, code, coming_from, do, texts
from tests.support.resuming import come_back, events, types
from tests.support.world import Player, World


def private_room(guest: str = "bob", **world: Any) -> tuple[World, Player, Player]:
    """alice said a secret in #dev, made it private, and invited bob (or a guest), who came in."""
    world_, [alice, *_] = civil_world(**world)
    player = world_.player(guest, json=True) if guest.endswith("_") else registered(world_, guest)
    do(alice, "say", text="secret")
    do(alice, "private", on=True)
    do(alice, "invite", nick=guest)
    player.lines()
    assert code(do(player, "join")) == ""
    do(alice, "say", text="welcome")
    world_.settle(alice, player)
    return world_, alice, player


def test_only_who_is_invited_comes_in() -> None:
    _, [alice, olga, bob] = civil_world("bob")
    do(bob, "leave")
    assert acts(do(alice, "private", on=True)) == ["alice private on"]
    assert code(do(bob, "join")) == "private-room"
    do(olga, "leave")
    assert code(do(olga, "join")) == ""
    bob.lines()
    do(alice, "invite", nick="bob")
    assert acts(events(bob)) == ["alice invite bob"]
    told = do(bob, "join")
    assert code(told) == ""
    assert [one["private"] for one in told if one["type"] == "room"] == [True]


def test_an_invitation_is_good_for_one_time() -> None:
    world, alice, bob = private_room()
    do(bob, "leave")
    assert code(do(bob, "join")) == "private-room"
    do(alice, "invite", nick="bob")
    do(alice, "private", on=False)
    assert code(do(bob, "join")) == ""
    do(bob, "leave")
    do(alice, "private", on=True)
    assert code(do(bob, "join")) == "private-room"
    assert world.state.rulings.count(world.state.rooms["dev"].number, RulingKind.MEMBER) == 0


def test_into_a_room_that_everyone_may_enter() -> None:
    """What an invitation is for is used up."""
    world, [alice, *_] = civil_world()
    bob = registered(world, "bob")
    do(alice, "invite", nick="bob")
    do(bob, "join")
    do(bob, "leave")
    do(alice, "private", on=True)
    assert code(do(bob, "join")) == "private-room"


#: How a member asks what was said before it came; the answers hold no secret.
QUESTIONS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "history", "room": "dev"},
    {"type": "history", "room": "dev", "after": 0},
    {"type": "search", "words": "secret"},
    {"type": "search", "words": "secret", "room": "dev"},
    {"type": "search", "words": "welcome", "context": True},
    {"type": "catchup"},
)


def secrets_of(player: Player) -> list[str]:
    """The questions that were answered with the secret."""
    leaks = []
    for question in QUESTIONS:
        if question["type"] == "catchup" and player.session.person.account is None:
            continue
        player.feed(json.dumps(question) + "\n")
        if "secret" in str([one for one in events(player) if one["type"] != "error"]):
            leaks.append(str(question))
    return leaks


@pytest.mark.parametrize("guest", ["bob", "bob_"])
def test_who_joins_later_reads_from_then_on(guest: str) -> None:
    world, alice, player = private_room(guest)
    assert secrets_of(player) == []
    assert texts(do(player, "history")[-1]["messages"]) == ["welcome"]
    assert len(secrets_of(alice)) >= 3
    world.now += 3 * 86_400  # however long it is there
    assert secrets_of(player) == []


def test_who_drops_and_comes_back_reads_no_more() -> None:
    for guest in ("bob", "bob_"):
        world, alice, player = private_room(guest)
        player.close()
        do(alice, "say", text="meanwhile")
        returned, told = come_back(world, player, seen=1)
        assert "secret" not in str(told)
        assert "welcome" in texts(told) and "meanwhile" in texts(told)
        assert "skipped" not in types(told)
        assert secrets_of(returned) == []


def test_one_more_device_reads_no_more() -> None:
    world, _, _ = private_room()
    device = device_of(world, "bob", seen=1)
    told = events(device)
    assert "secret" not in str(told)
    unread = [one for one in told if one["type"] == "unread"]
    assert [one["count"] for one in unread[-1]["unread"] if one.get("room") == "dev"] == [1]
    assert secrets_of(device) == []


def test_who_gives_up_its_account_reads_no_more() -> None:
    _world, _alice, bob = private_room()
    ask(bob, type="unregister")
    assert secrets_of(bob) == []


def test_who_was_in_it_before_reads_everything_also_after_a_drop() -> None:
    world, [alice, _, bob, guest] = civil_world("bob", "guest_")
    do(alice, "say", text="secret")
    do(alice, "private", on=True)
    for old in (bob, guest):
        old.close()
        player, _ = come_back(world, old)
        assert len(secrets_of(player)) >= 2
        assert player.session in world.state.rooms["dev"].members


def test_when_it_is_private_no_more_everyone_reads_everything() -> None:
    _world, alice, bob = private_room()
    do(alice, "private", on=False)
    bob.lines()
    assert len(secrets_of(bob)) >= 3


def test_an_invitation_takes_nothing_from_who_is_a_member() -> None:
    """Here, coming back, or away."""
    _world, alice, bob = private_room()
    assert code(do(alice, "invite", nick="bob")) == "usage"
    bob.close()
    assert code(do(alice, "invite", nick="bob")) == "usage"
    assert code(do(alice, "invite", nick="olga")) == "usage"


def test_a_private_room_is_in_no_list() -> None:
    world, alice, _bob = private_room()
    other = world.player("other_", json=True)
    world.now += 2
    assert "dev" not in str(ask(other, type="rooms"))
    assert "dev" not in str(ask(other, type="whois", nick="bob"))
    assert code(do(other, "topic")) == code(do(other, "users")) == code(do(other, "history")) == "not-in-room"
    assert code(do(other, "search", words="secret")) == "not-in-room"
    assert "dev" in str(ask(alice, type="whois", nick="bob"))


def test_a_guest_is_invited_for_a_day() -> None:
    world, [alice, *_] = civil_world()
    guest = world.player("guest_", json=True)
    do(alice, "private", on=True)
    do(alice, "invite", nick="guest_")
    world.now += 86_401
    assert code(do(guest, "join")) == "private-room"


def test_a_key() -> None:
    world, [alice, *_] = civil_world()
    bob = registered(world, "bob")
    assert acts(do(alice, "key", word="sesame")) == ["alice key on"]
    for key, expected in ((None, "wrong-key"), ("other", "wrong-key"), ("sesame", "")):
        told = do(bob, "join", **({} if key is None else {"key": key}))
        assert code(told) == expected
    assert [one["key"] for one in told if one["type"] == "room"] == [True]
    do(bob, "leave")
    do(alice, "invite", nick="bob")
    assert code(do(bob, "join")) == ""
    do(bob, "leave")
    assert acts(do(alice, "key", word="")) == ["alice key off"]
    assert code(do(bob, "join")) == ""
    assert "sesame" not in str(world.state.rulings.of(2, RulingKind.MEMBER))


def test_a_key_is_not_guessed() -> None:
    """After some wrong ones also the right one is refused, for a while, to who comes from there."""
    world, [alice, *_] = civil_world()
    do(alice, "key", word="sesame")
    guest, other = coming_from(world, "10.0.0.7", "guest_"), coming_from(world, "10.0.0.8", "other_")
    tries = world.state.limits.wrong_keys
    codes = [code(do(guest, "join", key=f"key{number}")) for number in range(tries + 1)]
    assert codes == ["wrong-key"] * tries + ["too-many"]
    assert code(do(guest, "join", key="sesame")) == "too-many"
    assert code(do(guest, "join")) == "wrong-key"
    assert code(do(other, "join", key="sesame")) == ""
    world.now += 3601
    assert code(do(guest, "join", key="sesame")) == ""


def test_a_room_that_goes_takes_with_it_what_holds_there() -> None:
    world, _ = civil_world()
    dev = world.state.rooms["dev"]
    assert world.state.rulings.count(dev.number, RulingKind.ROLE) == 2
    restore_rooms(world.state)
    world.state.rooms.gone(dev)
    assert world.state.rulings.count(dev.number, RulingKind.ROLE) == 0


def test_who_was_in_an_earlier_room_of_the_name_does_not_come_back_to_a_private_one() -> None:
    world, _ = civil_world()
    bob, guest = registered(world, "bob"), world.player("guest_", json=True)
    for player in (guest, bob):  # nothing is said in it, so it goes with the last one
        do(player, "join", "tea")
    for player in (guest, bob):
        player.close()
    assert "tea" not in world.state.rooms
    mallory = registered(world, "mallory")
    do(mallory, "join", "tea")
    do(mallory, "private", "tea", on=True)
    for old in (bob, guest):
        player, _ = come_back(world, old)
        assert [one.room for one in player.session.memberships] == ["lobby"]
        assert code(do(player, "join", "tea")) == "private-room"


def test_guests_who_will_not_come_back_make_room_for_others() -> None:
    world, [alice, *_] = civil_world(limits=replace(DEFAULT, room_rulings=2))
    do(alice, "private", on=True)
    stays, quits, third, bob = (world.player(nick, json=True) for nick in ("stays", "quits", "third", "bob"))
    for player in (stays, quits):
        do(alice, "invite", nick=player.session.nick)
        do(player, "join")
    assert code(do(alice, "invite", nick="third")) == "too-many"
    ask(quits, type="quit")
    assert code(do(alice, "invite", nick="third")) == ""
    stays.close()
    assert code(do(alice, "invite", nick="bob")) == "too-many"
    ask(third, type="register", password="correct horse")
    assert code(do(alice, "invite", nick="bob")) == "too-many"
    assert code(do(third, "join")) == ""
    assert bob.session.nick == "bob"


def test_who_is_just_coming_back_to_another_room_of_that_name_does_not() -> None:
    world = World()
    maker, mallory, alice = (
        world.player("gus", json=True),
        registered(world, "mal"),
        registered(world, "alice"),
    )
    do(maker, "join", "board")
    do(mallory, "join", "board")
    mallory.session.connection.broken(Cause.RESET)
    do(maker, "leave", "board")
    coming = Player(world)
    coming.session.state, coming.session.dialect = SessionState.NAMELESS, JSONL
    dispatch(world.state, coming.session, Hello("mal", token=mallory.session.token, seen=0))
    do(alice, "join", "board")
    while coming.session.returning is not None:
        assert ask_on(world.state, coming.session)
    assert code(do(coming, "history", "board")) == "not-in-room"
