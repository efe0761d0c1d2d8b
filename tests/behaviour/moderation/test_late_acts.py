"""Acts that the log takes late, or not at all; and what people do meanwhile."""

from dataclasses import replace
from typing import Any, Final

import pytest
from msgspec import structs

from chatd.behaviour.moderation.roles import role_of
from chatd.behaviour.resuming import ask_on
from chatd.protocol.roles import Role
from chatd.state.rulings import by_person
from chatd.state.stored_rulings import Ruling, RulingKind
from tests.behaviour.moderation.late import late_civil
from tests.behaviour.test_publication import LateLog
from tests.support.accounts import ask, device_of
from tests.support.civil import acts, allow, code, do, texts
from tests.support.resuming import come_back, events, types
from tests.support.world import Player, World


def rights(world: World, player: Player) -> Role:
    return role_of(world.state, player.session.person, world.state.rooms["dev"])


def is_in(world: World, player: Player) -> bool:
    return player.session in world.state.rooms["dev"].members


def arrive(world: World, player: Player) -> None:
    """Who is coming back is told what it missed."""
    while player.session.returning is not None:
        assert ask_on(world.state, player.session)


def test_a_role_that_is_given_is_there_when_the_log_has_it() -> None:
    world, log, [alice, _, bob] = late_civil("bob")
    do(alice, "op", nick="bob")
    assert code(do(bob, "bans")) == "not-allowed"
    log.take()
    assert code(do(bob, "bans")) == ""
    assert rights(world, bob) is Role.OPERATOR


def test_a_role_that_is_taken_is_gone_at_once_until_the_log_could_not_have_it() -> None:
    world, log, [alice, olga] = late_civil()
    do(alice, "deop", nick="olga")
    assert code(do(olga, "bans")) == "not-allowed"
    log.take(fails=True)
    assert code(events(alice)) == "unavailable"
    assert code(do(olga, "bans")) == ""
    assert rights(world, olga) is Role.OPERATOR


def test_two_operators_who_take_each_others_role_at_the_same_time() -> None:
    world, log, [_alice, olga, otto] = late_civil("otto")
    allow(world, otto, "operator", "dev")
    assert code(do(olga, "deop", nick="otto")) == ""
    assert code(do(otto, "deop", nick="olga")) == "not-allowed"
    log.take()
    assert (rights(world, olga), rights(world, otto)) == (Role.OPERATOR, Role.EVERYONE)


def test_two_operators_who_ban_each_other_at_the_same_time() -> None:
    """Who is banned does nothing to others any more, nor does it lift its own ban."""
    world, log, [alice, olga, otto] = late_civil("otto")
    allow(world, otto, "operator", "dev")
    do(alice, "say", text="tea")
    log.take()
    assert code(do(olga, "ban", whom="otto")) == ""
    assert code(do(otto, "delete", nick="alice")) == "banned"
    assert code(do(otto, "ban", whom="olga")) == "banned"
    assert code(do(otto, "unban", whom="otto")) == "banned"
    log.take()
    assert (is_in(world, olga), is_in(world, otto)) == (True, False)


def test_an_admin_who_is_banned_does_nothing_to_others_any_more() -> None:
    world, log, [_, olga, otto] = late_civil("otto")
    allow(world, otto, "admin")
    allow(world, olga, "owner")
    assert code(do(olga, "ban", "lobby", whom="otto")) == ""
    for what, fields in (("announce", {"text": "tea"}), ("kick", {"nick": "olga"}), ("bans", {})):
        assert code(do(otto, what, **fields)) == "banned"
    log.take()
    assert otto.hung_up


def test_a_list_that_was_made_meanwhile_does_not_tell_what_was_not_kept() -> None:
    world, log, [alice, olga] = late_civil()
    for room, what in (("dev", "deop"), ("lobby", "grant")):
        allow(world, alice, "owner")
        role = {"role": "admin"} if what == "grant" else {}
        do(alice, what, room, nick="olga", **role)
        told = do(olga, "users", room)[-1]
        log.take(fails=True)
        assert do(olga, "users", room)[-1]["roles"] != told["roles"]


#: What an operator does, and what holds of it before the log has it: acts of people and settings.
HOLDS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("moderated", {"on": True}),
    ("slow", {"seconds": 10}),
    ("mute", {"nick": "bob"}),
)


@pytest.mark.parametrize(("what", "fields"), HOLDS)
def test_what_holds_is_taken_back_where_the_log_could_not_have_it(what: str, fields: dict[str, Any]) -> None:
    _, log, [alice, _, bob] = late_civil("bob")
    do(alice, what, **fields)
    do(bob, "say", text="one")  # with it, the next one is too soon
    assert code(do(bob, "say", text="two")) != ""
    log.take(fails=True)
    bob.lines()
    assert code(do(bob, "say", text="three")) == ""


def test_nothing_is_done_to_people_where_the_log_could_not_have_it() -> None:
    world, log, [alice, _, bob, guest] = late_civil("bob", "guest_")
    do(alice, "kick", nick="bob")
    do(alice, "ban", whom="guest_")
    log.take(fails=True)
    assert is_in(world, bob) and is_in(world, guest)
    assert types(events(bob)) == []
    do(guest, "leave")
    log.take()
    assert code(do(guest, "join")) == ""


#: What the one who is put out does between the act and the log's answer.
MEANWHILE: Final = ("nothing", "renames", "drops", "comes back", "leaves", "device")


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("what", ["kick", "ban"])
@pytest.mark.parametrize("whom", ["bob", "guest_"])
def test_who_does_something_meanwhile_is_put_out(what: str, whom: str, meanwhile: str) -> None:
    world, log, [alice, _, bob, guest] = late_civil("bob", "guest_")
    player = bob if whom == "bob" else guest
    do(alice, what, **{"nick" if what == "kick" else "whom": whom})
    if meanwhile == "renames":
        do(player, "nick", nick="mallory")
    elif meanwhile in ("drops", "comes back"):
        player.close()
        if meanwhile == "comes back":
            player, _ = come_back(world, player)
    elif meanwhile == "leaves":
        do(player, "leave")
    elif meanwhile == "device" and whom == "bob":
        device_of(world, "bob")
    log.take()
    if meanwhile == "drops":
        player, _ = come_back(world, player)
    arrive(world, player)
    dev = world.state.rooms["dev"]
    person = player.session.person
    assert not any(one in dev.members for one in person.sessions)
    log.take()
    world.settle(alice, player)
    assert person.nick not in str(do(alice, "users"))
    assert code(do(player, "join")) == ("" if what == "kick" else "banned")


def test_with_all_devices() -> None:
    world, log, [alice, _, bob] = late_civil("bob")
    devices = [bob, device_of(world, "bob"), device_of(world, "bob")]
    log.take()
    for device in devices:
        device.lines()
    do(alice, "kick", nick="bob", reason="noise")
    log.take()
    for device in devices:
        told = events(device)
        assert acts(told) == ["alice kick bob noise"]
        assert [(one["names"], one["reason"]) for one in told if one["type"] == "left"] == [
            (["bob"], "kicked")
        ]
        assert not is_in(world, device)


def test_who_leaves_a_room_or_is_put_out_stays_out_also_where_its_oldest_device_is_coming_back() -> None:
    for kicked in (False, True):
        world, log, [alice, _, bob] = late_civil("bob")
        do(alice, "say", text="on its way")
        bob.close()
        oldest, device = device_of(world, "bob"), device_of(world, "bob")
        log.take()
        arrive(world, device)
        do(device, "join", "tea")
        do(alice, "kick", nick="bob") if kicked else do(device, "leave")
        log.take()
        account = world.state.accounts.named("bob")
        assert account is not None and account.rooms == ("lobby", "tea")
        arrive(world, oldest)
        assert not is_in(world, oldest)
        assert [one.room for one in oldest.session.memberships] == ["lobby", "tea"]


def test_who_only_changes_its_connection_is_put_out_and_others_are_told() -> None:
    for what in ("kick", "ban"):
        world, log, [alice, _, guest] = late_civil("guest_")
        do(alice, "say", text="on its way")
        player, _ = come_back(world, guest)
        assert code(do(alice, what, **{"nick" if what == "kick" else "whom": "guest_"})) == ""
        log.take()
        world.pass_time(1)
        left = [one for one in events(alice) if one["type"] == "left"]
        assert [(one["names"], one["room"]) for one in left] == [(["guest_"], "dev")]
        arrive(world, player)
        assert not is_in(world, player)


def test_an_invitation_that_is_used_before_the_log_has_it() -> None:
    _world, log, [alice, _olga, bob] = late_civil("bob")
    do(alice, "say", text="secret")
    do(bob, "leave")
    log.take()
    do(alice, "private", on=True)
    do(alice, "invite", nick="bob")
    assert code(do(bob, "join")) == ""
    bob.lines()
    assert texts(do(bob, "history")[-1]["messages"]) == []
    log.take()
    assert texts(do(bob, "history")[-1]["messages"]) == []
    do(bob, "leave")
    assert code(do(bob, "join")) == "private-room"


def test_a_role_that_is_given_while_the_account_is_given_up() -> None:
    world, log, [alice, _, bob] = late_civil("bob")
    do(alice, "op", nick="bob")
    ask(bob, type="unregister")
    log.take()
    world.round()
    assert rights(world, bob) is Role.EVERYONE
    dev = world.state.rooms["dev"].number
    assert world.state.rulings.count(dev, RulingKind.ROLE) == 2
    lifted = Ruling(dev, RulingKind.ROLE, by_person(bob.session.person.number), "")
    assert log.kept == [lifted]  # else bob would have it again after a restart, with another account


def test_a_role_on_the_disk_that_has_no_account_is_taken_away_there() -> None:
    """The server was killed before it could do that; the person may register once more."""
    role = Ruling(2, RulingKind.ROLE, "7", "operator", "bob")
    voice = Ruling(2, RulingKind.ROLE, "8", "voice", "carl")
    log = LateLog(rulings=(role, voice))
    state = replace(World().state, log=log)
    assert state.rulings.of(2, RulingKind.ROLE) == [voice]
    assert log.kept == [structs.replace(role, value="")]


def test_who_acted_and_left_meanwhile() -> None:
    world, log, [alice, _, bob] = late_civil("bob")
    do(alice, "kick", nick="bob")
    alice.close()
    log.take()
    assert not is_in(world, bob)


def test_the_answer_comes_when_the_log_has_it() -> None:
    _, log, [alice, _, _] = late_civil("bob")
    assert types(do(alice, "kick", nick="bob", ref="r")) == []
    log.take()
    told = events(alice)
    assert acts(told) == ["alice kick bob"]
    assert [one["ref"] for one in told if one["type"] == "ack"] == ["r"]


@pytest.mark.parametrize("guest", ["carl", "carl_"])
def test_who_is_coming_back_to_a_room_that_is_gone_does_not_come_to_a_new_one(guest: str) -> None:
    """It may take its time: a page is read for it when it has taken the one before."""
    world, log, [alice, _olga, gina, carl] = late_civil("gina_", guest)
    for player in (gina, carl):
        do(player, "join", "tea")
    do(gina, "leave", "tea")
    carl.close()
    log.take()
    do(alice, "say", "lobby", text="hi")  # behind which it comes back
    returned, _ = come_back(world, carl, seen=1)
    for what, fields in (("join", {}), ("private", {"on": True}), ("say", {"text": "secret"})):
        do(alice, what, "tea", **fields)
        log.take()
    arrive(world, returned)
    assert "secret" not in str(events(returned))
    assert "tea" not in returned.session.person.rooms
