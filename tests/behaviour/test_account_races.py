"""What happens to an account while something else happens to it: a change that is not stored yet, a name that
is not taken yet, an owner who left and came back meanwhile."""

import pytest

from chatd.behaviour.guests import restore_guests
from chatd.protocol.events import Cause
from chatd.state.stored_accounts import ChangeOutcome
from chatd.state.stored_entries import StoredGuest
from tests.behaviour.test_publication import late_world
from tests.support.accounts import PASSWORD, ask, device_of, registered, typing
from tests.support.held_people import HeldPeople
from tests.support.resuming import EventFields, events, types
from tests.support.world import Player, World

NEW = "staple battery"


def hello(world: World, **fields: object) -> tuple[Player, list[EventFields]]:
    player = Player(world)
    return player, ask(player, type="hello", **fields)


def codes(told: list[EventFields]) -> list[object]:
    return [one.get("code", one["type"]) for one in told]


@pytest.mark.parametrize("token", ["", "guessed"])
def test_an_account_is_not_taken_over_while_it_takes_another_name(token: str) -> None:
    """Nobody owns its old name any more, and it is still here under it."""
    world, log = late_world()
    (bob,) = world.players("bob")
    registered(world, "alice").broken(Cause.RESET)
    alice = typing(world, "alice")  # who types has no token
    bob.feed("on its way\n")
    alice.feed("/nick alicia\n")
    thief, told = hello(world, nick="alice", token=token)
    assert codes(told) == ["taken-nick"] and not alice.hung_up
    log.take()
    assert alice.session.nick == "alicia" and thief.session.nick == ""


def test_an_old_password_that_is_tried_while_it_is_changed_lets_nobody_in() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed(f'{{"type":"password","password":"{NEW}"}}\n')
    world.passwords.waits = True
    thief, _ = hello(world, nick="alice", password=PASSWORD)
    early, _ = hello(world, nick="alice", password=PASSWORD)
    world.passwords.answer()  # it was right, but the account is just being changed
    people.answer(ChangeOutcome.DONE)
    world.passwords.answer()
    assert codes(events(thief)) == ["busy"] and codes(events(early)) == ["wrong-password"]
    account = world.state.accounts.named("alice")
    assert account is not None and len(account.devices) == 1


CHANGES = {
    "nick": '{"type":"nick","nick":"alicia"}\n',
    "password": f'{{"type":"password","password":"{NEW}"}}\n',
    "revoke": '{"type":"revoke","number":1}\n',
    "unregister": '{"type":"unregister"}\n',
}


@pytest.mark.parametrize("first", CHANGES)
@pytest.mark.parametrize("second", CHANGES)
def test_one_change_of_an_account_at_a_time(first: str, second: str) -> None:
    """Else each would store the account as it was before the other; and an account that was given up would be
    there again."""
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    world.settle(alice, phone)
    people = HeldPeople(world)
    alice.feed(CHANGES[first])
    phone.feed(CHANGES[second])
    assert codes(events(phone)) == ["busy"]
    people.answer(ChangeOutcome.UNAVAILABLE)
    phone.feed(CHANGES[second])
    people.answer(ChangeOutcome.DONE)
    assert "busy" not in codes(events(phone))


def test_a_change_that_is_refused_holds_no_other() -> None:
    world = World()
    alice = registered(world, "alice")
    world.player("bob")
    assert codes(ask(alice, type="revoke", number=7)) == ["no-such-device"]
    assert codes(ask(alice, type="nick", nick="bob")) == ["taken-nick"]
    assert codes(ask(alice, type="password", password=NEW)) == ["done"]


def test_passwords_of_one_account_are_calculated_one_at_a_time() -> None:
    """Else its devices would take all the places of those who wait."""
    world = World()
    alice = registered(world, "alice")
    phone = device_of(world, "alice")
    world.settle(alice, phone)
    world.passwords.waits = True
    for device in (alice, phone):
        device.feed(CHANGES["password"])
    assert codes(events(phone)) == ["busy"]
    world.passwords.broken = True
    world.passwords.answer()
    world.passwords.waits = world.passwords.broken = False
    assert codes(ask(phone, type="password", password=NEW)) == ["done"]
    world.passwords.full = True
    assert codes(ask(phone, type="password", password=NEW)) == ["busy"]
    world.passwords.full = False
    assert codes(ask(phone, type="password", password=NEW)) == ["done"]


def away_and_back(world: World, player: Player, **fields: object) -> Player:
    """Its connection breaks, and a new one comes."""
    player.broken(Cause.RESET)
    back, told = hello(world, token=player.session.token, **fields)
    assert told[0]["type"] == "welcome"
    return back


def test_an_account_that_left_and_came_back_before_its_new_name_was_stored() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed(CHANGES["nick"])
    back = away_and_back(world, alice, nick="alice")
    people.answer(ChangeOutcome.DONE)
    assert back.session.nick == "alicia"
    typing(world, "alicia")
    assert [person.nick for person in world.state.roster] == ["alicia"]


def test_an_account_that_left_and_came_back_before_it_was_given_up() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed(CHANGES["unregister"])
    back = away_and_back(world, alice, nick="alice")
    assert codes(hello(world, nick="alice", password=PASSWORD)[1]) == ["busy"]
    people.answer(ChangeOutcome.DONE)
    assert types(events(back))[-1] == "bye" and len(world.state.roster) == 0
    assert world.state.accounts.named("alice") is None


def test_an_account_whose_device_left_and_came_back_before_it_was_revoked() -> None:
    world = World()
    alice = registered(world, "alice")
    people = HeldPeople(world)
    alice.feed('{"type":"revoke","number":1}\n')
    back = away_and_back(world, alice, nick="alice")
    people.answer(ChangeOutcome.DONE)
    assert back.hung_up and len(world.state.roster) == 0


def test_a_guest_who_came_back_by_another_name_before_it_was_registered() -> None:
    world = World()
    alice = world.player("alice", json=True)
    people = HeldPeople(world)
    alice.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    back = away_and_back(world, alice, nick="bob")
    assert codes(ask(back, type="register", password=PASSWORD)) == ["busy"]
    people.answer(ChangeOutcome.DONE)
    assert back.session.nick == "alice"
    assert codes(ask(back, type="register", password=PASSWORD))[-1] == "has-account"
    assert len(world.state.accounts) == 1 and len(world.state.roster) == 1


def test_a_revoked_device_is_no_guest_that_comes_back() -> None:
    """Whoever has its token would read what the account wrote, as the guest that it was."""
    world = World()
    alice = world.player("alice", json=True)
    number, people = alice.session.person.number, HeldPeople(world)
    alice.feed(f'{{"type":"register","password":"{PASSWORD}"}}\n')
    alice.broken(Cause.RESET)  # it is known as a guest that may come back
    people.answer(ChangeOutcome.DONE)
    owner = typing(world, "alice")
    owner.feed("/revoke 1\n")
    people.answer(ChangeOutcome.DONE)
    thief, told = hello(world, nick="thief", token=alice.session.token)
    assert thief.session.person.number != number and "resumed" not in told[0]


def test_who_has_an_account_is_no_guest_after_a_restart_either(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server may be killed before it has forgotten the guest that it was."""
    world = World()
    alice = registered(world, "alice")
    hash, number = world.state.hash_token(alice.session.token), alice.session.person.number
    monkeypatch.setattr(
        type(world.state.log), "guests", (StoredGuest(hash, number, "alice", left=world.state.today()),)
    )
    restore_guests(world.state)
    assert world.state.guests.take(hash, world.now) is None
