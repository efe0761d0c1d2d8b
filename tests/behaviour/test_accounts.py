"""Registering, changing the password, giving up, and looking after devices."""

from dataclasses import replace

import pytest

from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT
from chatd.protocol.registration import Registration
from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from tests.support.accounts import PASSWORD, ask, device_of, registered, typing
from tests.support.held_people import HeldPeople
from tests.support.resuming import events, types
from tests.support.world import Player, World


def register(player: Player, **fields: object) -> str:
    """The code, or the type, of what is answered."""
    [told] = ask(player, type="register", password=PASSWORD, **fields)
    return str(told.get("code", told["type"]))


def test_registering_makes_the_token_that_one_has_a_devices() -> None:
    world = World()
    robot = world.player("robot", json=True)
    token = robot.session.token
    assert ask(robot, type="register", password=PASSWORD, ref="7") == [
        {
            "type": "done",
            "text": "the name robot is yours now; come back with your password",
            "token": token,
            "ref": "7",
        }
    ]
    account = world.state.accounts.named("ROBOT")
    assert account is not None and account.verifier == f"verifier of {PASSWORD}"
    assert register(robot) == "has-account"


def test_a_terminal_registers_without_a_token() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed(f"/register {PASSWORD}\n/devices\n")
    assert alice.lines() == [
        "* the name alice is yours now; come back with your password",
        "* 0 devices come back without a password",
    ]


def test_who_may_register() -> None:
    world = World()
    robot = world.player("robot", json=True)
    world.state.registration = Registration.CLOSED
    assert register(robot) == "no-registration"
    world.state.registration = Registration.INVITE
    assert register(robot) == "no-registration"
    assert register(robot, invite="code") == "bad-invite"
    world.state.registration = Registration.OPEN
    robot.session.private = False
    assert register(robot) == "not-private"
    robot.session.private = True
    world.passwords.full = True
    assert register(robot) == "busy"
    world.passwords.full = False
    assert register(robot) == "done"


def test_so_many_registrations_of_an_address() -> None:
    world = World(replace(DEFAULT, registrations=2))
    world.state.registration = Registration.INVITE
    robots = [world.player(f"robot{number}", json=True) for number in range(3)]
    assert [register(robots[0], invite="wrong") for _ in range(5)] == ["bad-invite"] * 5  # costs nothing
    world.state.registration = Registration.OPEN
    assert [register(robot) for robot in robots] == ["done", "done", "no-registration"]
    world.now += 3601
    assert register(robots[2]) == "done"


def test_so_many_accounts() -> None:
    world = World(replace(DEFAULT, accounts=1))
    registered(world, "alice")
    assert register(world.player("bob", json=True)) == "no-registration"


def test_whose_account_could_not_be_stored_has_none() -> None:
    world = World()
    people = HeldPeople(world)
    robot = world.player("robot", json=True)
    robot.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    assert events(robot) == [] and robot.session.in_flight == 1
    people.answer(ChangeOutcome.UNAVAILABLE)
    assert [one["code"] for one in events(robot)] == ["unavailable"]
    assert robot.session.person.account is None and world.state.accounts.named("robot") is None
    robot.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    people.answer(ChangeOutcome.DONE)
    assert types(events(robot)) == ["done"]


def test_who_left_before_it_was_stored_owns_the_name_nevertheless() -> None:
    world = World()
    people = HeldPeople(world)
    robot = world.player("robot", json=True)
    robot.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    robot.feed('{"type":"quit"}\n')
    other = world.player()
    assert ask(other, type="hello", nick="robot")[0]["code"] == "taken-nick"  # it is claimed
    people.answer(ChangeOutcome.DONE)
    assert ask(other, type="hello", nick="robot")[0]["code"] == "password-needed"
    assert device_of(world, "robot").session.person.number == robot.session.person.number


def test_who_left_before_its_password_was_calculated_owns_nothing() -> None:
    world = World()
    robot = world.player("robot", json=True)
    world.passwords.waits = True
    robot.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    robot.broken(Cause.RESET)
    world.passwords.answer()
    assert len(world.state.accounts) == 0
    assert ask(world.player(), type="hello", nick="robot")[0]["type"] == "welcome"


def test_an_invite_may_be_for_a_name_whose_guest_gets_another() -> None:
    world = World()
    people = HeldPeople(world, invite="alice")
    guest, robot = world.player("alice"), world.player("robot", json=True)
    world.settle(guest, robot)
    robot.feed(f'{{"type":"register","password":"{PASSWORD}","invite":"code"}}\n')
    assert people.asked == AccountChange(people.asked.accounts, people.asked.devices, invite="hash of code")
    people.answer(ChangeOutcome.DONE)
    assert [(one["type"], one.get("to")) for one in events(robot)] == [
        ("renamed", "alice_2"),
        ("renamed", "alice"),
        ("done", None),
    ]
    assert guest.lines() == [
        "* alice is now alice_2 (alice was registered for somebody else)",
        "* robot is now alice",
    ]
    assert [person.nick for person in world.state.roster] == ["alice_2", "alice"]


def test_an_invite_is_used_once() -> None:
    world = World()
    people = HeldPeople(world, invite="")
    robot = world.player("robot", json=True)
    robot.feed(f'{{"type":"register","password":"{PASSWORD}","invite":"code"}}\n')
    people.answer(ChangeOutcome.NO_INVITE)
    assert [one["code"] for one in events(robot)] == ["bad-invite"]
    people.busy = True
    assert register(robot, invite="code") == "busy"


def test_a_new_password_ends_all_other_devices() -> None:
    world = World()
    alice = registered(world, "alice")
    phone, terminal = device_of(world, "alice"), typing(world, "alice")
    world.settle(alice, phone, terminal)
    [done] = ask(alice, type="password", password="another horse", ref="1")
    assert done["type"] == "done" and done["ref"] == "1"
    assert events(phone) == [{"type": "bye", "reason": "your password was changed"}]
    assert terminal.lines() == ["* your password was changed"]
    assert phone.hung_up and terminal.hung_up and not alice.hung_up
    other = world.player()
    assert ask(other, type="hello", nick="alice", token=phone.session.token)[0]["code"] == "password-needed"
    assert ask(other, type="hello", nick="alice", password=PASSWORD)[0]["code"] == "wrong-password"
    assert ask(other, type="hello", nick="alice", password="another horse")[0]["type"] == "welcome"


def test_a_password_that_could_not_be_stored_is_not_changed() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed('{"type":"password","password":"another horse"}\n')
    people.answer(ChangeOutcome.UNAVAILABLE)
    assert [one["code"] for one in events(alice)] == ["unavailable"]
    assert device_of(world, "alice")
    world.passwords.full = True
    assert ask(alice, type="password", password="another horse")[0]["code"] == "busy"
    alice.session.private = False
    assert ask(alice, type="password", password="another horse")[0]["code"] == "not-private"


@pytest.mark.parametrize("kind", ["devices", "unregister", "catchup"])
def test_a_guest_has_no_account(kind: str) -> None:
    assert ask(World().player("robot", json=True), type=kind)[0]["code"] == "no-account"


def test_who_gives_up_stays_as_a_guest() -> None:
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    world.settle(alice, phone)
    assert types(ask(alice, type="unregister")) == ["done"]
    assert types(events(phone)) == ["bye"] and not alice.hung_up
    assert ask(alice, type="users")[0]["names"] == ["alice"]
    assert register(alice) == "done"


def test_a_terminal_that_gives_up_and_leaves_frees_the_name() -> None:
    world = World()
    alice = world.player("alice")
    alice.feed(f"/register {PASSWORD}\n/unregister\n/quit\n")
    assert "* you have no account any more, and are here as a guest" in alice.lines()
    assert world.player("alice").session.nick == "alice"


def test_a_terminal_that_came_by_its_password_and_gives_up_is_taken_over_by_nobody() -> None:
    """As a guest it has a token again: an empty one would be known to everyone."""
    world = World()
    alice = registered(world, "alice")
    terminal = typing(world, "alice")
    alice.feed('{"type":"quit"}\n')
    terminal.feed("/unregister\n")
    [told] = ask(world.player(), type="hello", nick="alice", token="")
    assert told["code"] == "taken-nick" and not terminal.hung_up


def test_devices_are_listed_and_revoked() -> None:
    world = World()
    alice = registered(world, "alice")
    world.now += 60
    phone = device_of(world, "alice", device="my \x1bphone")
    world.settle(alice, phone)
    [listed] = ask(alice, type="devices", ref="1")
    assert listed == {
        "type": "devices",
        "devices": [
            {"number": 1, "name": "", "created": 1000000, "used": 1000000, "here": True, "this": True},
            {
                "number": 2,
                "name": "my phone",
                "created": 1060000,
                "used": 1060000,
                "here": True,
                "this": False,
            },
        ],
        "ref": "1",
    }
    assert ask(alice, type="revoke", number=3)[0]["code"] == "no-such-device"
    assert types(ask(alice, type="revoke", number=2)) == ["done"]
    assert events(phone) == [{"type": "bye", "reason": "this device was revoked"}]
    other = world.player()
    assert ask(other, type="hello", nick="alice", token=phone.session.token)[0]["code"] == "password-needed"
    assert types(ask(alice, type="revoke", number=1)) == ["done", "bye"]


def test_a_device_that_cannot_be_revoked_now_stays() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed('{"type":"revoke","number":1}\n')
    people.answer(ChangeOutcome.UNAVAILABLE)
    assert [one["code"] for one in events(alice)] == ["unavailable"]
    assert len(ask(alice, type="devices")[0]["devices"]) == 1


def test_two_devices_that_give_up_at_once() -> None:
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    world.settle(alice, phone)
    people = HeldPeople(world)
    for device in (alice, phone):
        device.feed('{"type":"unregister"}\n')
    people.answer(ChangeOutcome.DONE)
    assert types(events(alice)) == ["done"] and types(events(phone)) == ["error", "bye"]
    assert len(world.state.roster) == 1


def test_a_password_that_cannot_be_calculated_changes_nothing() -> None:
    world = World()
    alice, robot = registered(world, "alice"), world.player("robot", json=True)
    world.settle(alice, robot)
    world.passwords.broken = True
    assert register(robot) == "unavailable"
    assert ask(alice, type="password", password="another horse")[0]["code"] == "unavailable"
    world.passwords.broken = False
    assert register(robot) == "done" and device_of(world, "alice")
