"""`Chat(..., reconnect=True)`: it comes back, writes again what has no answer, and ends with a sentence."""

from collections.abc import Iterator
from typing import Any

import gevent
import pytest
from gevent.event import Event as Flag

from chatd.protocol.events import (
    Ack,
    Bye,
    Error,
    Event,
    Said,
    Welcome,
)
from chatd.protocol.requests import Say
from chatd_client import Chat, LinkError, Undelivered
from tests.support.link_fixture import reconnected
from tests.support.scripted_server import BYE, WELCOME, ScriptedServer, said

pytestmark = pytest.mark.usefixtures("watchdog")

GOING_DOWN = {"type": "bye", "reason": "the server is going down"}


@pytest.fixture
def al(peer: ScriptedServer, waits: list[float]) -> Chat:
    return opened(peer)


def opened(peer: ScriptedServer, **options: Any) -> Chat:
    server = gevent.spawn(peer.welcome)
    chat = Chat(peer.target, reconnect=True, **options)
    server.get()
    return chat


def leave(al: Chat, peer: ScriptedServer) -> None:
    leaving = gevent.spawn(al.__exit__, None)
    peer.hears_quit()
    leaving.get()


def next_events(al: Iterator[Event], count: int) -> list[type[Event]]:
    return [type(next(al)) for _ in range(count)]


def test_it_comes_back_with_its_name(peer: ScriptedServer, al: Chat) -> None:
    events = iter(al)
    peer.says(said("one"))
    peer.hangs_up()
    assert next_events(events, 2) == [Welcome, Said]
    server = gevent.spawn(reconnected, peer, seen=1, token="newer")
    assert next(events) == al.welcome
    server.get()
    assert al.welcome.token == "newer"
    peer.says(said("two"), GOING_DOWN)
    assert next_events(events, 2) == [Said, Bye]  # the bye ends nothing
    coming_back = gevent.spawn(next_events, events, 1)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="newer", seen=1)
    peer.says(WELCOME)
    assert coming_back.get() == [Welcome]
    leave(al, peer)


def test_what_has_no_answer_is_written_again_in_its_order(peer: ScriptedServer, al: Chat) -> None:
    for text in ("one", "two", "three"):
        al.say(text)
    for ref, text in enumerate(("one", "two", "three"), 1):
        peer.hears(type="say", text=text, ref=str(ref))
    peer.says({"type": "ack", "ref": "2", "id": 1})
    peer.hangs_up()
    al.say("four")  # into the broken link
    flushing = gevent.spawn(al.flush)
    reconnected(peer)
    for ref, text in ((1, "one"), (3, "three"), (4, "four")):
        peer.hears(type="say", text=text, ref=str(ref))
    al.say("five")
    peer.hears(type="say", text="five", ref="5")
    assert peer.has_heard_nothing()
    peer.says(*({"type": "ack", "ref": str(ref), "id": ref} for ref in (1, 3, 4, 5)))
    assert flushing.get() == []
    assert (al.sent, al.answered) == (5, 5)
    leave(al, peer)


def test_attempts_go_on_until_the_server_is_there(
    peer: ScriptedServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    al = opened(peer)
    al.on_break = told.append
    peer.hangs_up()
    events = iter(al)
    assert next_events(events, 1) == [Welcome]
    coming_back = gevent.spawn(next_events, events, 1)
    for _ in range(3):  # a server that starts: it accepts, and closes
        peer.accept_again()
        peer.hangs_up()
    reconnected(peer)
    assert coming_back.get() == [Welcome]
    assert (len(waits), told) == (4, ["the server closed the connection"])
    leave(al, peer)


def test_a_name_that_somebody_else_has_by_now_ends_it(peer: ScriptedServer, al: Chat) -> None:
    al.say("hi")
    peer.hears(type="say", text="hi", ref="1")
    peer.hangs_up()
    flushing = gevent.spawn(refused_to_flush, al)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=0)
    peer.says({"type": "error", "code": "taken-nick", "text": "the name alice is taken"})
    assert flushing.get() == "the name alice is taken"
    with pytest.raises(LinkError, match="the name alice is taken"):
        list(al)
    al.__exit__(None)


def refused_to_flush(al: Chat) -> str:
    with pytest.raises(LinkError) as caught:
        al.flush()
    return str(caught.value)


def test_another_name_where_there_are_others(peer: ScriptedServer, waits: list[float]) -> None:
    al = opened(peer, others=["alice2"])
    peer.hangs_up()
    events = iter(al)
    coming_back = gevent.spawn(next_events, events, 2)
    peer.accept_again()
    peer.hears(type="hello", nick="alice", token="secret", seen=0)
    peer.says({"type": "error", "code": "taken-nick", "text": "taken"})
    peer.hears(type="hello", nick="alice2", token="secret", seen=0)
    peer.says(WELCOME | {"nick": "alice2", "token": "newer"})
    assert coming_back.get() == [Welcome, Welcome]
    peer.hangs_up()
    coming_back = gevent.spawn(next_events, events, 1)
    peer.accept_again()
    peer.hears(type="hello", nick="alice2", token="newer", seen=0)
    peer.says(WELCOME | {"nick": "alice2"})
    assert coming_back.get() == [Welcome]
    leave(al, peer)


def test_leaving_while_there_is_no_link(peer: ScriptedServer, al: Chat) -> None:
    """Nobody has to be told, and there is no attempt any more."""
    peer.hangs_up()
    waiting = gevent.spawn(list, al)
    peer.accept_again()  # so it is coming back
    al.__exit__(None)
    assert [type(event) for event in waiting.get()] == [Welcome]


def test_leaving_a_link_of_which_nobody_knows_yet_that_it_broke(peer: ScriptedServer, al: Chat) -> None:
    peer.says(GOING_DOWN)
    peer.hangs_up()
    events = iter(al)
    assert next_events(events, 2) == [Welcome, Bye]
    al.__exit__(None)
    assert list(events) == []


def test_a_server_that_takes_less_than_the_one_before(peer: ScriptedServer, al: Chat) -> None:
    al.say("x" * 100)
    al.say("short")
    peer.hangs_up()
    flushing = gevent.spawn(al.flush)
    reconnected(peer, limits={"line": 60, "name": 32})
    peer.hears(type="say", text="short", ref="2")
    peer.says({"type": "ack", "ref": "2", "id": 1})
    too_long = "a line has at most 60 bytes; please send shorter ones"
    assert flushing.get() == [Undelivered(Say(text="x" * 100, ref="1"), too_long)]
    assert next_events(iter(al), 4) == [Welcome, Error, Welcome, Ack]
    leave(al, peer)


def test_a_sender_to_whom_only_others_speak_does_not_give_up(
    peer: ScriptedServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that holds its talkers acknowledges nothing; that it says anything at all is enough."""
    monkeypatch.setattr("chatd_client.link.PING_AFTER", 0.001)
    al = opened(peer)
    al.say("hi")
    flushing = gevent.spawn(al.flush)
    peer.hears(type="say", text="hi", ref="1")
    for answer in (said("others talk"), {"type": "pong"}, {"type": "held", "for": 9}, {"type": "pong"}):
        peer.hears(type="ping")
        peer.says(answer)
    peer.says({"type": "ack", "ref": "1", "id": 1})
    assert flushing.get() == []
    assert not waits
    monkeypatch.undo()
    al.__exit__(ValueError)


# -- Ctrl-C ------------------------------------------------------------------------------------------------


def iterating(al: Chat) -> Any:
    """A greenlet that has entered the block and iterates in it, and is to be interrupted there."""
    inside = Flag()

    def iterate() -> None:
        with pytest.raises(KeyboardInterrupt), al:
            inside.set()
            list(al)

    running = gevent.spawn(iterate)
    inside.wait()
    return running


def test_after_ctrl_c_it_says_goodbye_behind_what_was_written(peer: ScriptedServer, al: Chat) -> None:
    running = iterating(al)
    al.say("hi")
    peer.hears(type="say", text="hi", ref="1")
    gevent.kill(running, KeyboardInterrupt())
    peer.hears(type="quit")
    peer.says(said("meanwhile"), BYE)
    running.get()


def test_after_ctrl_c_nobody_is_waited_for_who_does_not_answer(
    peer: ScriptedServer, al: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatd_client.chat.GOODBYE_TIME", 0.001)
    with pytest.raises(KeyboardInterrupt), al:
        raise KeyboardInterrupt
    peer.hears(type="quit")


def test_ctrl_c_without_a_link(peer: ScriptedServer, al: Chat) -> None:
    running = iterating(al)
    peer.hangs_up()
    peer.accept_again()
    gevent.kill(running, KeyboardInterrupt())
    running.get()
