"""What is not read: counted when somebody comes, shown by /catchup, the same on all devices."""

from chatd.protocol.events import Cause
from tests.support.accounts import ask, device_of, registered, typing
from tests.support.held_people import HeldPeople
from tests.support.resuming import EventFields, events, types
from tests.support.world import Player, World


def away() -> tuple[World, Player]:
    """alice has an account, was in dev, and is not here; bob is, in both."""
    world = World()
    alice, bob = registered(world, "alice"), world.player("bob")
    ask(alice, type="join", room="dev")
    bob.feed("/join dev\n")
    alice.broken(Cause.RESET)
    world.settle(bob)
    return world, bob


def unread(told: list[EventFields]) -> list[tuple[str, int, int]]:
    [event] = [one for one in told if one["type"] == "unread"]
    return [(one.get("room") or one["with"], one["count"], one.get("mentions", 0)) for one in event["unread"]]


def test_what_came_while_one_was_away_is_counted() -> None:
    world, bob = away()
    bob.feed("one\nalice: two\n/bc three\n/dm alice four\n/dm alice five\n")
    assert unread(events(device_of(world, "alice"))) == [("lobby", 1, 0), ("dev", 2, 1), ("bob", 2, 0)]
    terminal = typing(world, "alice")
    assert terminal.lines()[-1] == (
        "* while you were away: lobby 1, dev 2 (1 mentions you), 2 direct messages - /catchup shows them"
    )


def test_nothing_is_said_where_nothing_is_unread() -> None:
    world, _ = away()
    assert not [line for line in typing(world, "alice").lines() if "while you were away" in line]


def test_what_is_for_one_comes_first_and_is_read_then() -> None:
    world, bob = away()
    bob.feed("one\nalice: two\n/bc three\n/dm alice four\n")
    terminal, robot = typing(world, "alice"), device_of(world, "alice")
    world.settle(terminal, robot)
    terminal.feed("/catchup\n")
    lines = terminal.lines()
    assert [line.partition(" ")[2].partition(" ")[2] for line in lines if line[0] != "*"] == [
        "#dev <bob> alice: two",
        "[dm from bob to alice] four",
        "#dev <bob> one",
        "<bob> three",
    ]
    assert lines[0] == "* what is for you, times in UTC:"
    assert [(one["type"], one.get("room") or one.get("with")) for one in events(robot)] == [
        ("read", "dev"),
        ("read", "bob"),
        ("read", "lobby"),
    ]
    terminal.feed("/catchup\n")
    assert terminal.lines() == ["* you have read everything"]
    assert all(count == 0 for _, count, _ in unread(events(device_of(world, "alice"))))


def test_a_mark_follows_from_device_to_device() -> None:
    world, bob = away()
    bob.feed("one\ntwo\n/dm alice three\n")
    phone, tablet = device_of(world, "alice"), device_of(world, "alice")
    world.settle(phone, tablet)
    last = world.state.log.last_id
    assert ask(phone, type="read", room="dev", id=last) == []
    assert events(tablet) == [{"type": "read", "room": "dev", "id": last}]
    ask(phone, type="read", **{"with": "bob"}, id=last + 10**6)  # no further than there is something
    assert events(tablet) == [{"type": "read", "with": "bob", "id": last}]
    ask(phone, type="read", room="dev", id=-5)  # and never back
    assert unread(events(device_of(world, "alice"))) == [("lobby", 0, 0), ("dev", 0, 0)]


def test_what_a_terminal_was_shown_it_has_read() -> None:
    world, bob = away()
    bob.feed("one\n/dm alice two\n")
    terminal = typing(world, "alice")
    terminal.feed("/catchup\n")
    bob.feed("three\n/bc four\n/dm alice five\n")
    terminal.feed("/quit\n")
    assert unread(events(device_of(world, "alice"))) == [("lobby", 0, 0), ("dev", 0, 0)]


def test_what_a_terminal_was_only_told_the_number_of_stays_unread() -> None:
    world, bob = away()
    bob.feed("one\n/dm alice two\n")
    terminal = typing(world, "alice")
    bob.feed("/bc three\n")
    terminal.feed("/quit\n")
    assert unread(events(device_of(world, "alice"))) == [("lobby", 0, 0), ("dev", 1, 0), ("bob", 1, 0)]


def test_a_terminal_whose_connection_was_lost_has_read_what_came_before_it_typed_last() -> None:
    world, bob = away()
    terminal = typing(world, "alice")
    bob.feed("one\n")
    terminal.feed("/users\n")
    bob.feed("two\n/dm alice three\n")
    terminal.broken(Cause.TIMED_OUT)
    assert unread(events(device_of(world, "alice"))) == [("lobby", 0, 0), ("dev", 1, 0), ("bob", 1, 0)]


def test_a_terminal_that_could_not_be_told_what_is_unread_has_read_nothing() -> None:
    world, bob = away()
    bob.feed("one\n")
    people = HeldPeople(world)
    people.unreadable = True
    typing(world, "alice").feed("/quit\n")
    people.unreadable = False
    assert ("dev", 1, 0) in unread(events(device_of(world, "alice")))


def test_a_room_that_one_comes_to_is_read_up_to_there() -> None:
    world, bob = away()
    bob.feed("/join old\none\n")
    alice = device_of(world, "alice")
    ask(alice, type="join", room="old")
    bob.feed("two\n")
    assert ("old", 1, 0) in unread(events(device_of(world, "alice")))


def test_wrong_marks() -> None:
    world, _ = away()
    alice = device_of(world, "alice")
    world.settle(alice)
    for fields, code in (
        ({}, "usage"),
        ({"room": "dev", "with": "bob"}, "usage"),
        ({"room": "nowhere"}, "no-such-room"),
        ({"with": "nobody"}, "no-such-nick"),
    ):
        assert [one["code"] for one in ask(alice, type="read", id=1, **fields)] == [code]
    assert ask(world.player("guest", json=True), type="read", room="lobby", id=1)[0]["code"] == "no-account"


def test_what_cannot_be_counted_or_read_now() -> None:
    world, _ = away()
    people = HeldPeople(world)
    people.unreadable = True
    alice = device_of(world, "alice")
    assert [one.get("code") for one in events(alice)][-1] == "unavailable"
    assert ask(alice, type="catchup", ref="1")[0] | {"text": ""} == {
        "type": "error",
        "code": "unavailable",
        "text": "",
        "ref": "1",
    }
    people.unreadable, people.busy = False, True
    assert [one.get("code") for one in events(device_of(world, "alice"))][-1] == "busy"
    assert types(ask(alice, type="catchup")) == ["error"]
