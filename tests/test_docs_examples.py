"""The examples of the protocol and of accounts: what the server says when they are played."""

import re

import msgspec

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Cause, DirectMessage, Event, Mark, Said
from chatd.protocol.people_events import Caught
from chatd.protocol.requests import Hello, Request
from chatd.protocol.version import SERVER
from chatd.protocol.vocabulary import REQUESTS, WIRE_EVENTS
from chatd.state.message_log import IDS_A_MILLISECOND
from tests.support.doc_pages import examples
from tests.support.world import Player, World

# -- the protocol --------------------------------------------------------------------------------------


def test_there_is_an_example_of_every_request_and_each_is_understood() -> None:
    lines = examples("docs/protocol.md", "json to-server").splitlines()
    requests = [JSONL.parse(line.encode()) for line in lines]
    assert {type(request) for request in requests} == set(REQUESTS)
    for request, line in zip(requests, lines, strict=True):
        assert isinstance(request, Request)
        assert JSONL.encode_request(request).decode() == line + "\n"


def test_there_is_an_example_of_every_event_and_each_is_what_the_server_writes() -> None:
    lines = examples("docs/protocol.md", "json from-server").splitlines()
    events = [JSONL.parse_event(line.encode()) for line in lines]
    assert {type(event) for event in events} == set(WIRE_EVENTS.__args__)
    for event, line in zip(events, lines, strict=True):
        assert isinstance(event, Event)
        assert JSONL.encode(event).decode() == line + "\n"


def worked(example: str) -> list[tuple[str, Request | Event]]:
    """A worked example: `>` with what a client sends, `<` with what it gets."""
    told = []
    for line in filter(None, examples("docs/protocol.md", f"text {example}").splitlines()):
        by, text = line[0], line[2:]
        what = JSONL.parse(text.encode()) if by == ">" else JSONL.parse_event(text.encode())
        assert isinstance(what, Request | Event)
        written = JSONL.encode_request(what) if isinstance(what, Request) else JSONL.encode(what)
        assert written.decode() == f"{text}\n"
        told.append((by, what))
    return told


def test_ids_and_times_of_the_examples_are_such_as_the_server_gives() -> None:
    entries = [what for _, what in worked("coming-back") if isinstance(what, Said | DirectMessage)]
    for _, what in worked("account"):
        if isinstance(what, Caught):
            caught = sorted((*what.rest, *what.first), key=lambda one: one.id)
            assert [one.at * IDS_A_MILLISECOND for one in caught] == [one.id for one in caught]
    assert [entry.id for entry in entries] == sorted({entry.id for entry in entries})
    for entry in entries:
        assert entry.id == entry.at * IDS_A_MILLISECOND


def shown(event: Request | Event) -> object:
    """What of an event is the same in the example and when it is played."""
    changing = {"id", "at", "token", "created", "used"}

    def same(value: object) -> object:
        if isinstance(value, list):
            return [same(one) for one in value]
        if isinstance(value, dict):
            return {key: same(one) for key, one in value.items() if key not in changing}
        return value

    return same(msgspec.to_builtins(event))


def test_the_example_of_coming_back_is_what_the_server_says() -> None:
    """Its client's lines are sent, but for the one that got lost; the server's have to come."""
    world, example = World(), worked("coming-back")
    alice = world.player("alice", json=True)
    heard: list[Event] = []

    def hear(player: Player) -> None:
        world.settle()
        taken = player.socket.taken.splitlines()
        heard.extend(JSONL.parse_event(line) for line in taken)

    said = [what for _, what in example if isinstance(what, Request)]
    alice.feed('{"type":"join","room":"dev"}\n')
    first, again = Player(world), Player(world)
    first.feed(b"".join(map(JSONL.encode_request, said[:2])))
    world.settle()
    alice.feed('{"type":"say","room":"dev","text":"is the build green?"}\n')
    hear(first)
    first.feed(JSONL.encode_request(said[2]))
    alice.feed('{"type":"say","room":"dev","text":"thanks"}\n{"type":"dm","to":"robot","text":"lunch?"}\n')
    first.broken(Cause.RESET)
    mark, hello = heard[-1], said[4]
    assert isinstance(mark, Mark) and isinstance(hello, Hello)
    again.feed(JSONL.encode_request(msgspec.structs.replace(hello, token="token-2", seen=mark.id)))
    again.feed(JSONL.encode_request(said[5]))
    hear(again)
    assert [shown(event) for event in heard] == [shown(what) for by, what in example if by == "<"]


def test_the_example_of_an_account_is_what_the_server_says() -> None:
    """Where its second connection begins, alice has written to it."""
    world, example = World(), worked("account")
    alice = world.player("alice", json=True)
    alice.feed('{"type":"join","room":"dev"}\n')
    heard: list[Event] = []
    robots: list[Player] = []
    for by, what in example:
        if by != ">":
            continue
        if isinstance(what, Hello):
            if robots:
                for text in ("is the build green?", "robot: please look"):
                    alice.feed(f'{{"type":"say","room":"dev","text":"{text}"}}\n')
                alice.feed('{"type":"dm","to":"robot","text":"lunch?"}\n')
            robots.append(Player(world))
        assert isinstance(what, Request)
        line = JSONL.encode_request(what).replace(b"zC0oXNxKpS7mFqWb0Jq2vA", b"token-2")
        robots[-1].feed(line)
        world.settle()
    for robot in robots:
        heard += [JSONL.parse_event(line) for line in robot.socket.taken.splitlines()]
    assert [shown(event) for event in heard] == [shown(what) for by, what in example if by == "<"]


def test_the_session_with_an_account_is_what_the_server_says() -> None:
    """Two connections of alice; bob writes while she is away. Who says nothing at first is greeted; these are
    not. Times are those of the world's clock."""
    world, alice = World(), None
    bob = world.player("bob")
    bob.feed("/join dev\n")
    for line in examples("docs/accounts.md", "text session").splitlines():
        if line.startswith("$ nc"):
            if alice:
                bob.feed("the build is red\nalice: please look\n/dm alice lunch?\n")
            alice = Player(world)
            told: list[str] = []
        elif line == f"* {SERVER} - what is your name?":
            assert alice and not told
        elif re.match(r"[*<\[] ?|[0-9]{4}-", line):
            assert re.sub("^[0-9-]+ [0-9:]+", "TIME", line) == told.pop(0)
        else:
            assert alice and not told
            alice.feed(f"{line}\n")
            world.settle(bob)
            told = [re.sub("^[0-9-]+ [0-9:]+", "TIME", each) for each in alice.read()]
    assert not told
