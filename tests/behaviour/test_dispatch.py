"""What each request does, over both dialects, without sockets."""

import gc
from dataclasses import replace

import pytest

from chatd.behaviour.dispatch import TABLE, costs, dispatch, talks
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.people_requests import Password
from chatd.protocol.requests import Ignored, Negotiate, Ping, Quit, Say, Topic
from chatd.protocol.vocabulary import COMMANDS, REQUESTS
from chatd.state.sessions import SessionState
from tests.support.world import ScriptedSocket, World

WELCOME = (
    '{{"type":"welcome","nick":"{nick}","token":"token-{n}","server":"chatd 0.1.0","users":{users},'
    '"limits":{{"line":4096,"name":32}}}}'
)


def test_every_request_has_a_row() -> None:
    assert set(TABLE) == {*REQUESTS, Ignored, Negotiate, Password}


def test_to_ask_for_a_topic_is_no_talk() -> None:
    assert talks(Topic(room="lobby", text="")) and not talks(Topic(room="lobby"))


def test_a_text_session() -> None:
    world = World()
    alice, bob, carol = world.players("alice", "bob", "carol")
    bob.feed('hello all\n/bc "hi"\n//me waves\n\n/dm ALICE “psst”\n/users\n')
    said = ["<bob> hello all", "<bob> hi", "<bob> /me waves"]
    assert bob.lines() == ["[dm to alice] psst", "* 3 here: alice, bob, carol"]
    assert alice.lines() == [*said, "[dm from bob] psst"]
    assert carol.lines() == said


def test_a_json_session() -> None:
    world = World()
    robot, other = world.player(), world.player("other", json=True)
    robot.feed(
        '{"type":"hello","nick":"robot"}\n{"type":"say","text":"a","ref":"1"}\n{"type":"say","text":"b"}\n'
    )
    robot.feed('{"type":"dm","to":"other","text":"c","ref":"2"}\n{"type":"dm","to":"other","text":"d"}\n')
    robot.feed('{"type":"users","ref":"3"}\n{"type":"ping","ref":"4"}\n{"type":"ping"}\n{"type":"quit"}\n')
    assert robot.lines() == [
        WELCOME.format(nick="robot", n=2, users=2),
        '{"type":"ack","ref":"1","id":2048000000}',
        '{"type":"ack","ref":"2","id":2048000002}',
        '{"type":"users","names":["other","robot"],"count":2,"ref":"3"}',
        '{"type":"pong","ref":"4"}',
        '{"type":"pong"}',
        '{"type":"bye","reason":"quit"}',
    ]
    assert other.lines() == [
        '{"type":"joined","names":["robot"],"count":1}',
        '{"type":"said","room":"lobby","id":2048000000,"from":"robot","text":"a","at":1000000}',
        '{"type":"said","room":"lobby","id":2048000001,"from":"robot","text":"b","at":1000000}',
        '{"type":"dm","id":2048000002,"from":"robot","to":"other","text":"c","at":1000000}',
        '{"type":"dm","id":2048000003,"from":"robot","to":"other","text":"d","at":1000000}',
    ]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("", "! a name has 1 to 32"),
        ("1abc", "! a name has 1 to 32"),
        ("CAP LS 302", "! a name has 1 to 32"),
        ("x" * 33, "! a name has 1 to 32"),
        ("Admin", "! the name Admin is reserved"),
        ("ALICE", "! the name ALICE is taken"),
        ("/users", "! a name has 1 to 32"),
        ("Zoë", "! names are ASCII: 1 to 32"),
        ("HELP", "! the name HELP is reserved"),
        ("al\x00ice", "! a name has 1 to 32"),
    ],
)
def test_a_refused_name_is_answered_and_the_prompt_stays(line: str, answer: str) -> None:
    world = World()
    world.players("alice")
    bob = world.player()
    bob.feed(line + "\n")
    (refusal,) = bob.lines()
    assert refusal.startswith(answer)
    bob.feed("bob\n")
    assert bob.lines() == ["* you are bob - 2 here - /help lists the commands"]


@pytest.mark.parametrize("line", ["/quit", "quit", "EXIT"])
def test_who_leaves_in_place_of_a_name_is_told_goodbye(line: str) -> None:
    world = World()
    (alice,) = world.players("alice")
    bob = world.player()
    bob.feed(line + "\nbob\n")
    assert bob.lines() == ["* bye"]
    assert bob.session.state is SessionState.LEAVING
    world.settle()
    assert alice.lines() == []


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"type":"say","text":"x","ref":"7"}', "no-nick"),
        ('{"type":"hello","nick":"alice","ref":"7"}', "taken-nick"),
        ('{"type":"hello","nick":"alice","token":"wrong"}', "taken-nick"),
        ('{"type":"hello","nick":"alice","token":"\u2603"}', "taken-nick"),
        ('{"type":"hello"}', "bad-json"),
        ("not json", "bad-json"),
    ],
)
def test_before_a_json_client_has_a_name(line: str, code: str) -> None:
    world = World()
    world.players("alice")
    robot = world.player()
    robot.feed('{"type":"ping"}\n' + line + "\n")
    pong, error = robot.lines()
    assert pong == '{"type":"pong"}'
    assert error.startswith(f'{{"type":"error","code":"{code}"')


def test_an_error_that_was_answered_is_freed_at_once() -> None:
    """Else its traceback, and what the frames in it hold, would wait for the garbage collection."""
    world = World()
    player = world.player()
    gc.collect()
    before = [one for one in gc.get_objects() if isinstance(one, ChatError)]
    gc.disable()
    try:
        player.feed("1bad\nserver\n")
        player.feed("bob\n/nonsense\n/dm nobody x\n")
        assert sum(line.startswith("! ") for line in player.lines()) == 4
        assert [one for one in gc.get_objects() if isinstance(one, ChatError)] == before
    finally:
        gc.enable()


@pytest.mark.parametrize("request_of", ['"say","text":"x"', '"users"'])
def test_a_room_that_one_is_not_in_is_refused(request_of: str) -> None:
    world = World()
    alice = world.player("alice")
    robot = world.player("robot", json=True)
    world.settle(alice, robot)
    dev = world.state.rooms.make("dev", "", 0)
    dev.add(alice.session)
    robot.feed(f'{{"type":{request_of},"room":"dev","ref":"7"}}\n')
    assert robot.lines() == [
        '{"type":"error","code":"not-in-room",'
        '"text":"you are not in the room dev; /join dev goes there","ref":"7"}'
    ]
    assert alice.lines() == []
    assert robot.session not in dev.members


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"type":"hello","nick":"other","ref":"7"}', "has-nick"),
        ('{"type":"say","text":"x","room":"attic","ref":"7"}', "no-such-room"),
        ('{"type":"users","room":"at\\u001btic","ref":"7"}', "no-such-room"),
        ('{"type":"dm","to":"nobody","text":"x","ref":"7"}', "no-such-nick"),
    ],
)
def test_requests_that_cannot_be_done_are_answered_with_their_ref(line: str, code: str) -> None:
    world = World()
    robot = world.player("robot", json=True)
    robot.feed(line + "\n")
    (error,) = robot.lines()
    assert error.startswith(f'{{"type":"error","code":"{code}"')
    assert "\\u001b" not in error
    assert error.endswith('"ref":"7"}') or code == "has-nick"


def test_a_name_that_is_not_here_is_shown_cleaned_and_cut() -> None:
    world = World()
    (alice,) = world.players("alice")
    alice.feed("/dm \x1b]0;" + "n" * 100 + " hi\n")
    assert alice.lines() == ["! ]0;" + "n" * 29 + " is not here; /users lists who is"]


def test_a_direct_message_to_who_does_not_read_is_an_error_and_takes_no_id() -> None:
    world = World(replace(DEFAULT, private_waiting=60))
    (alice,) = world.players("alice")
    bob = world.player("bob", ScriptedSocket((None,), rest=0))
    world.settle(alice)
    for _ in range(3):
        alice.feed("/dm bob 1234567890\n")  # 27 bytes for bob
        world.round()
    assert alice.lines()[-1] == "! bob is not reading; please try again later"
    assert bob.session.outbox.private == 54


def test_help_lists_every_command_that_can_be_typed() -> None:
    world = World()
    (alice,) = world.players("alice")
    robot = world.player("robot", json=True)
    alice.lines()
    alice.feed("/help\n")
    robot.feed('{"type":"help","ref":"1"}\n')
    lines = alice.lines()
    assert lines[:9] == [
        '* /bc "MESSAGE" - say it to everyone here, in the lobby; a line without a / goes to your room',
        '* /dm NAME "MESSAGE" - say it to NAME only',
        "* /me ACTION - tell your room what you do",
        "* /users [ROOM] - list who is in your room, or in ROOM",
        "* /join ROOM [KEY] - go to ROOM, and say there what you type; it is made where there is none",
        "* /leave [ROOM] - leave your room, or ROOM",
        "* /rooms - list the rooms",
        "* /topic [TEXT] - show the topic of your room, or set it",
        '* /say ROOM "MESSAGE" - say it in ROOM',
    ]
    assert lines == [f"* {request.syntax} - {request.help}" for request in COMMANDS]
    (listed,) = robot.lines()
    assert '{"syntax":"/rooms","help":"list the rooms"}' in listed


def test_a_line_that_is_too_long_closes_before_the_name_only() -> None:
    world = World()
    alice, client = world.player("alice"), world.player()
    alice.feed("x" * 4097 + "\nhi\n")
    client.feed("x" * 1025 + "\nbob\n")
    assert alice.lines() == ["! a line has at most 4096 bytes; please send shorter ones"]
    assert client.lines() == ["! a line has at most 1024 bytes; please send shorter ones"]
    assert (alice.session.state, client.session.state) == (SessionState.PRESENT, SessionState.LEAVING)


def test_ping_and_quit_cost_nothing() -> None:
    assert not costs(Ping())
    assert not costs(Quit())
    assert costs(Say(text="x"))
    assert costs(ChatError(Code.EMPTY, "x"))


def test_a_room_is_crowded_when_a_round_has_enough_to_carry() -> None:
    world = World()
    alice, bob = world.players("alice", "bob")
    line = "x" * 1000
    enough = DEFAULT.round_bytes // len(line) + 1
    sinks = [dispatch(world.state, alice.session, Say(text=line)) for _ in range(enough)]
    assert sinks[0] is world.lobby
    assert world.lobby.unflushed > DEFAULT.round_bytes
    assert world.lobby.crowded
    assert len(bob.lines()) == enough
    assert not world.lobby.crowded


@pytest.mark.parametrize(
    ("members", "slow", "held"),
    [(3, 1, False), (3, 2, True), (20, 2, False), (20, 3, True), (4, 0, False)],
)
def test_a_room_holds_its_talkers_for_more_than_a_tenth_and_at_least_two(
    members: int, slow: int, held: bool
) -> None:
    world = World()
    world.players(*(f"user{number}" for number in range(members)))
    world.lobby.assess(slow)
    assert world.lobby.crowded is held


def test_a_control_character_in_a_command_does_not_hide_it() -> None:
    world = World()
    (alice,) = world.players("alice")
    alice.feed("/us\x1bers\n")
    assert alice.lines() == ["* 1 here: alice"]


@pytest.mark.parametrize("json_first", [True, False])
def test_a_room_counts_the_longer_of_what_its_dialects_say(json_first: bool) -> None:
    world = World()
    world.player("first", json=json_first)
    world.player("second", json=not json_first)
    alice = world.player("alice")
    world.settle()
    alice.feed("x\n")
    assert world.lobby.unflushed > 70  # the JSON form
