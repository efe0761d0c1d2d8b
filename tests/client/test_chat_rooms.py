"""Rooms for bots, line mode, `chat send` and `chat tail`."""

from dataclasses import replace

import gevent
import pytest

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event, RoomInfo, TopicSet, Welcome
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import HERE, LOBBY, Say
from chatd_client import Chat
from chatd_client.arguments import parse
from tests.support import live
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import reconnected
from tests.support.scripted_server import BYE, YOU_ARE, ScriptedServer, said

pytestmark = pytest.mark.usefixtures("watchdog", "waits")

DEV = {"type": "room", "room": "dev", "users": 1, "topic": ""}
FULL = {"type": "error", "code": "too-many-rooms", "text": "there are too many rooms"}


def opened(peer: ScriptedServer) -> Chat:
    server = gevent.spawn(peer.welcome)
    chat = Chat(peer.target, reconnect=True)
    server.get()
    return chat


def leave(al: Chat, peer: ScriptedServer) -> None:
    leaving = gevent.spawn(al.__exit__, None)
    peer.hears_quit()
    leaving.get()


def joins(al: Chat, peer: ScriptedServer, room: str) -> None:
    joining = gevent.spawn(al.join, room)
    peer.hears(type="join", room=room, ref=f"join {room}")
    peer.says(DEV | {"room": room, "ref": f"join {room}"})
    joining.get()


# -- bots ------------------------------------------------------------------------------------------------


def test_a_bot_in_a_room() -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        with Chat(server.addresses[0].replace("tcp://", "al@")) as al:
            al.join("#Dev")
            bob.send("/join dev")
            bob.until(r"\* #dev - 2 here - no topic")
            al.say("hi", room="dev")
            al.send(Say(text="again", room=HERE))
            al.topic("dev", " what we build ")
            assert al.flush() == []
            bob.until("#dev <al> hi")
            bob.expect("#dev <al> again", r"\* al set the topic of #dev: what we build")
            al.leave("dev")
            bob.expect(r"\* al left #dev")
            al.send(Say(text="to all", room=HERE))
            bob.expect("<al> to all")
            events = next(al.batches())
            assert [type(event) for event in events if isinstance(event, RoomInfo | TopicSet)] == [
                RoomInfo,
                TopicSet,
            ]


def test_what_a_bot_may_not_do_in_rooms() -> None:
    with (
        live.serving(replace(DEFAULT, rooms_a_person=1)) as server,
        Chat(server.addresses[0].replace("tcp://", "al@")) as al,
    ):
        al.join("dev")
        with pytest.raises(ChatError, match="you are in 1 rooms; please leave one") as refused:
            al.join("ops")
        assert refused.value.code == Code.TOO_MANY_ROOMS
        al.leave("dev")
        al.say("hi", room="dev")
        al.topic("dev", "x")
        assert [refused.why for refused in al.flush()] == ["there is no room dev; /rooms lists them"] * 2
        with pytest.raises(ChatError, match="there is no room dev"):
            al.leave("dev")
        with pytest.raises(ChatError, match="everyone is in the lobby"):
            al.leave(LOBBY)
        with pytest.raises(ChatError, match="a room's name has 1 to 32"):
            al.join("no room")


def test_a_bot_that_comes_back_is_in_its_rooms_again(peer: ScriptedServer) -> None:
    al = opened(peer)
    for room in ("dev", "old", "ops"):
        joins(al, peer, room)
    leaving = gevent.spawn(al.leave, "old")
    peer.hears(type="leave", room="old", ref="leave old")
    al.say("hi", room="dev")
    peer.hears(type="say", text="hi", room="dev", ref="1")
    flushing = gevent.spawn(al.flush)
    peer.hangs_up()
    reconnected(peer)
    peer.hears(type="join", room="dev", ref="rejoin dev")
    peer.hears(type="join", room="ops", ref="rejoin ops")
    peer.hears(type="say", text="hi", room="dev", ref="1")
    leaving.get()  # it is not there any more
    peer.says(DEV | {"ref": "rejoin dev"}, FULL | {"ref": "rejoin ops"}, {"type": "ack", "ref": "1", "id": 1})
    assert flushing.get() == []
    events: list[Event] = next(al.batches())
    assert [event.ref for event in events if isinstance(event, Error)] == ["rejoin ops"]
    peer.hangs_up()
    iterating = gevent.spawn(next, iter(al))
    reconnected(peer)
    peer.hears(type="join", room="dev", ref="rejoin dev")
    assert isinstance(iterating.get(), Welcome)
    leave(al, peer)


def test_a_room_that_was_asked_for_when_the_link_broke(peer: ScriptedServer) -> None:
    al = opened(peer)
    for answer in (DEV, FULL):
        joining = gevent.spawn(al.join, "dev")
        peer.hears(type="join", room="dev", ref="join dev")
        peer.hangs_up()
        reconnected(peer)
        peer.hears(type="join", room="dev", ref="rejoin dev")
        assert not joining.ready()
        peer.says(answer | {"ref": "rejoin dev"})
        if answer is DEV:
            joining.get()
    joining.join()
    assert str(joining.exception) == "there are too many rooms"
    leave(al, peer)


def test_a_server_whose_lines_are_too_short_for_a_room(peer: ScriptedServer) -> None:
    al = opened(peer)
    joins(al, peer, "dev")
    peer.hangs_up()
    next(al.batches())
    coming_back = gevent.spawn(next, al.batches())
    reconnected(peer, limits={"line": 30, "name": 32})
    assert [type(event) for event in coming_back.get()] == [Error]
    leave(al, peer)


# -- line mode -------------------------------------------------------------------------------------------


def test_what_is_typed_goes_to_the_current_room() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types(
            '/join #Dev\none\n/bc two\n/say ops "three"\n/topic\n/topic what we build\n/users\n/rooms\n'
        )
        peer.hears(type="join", room="dev", ref="join dev")
        peer.hears(type="say", text="one", room="dev", ref="1")
        peer.hears(type="say", text="two", ref="2")
        peer.hears(type="say", text="three", room="ops", ref="3")
        peer.hears(type="topic", room="dev")
        peer.hears(type="topic", room="dev", text="what we build", ref="4")
        peer.hears(type="users", room="dev")
        peer.hears(type="rooms")
        peer.says(DEV | {"ref": "join dev"}, said("hello") | {"room": "dev"})
        peer.says(*({"type": "ack", "ref": str(ref), "id": ref} for ref in range(1, 5)))
        rooms = [
            {"room": "lo\nbby", "users": 2, "topic": ""},
            {"room": "dev", "users": 1, "topic": "x\x1b\ny"},
        ]
        peer.says({"type": "rooms", "rooms": rooms, "count": 2})
        peer.says({"type": "users", "names": ["alice"], "count": 1, "room": "d\nev"})
        chat.shows("#d ev: alice\n")
        chat.types("/leave\nfour\n/join x y z\n/join -\n")
        peer.hears(type="leave", room="dev", ref="leave dev")
        peer.hears(type="say", text="four", ref="5")
        peer.says({"type": "left", "names": ["alice"], "count": 1, "room": "dev", "ref": "leave dev"})
        peer.says({"type": "ack", "ref": "5", "id": 5})
        chat.closes_keyboard()
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert (code, screen) == (
        0,
        f"{YOU_ARE}* #dev - 1 here - no topic\n#dev <bob> hello\n* 2 rooms:\n* #lo bby - 2 here\n"
        "* #dev - 1 here - x y\n* 1 in #d ev: alice\n* alice left #dev\n* bye\n",
    )
    assert errors.startswith("! please write /join ROOM [KEY]\n! a room's name has 1 to 32")


def test_after_a_join_that_is_refused_nothing_goes_to_everyone() -> None:
    with live.serving(replace(DEFAULT, rooms_a_person=0)) as server:
        bob = live.Peer(server, "bob")
        with ChatProcess(server.addresses[0].replace("tcp://", "alice@")) as chat:
            chat.types("/join dev\nonly for dev\n")
            chat.shows("! there is no room dev; /rooms lists them\n")
            chat.types("for all\n/quit\n")
            bob.expect(r"\* alice joined", "<alice> for all", r"\* alice left")
            assert chat.ends()[0] == 0


# -- chat send and chat tail -------------------------------------------------------------------------------


def test_everything_is_sent_to_a_room() -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        bob.send("/join dev")
        bob.until(r"\* #dev - .*")
        target = server.addresses[0].replace("tcp://", "alice@")
        with ChatProcess("send", "--room", "#Dev", target) as chat:
            chat.types("one\n/two\n")
            chat.closes_keyboard()
            bob.expect(r"\* alice joined", r"\* alice joined #dev", "#dev <alice> one", "#dev <alice> /two")
            bob.expect(r"\* alice left")
            assert chat.ends() == (0, "", "")


def test_a_room_that_refuses_gets_nothing() -> None:
    with ScriptedServer() as peer, ChatProcess("send", "--room", "dev", peer.target, "text") as chat:
        peer.welcome()
        peer.hears(type="join", room="dev", ref="join dev")
        peer.says(FULL | {"ref": "join dev"})
        peer.hears_quit()
        assert chat.ends() == (3, "", "! nothing was sent: there are too many rooms\n")


def test_tail_shows_what_is_said_in_rooms() -> None:
    rooms = ("--room", "dev", "--room=#Ops", "--room=DEV")
    with ScriptedServer() as peer, ChatProcess("tail", *rooms, "--time-format=", peer.target) as chat:
        peer.welcome()
        peer.hears(type="join", room="dev", ref="join dev")
        peer.hears(type="join", room="ops", ref="join ops")
        peer.says(DEV | {"ref": "join dev"}, FULL | {"ref": "join ops"})
        peer.says(said("here") | {"room": "dev"}, said("there"), BYE)
        assert chat.ends() == (1, "#dev <bob> here\n<bob> there\n", "! there are too many rooms\n! quit\n")


def test_tail_comes_back_to_its_rooms() -> None:
    with (
        ScriptedServer() as peer,
        ChatProcess("tail", "--reconnect", "--room", "dev", peer.target, at_once=True) as chat,
    ):
        peer.welcome()
        peer.hears(type="join", room="dev", ref="join dev")
        peer.hangs_up()
        reconnected(peer)
        peer.hears(type="join", room="dev", ref="join dev")
        chat.process.kill()
        chat.ends()


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("send --room -x host", "--room needs a value behind it"),
        ("send --room=a.b host", "a room's name has 1 to 32 characters"),
        ("send --room dev --to bob host", "please give --to or --room"),
        ("tail --room a.b", "a room's name has 1 to 32 characters"),
    ],
)
def test_wrong_rooms_are_wrong_usage(words: str, why: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(words.split(), terminal=False)
    assert why in capsys.readouterr().err
