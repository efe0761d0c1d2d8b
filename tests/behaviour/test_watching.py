"""Which events go to which webhook: what a room is told, once, and nothing that is for one person."""

from collections.abc import Iterable

from chatd.behaviour.fanout import publish
from chatd.behaviour.watching import WATCHED, watch
from chatd.config import Webhook
from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Event, Said
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_events import Acted
from chatd.protocol.vocabulary import WIRE_EVENTS
from chatd.state.hook_queue import HookQueue
from chatd.state.stored_rulings import Ruling, RulingKind
from tests.support.world import World


def hooked(world: World, rooms: str, events: str = " ".join(WATCHED)) -> HookQueue:
    hook = Webhook("http://a/", "http://a", frozenset(rooms.split()), frozenset(events.split()), b"")
    return HookQueue(hook, DEFAULT, lambda: "msg_1", "chatd")


def told(queue: HookQueue) -> list[str]:
    """What waits, without ids and times."""
    world_events, queue._events = list(queue._events), queue._events.__class__()
    return [JSONL.encode(event).decode().split(',"id"')[0].rstrip("\n") for event in world_events]


def said(events: Iterable[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Said)]


def test_every_type_is_one_of_the_protocol() -> None:
    for name, kind in WATCHED.items():
        assert kind.__struct_config__.tag == name
        assert kind in WIRE_EVENTS.__args__


def test_what_a_room_is_told_is_sent_once_however_many_read_it() -> None:
    world = World()
    queue = hooked(world, "dev")
    watch(world.state, [queue])
    alice, bob, robot = world.player("alice"), world.player("bob"), world.player("robot", json=True)
    for player in (alice, bob, robot):
        player.feed('{"type":"join","room":"dev"}\n' if player is robot else "/join dev\n")
    world.settle(alice, bob, robot)
    alice.feed("in dev\n/bc in the lobby\n/dm bob in secret\n/topic builds\n")
    robot.feed('{"type":"say","room":"dev","text":"beep","kind":"action"}\n')
    bob.feed("/leave\n")
    world.settle(alice, robot)
    assert told(queue) == [
        '{"type":"joined","names":["alice","bob","robot"],"count":3,"room":"dev"}',
        '{"type":"said","room":"dev"',
        '{"type":"topic","room":"dev"',
        '{"type":"said","room":"dev"',
        '{"type":"left","names":["bob"],"count":1,"room":"dev"}',
    ]


def test_all_public_rooms_and_only_these_events() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    some, presence, nothing = (
        hooked(world, "*", "said topic"),
        hooked(world, "lobby", "joined left lost renamed"),
        hooked(world, "other"),
    )
    watch(world.state, [some, presence, nothing])
    alice.feed("one\n/join dev\ntwo\n/nick alicia\n")
    bob.feed("/quit bye\n")
    world.settle(alice)
    assert [line.split(",")[1] for line in told(some)] == ['"room":"lobby"', '"room":"dev"']
    assert told(presence) == [
        '{"type":"renamed","from":"alice","to":"alicia"}',
        '{"type":"left","names":["bob"],"count":1,"reason":"bye"}',
    ]
    assert told(nothing) == []


def test_private_rooms_and_those_with_a_key_have_to_be_named() -> None:
    world = World()
    public, named = hooked(world, "*", "said"), hooked(world, "dev club", "said")
    watch(world.state, [public, named])
    alice = world.player("alice")
    for room, setting in (("dev", "private"), ("club", "key")):
        alice.feed(f"/join {room}\nbefore\n")
        number = world.state.rooms[room].number
        ruling = Ruling(number, RulingKind.SETTING, setting, "on")
        world.state.rulings.keep(ruling)
        alice.feed("secret\n")
    assert len(told(public)) == 2 and len(told(named)) == 4


def test_of_a_message_that_is_deleted_nothing_is_sent_any_more() -> None:
    world = World()
    queue, other = hooked(world, "lobby"), hooked(world, "lobby", "said")
    watch(world.state, [queue, other])
    alice = world.player("alice")
    alice.feed("one\ntwo\nthree\n")
    world.settle(alice)
    taken = queue.take()
    assert taken is not None
    alice.feed("/delete alice 2\n")
    world.settle(alice)
    assert said(taken.events) == ["one", "[deleted by alice]", "three"]
    assert said(other._events) == ["one", "[deleted by alice]", "three"]
    assert told(queue)[-1].startswith('{"type":"acted","act":"delete","room":"lobby"')
    publish(world.state, world.lobby, Acted(act="erase", room="lobby", id=9, at=9, by="admin", whom="Alice"))
    assert said(other._events) == ["[deleted]"] * 3
    assert {event.sender for event in taken.events if isinstance(event, Said)} == {"[deleted]"}


def test_without_webhooks_nothing_is_called() -> None:
    world = World()
    watch(world.state, [])
    assert world.state.watch is None
