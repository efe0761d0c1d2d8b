"""What meets what: who asked is gone, somebody else came, or the same was asked for twice."""

import json
from typing import Any

import pytest

from chatd.behaviour.resuming import ask_on
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import SessionState
from chatd.state.stored_accounts import ChangeOutcome
from tests.behaviour.test_publication import late_world
from tests.support.accounts import PASSWORD, ask, device_of, registered
from tests.support.held_people import HeldPeople
from tests.support.resuming import events, types
from tests.support.world import Player, World

OTHER = "another horse"


def send(player: Player, **request: Any) -> None:
    player.feed(json.dumps(request) + "\n")


def hello(world: World, nick: str, **fields: Any) -> tuple[Player, dict[str, Any]]:
    player = Player(world)
    return player, ask(player, type="hello", nick=nick, **fields)[0]


def registering(world: World) -> tuple[Player, HeldPeople]:
    """A program whose account is on its way into the log."""
    robot = world.player("robot", json=True)
    people = HeldPeople(world)
    send(robot, type="register", password=PASSWORD)
    return robot, people


def swapped(world: World, **request: Any) -> tuple[Player, Player, HeldPeople]:
    """alice asked for it and is gone, and is here again by another device, before it is done."""
    alice = registered(world, "alice")
    phone = device_of(world, "alice", device="phone")
    phone.broken(Cause.RESET)
    people = HeldPeople(world)
    send(alice, **request)
    alice.broken(Cause.RESET)
    back, told = hello(world, "alice", token=phone.session.token)
    assert told["account"] is True and back.session.person is not alice.session.person
    return alice, back, people


def test_who_comes_back_by_its_token_while_it_registers_owns_the_name() -> None:
    world = World()
    robot, people = registering(world)
    robot.broken(Cause.RESET)
    back, told = hello(world, "machine", token=robot.session.token)
    assert told["nick"] == "machine"
    people.answer(ChangeOutcome.DONE)
    world.settle(back)
    assert back.session.nick == "robot" and back.session.person.account is not None
    assert device_of(world, "robot").session.person is back.session.person
    assert [person.nick for person in world.state.roster] == ["robot"]


def test_nobody_registers_twice_by_taking_over_its_connection() -> None:
    world = World()
    robot, people = registering(world)
    again, _ = hello(world, "robot", token=robot.session.token)
    assert ask(again, type="register", password=OTHER)[0]["code"] == "busy"
    assert ask(again, type="nick", nick="machine")[0]["code"] == "busy"
    people.answer(ChangeOutcome.DONE)
    assert again.session.person.account is world.state.accounts.named("robot")
    assert world.state.roster.claimant("robot") is None


def test_who_registers_and_goes_to_rooms_on_its_next_connection_keeps_them() -> None:
    world = World()
    robot, people = registering(world)
    again, _ = hello(world, "robot", token=robot.session.token)
    ask(again, type="join", room="dev")
    people.answer(ChangeOutcome.DONE)
    account = world.state.accounts.named("robot")
    assert account is not None and account.rooms == ("lobby", "dev")


def test_who_is_gone_before_its_invite_was_found_registers_nothing() -> None:
    world = World()
    robot = world.player("robot", json=True)
    people = HeldPeople(world, invite="")
    people.late = True
    send(robot, type="register", password=PASSWORD, invite="code")
    robot.broken(Cause.RESET)
    people.answers.pop()()
    assert world.state.roster.claimant("robot") is None and robot.session.in_flight == 0


def test_an_invite_for_a_name_that_is_registered_or_claimed() -> None:
    world = World()
    registered(world, "alice").broken(Cause.RESET)
    people = HeldPeople(world, invite="alice")
    robot = world.player("robot", json=True)
    world.settle(robot)
    [told] = ask(robot, type="register", password=PASSWORD, invite="code", ref="1")
    assert (told["code"], told["ref"]) == ("taken-nick", "1")
    carol = world.player("carol", json=True)
    world.settle(carol, robot)
    send(carol, type="register", password=PASSWORD)
    people.invite = "carol"
    [told] = ask(robot, type="register", password=PASSWORD, invite="code")
    assert told["code"] == "taken-nick"
    people.answer(ChangeOutcome.DONE)
    assert carol.session.person.account is not None


def test_the_owner_of_another_name_is_not_displaced() -> None:
    """It takes the name of its invite while somebody registers the one that it had."""
    world, log = late_world()
    people = HeldPeople(world, invite="carol")
    guest, robot = world.player("alice", json=True), world.player("robot", json=True)
    bob = world.player("bob")
    bob.feed("something\n")
    send(guest, type="register", password=PASSWORD, invite="code")
    people.answer(ChangeOutcome.DONE)  # its name comes behind what bob said
    people.invite = "alice"
    send(robot, type="register", password=PASSWORD, invite="code")
    people.answer(ChangeOutcome.DONE)
    phone, told = hello(world, "alice", password=PASSWORD)
    assert told["account"] is True and phone.session.person is robot.session.person
    log.take()
    world.settle(guest, robot, bob)
    assert sorted(person.nick for person in world.state.roster) == ["alice", "bob", "carol"]
    assert guest.session.nick == "carol" and robot.session.nick == "alice"


def test_what_a_device_asked_for_that_is_gone_happens_to_who_is_here() -> None:
    world = World()
    _, back, people = swapped(world, type="unregister")
    people.answer(ChangeOutcome.DONE)
    assert types(events(back))[-1] == "bye" and len(world.state.roster) == 0
    assert ask(world.player(), type="hello", nick="alice")[0]["type"] == "welcome"


def test_a_new_password_ends_who_came_meanwhile() -> None:
    world = World()
    _, back, people = swapped(world, type="password", password=OTHER)
    people.answer(ChangeOutcome.DONE)
    assert types(events(back))[-1] == "bye" and len(world.state.roster) == 0


def test_a_revoked_device_that_came_back_meanwhile_is_out() -> None:
    world = World()
    _, back, people = swapped(world, type="revoke", number=2)
    people.answer(ChangeOutcome.DONE)
    assert types(events(back))[-1] == "bye" and len(world.state.roster) == 0


def test_who_is_gone_before_it_caught_up_has_read_nothing() -> None:
    world = World()
    alice, bob = registered(world, "alice"), world.player("bob")
    alice.broken(Cause.RESET)
    bob.feed("/dm alice one\n")
    phone = device_of(world, "alice")
    people = HeldPeople(world)
    people.late = True
    send(phone, type="catchup")
    phone.broken(Cause.RESET)
    people.answers.pop()()
    people.late = False
    [unread] = [one for one in events(device_of(world, "alice")) if one["type"] == "unread"]
    assert [one["count"] for one in unread["unread"] if "with" in one] == [1]


def test_a_new_name_does_not_take_a_room_from_a_device_that_comes_back() -> None:
    world, log = late_world()
    alice, bob = registered(world, "alice"), world.player("bob")
    bob.feed("something\n")
    phone = device_of(world, "alice")
    assert phone.session.state is SessionState.RESUMING
    send(alice, type="join", room="dev")
    send(alice, type="nick", nick="alicia")
    log.take()
    ask_on(world.state, phone.session)
    account = world.state.accounts.named("alicia")
    assert account is not None and account.rooms == ("lobby", "dev")
    assert len(phone.session.memberships) == len(alice.session.memberships) == 2


def test_a_message_to_who_comes_back_under_another_name_meanwhile() -> None:
    world, log = late_world()
    alice, bob = registered(world, "alice"), world.player("bob")
    alice.broken(Cause.RESET)
    world.settle(bob)
    bob.feed("/dm alice one\n")
    entry = log.waiting.pop()
    alice = device_of(world, "alice")
    assert types(ask(alice, type="nick", nick="alicia"))[-1] == "renamed"
    log.waiting.append(entry)
    log.take()
    assert [(one["type"], one["to"]) for one in events(alice)] == [("dm", "alicia")]
    assert bob.lines()[-1] == "[dm to alicia] one"


@pytest.mark.parametrize(
    "request_", [{"type": "password", "password": OTHER}, {"type": "revoke", "number": 2}]
)
def test_a_device_that_expires_before_it_is_forgotten(request_: dict[str, Any]) -> None:
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    token = phone.session.token
    phone.broken(Cause.RESET)
    world.now += DEFAULT.device_time + 1
    people = HeldPeople(world)
    send(alice, **request_)
    assert hello(world, "alice", token=token)[1]["code"] == "password-needed"  # it is too old
    people.answer(ChangeOutcome.DONE)
    assert types(events(alice))[-1] == "done"
    account = world.state.accounts.named("alice")
    assert account is not None and world.state.hash_token(token) not in account.devices
