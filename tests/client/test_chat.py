"""The library: `chatd_client.Chat` in this process, against a real or a scripted server."""

from itertools import islice

import gevent
import msgspec
import pytest

import chatd_client
from chatd.net.server import Server
from chatd.protocol.errors import ChatError, ConfigError
from chatd.protocol.events import (
    Ack,
    Bye,
    DirectMessage,
    Error,
    Event,
    Said,
    Sent,
    Skipped,
    UserList,
    Welcome,
)
from chatd.protocol.requests import Direct, Hello, Users
from chatd_client import Chat, LinkError, backlog, chat
from chatd_client.link import NameRefused
from tests.support import live
from tests.support.scripted_server import BYE, ScriptedServer, said


def address(server: Server) -> str:
    return server.addresses[0].removeprefix("tcp://")


def test_the_echo_bot_of_the_documentation() -> None:
    shown = [line[4:] for line in (chat.__doc__ or "").splitlines() if line.startswith("    ")]
    assert 0 < len(shown) <= 10
    script = "\n".join(shown)
    with live.serving() as server:
        bot = gevent.spawn(exec, script.replace("127.0.0.1:5050", address(server)), {})
        with Chat(f"alice@{address(server)}") as alice:
            names: list[str] = []
            while "echo" not in names:  # ask until it is here
                alice.send(Users(ref="who"))
                names = next(event for event in alice if isinstance(event, UserList)).names
            alice.say("hello?")
            alice.say("echo  ")  # nothing that it could say
            alice.say("echo hi")
            alice.direct("echo", "and you?")
            assert alice.flush() == []
            heard = (event for event in alice if isinstance(event, Said | DirectMessage))
            assert [(each.sender, each.text) for each in islice(heard, 2)] == [
                ("echo", "hi"),
                ("echo", "and you?"),
            ]
        bot.kill()


def test_what_was_refused() -> None:
    with live.serving() as server, Chat(f"al@{address(server)}") as al:
        al.say("hi")
        al.direct("nobody", "psst")
        al.direct("al", "a note")
        assert (al.nick, al.sent) == ("al", 3)
        assert al.flush() == [
            chatd_client.Undelivered(
                Direct("nobody", "psst", ref="2"), "nobody is not here; /users lists who is"
            )
        ]
        assert (al.answered, al.flush()) == (3, [])
        kinds = [type(event) for event in islice(al, 5)]
    assert kinds[:3] == [Welcome, Ack, Error]
    assert set(kinds[3:]) == {DirectMessage, Sent}


def test_what_no_server_would_take() -> None:
    with live.serving() as server, Chat(f"al@{address(server)}") as al:
        with pytest.raises(ChatError, match="empty"):
            al.say(" \x1b ")
        with pytest.raises(ChatError, match="at most 4096 bytes"):
            al.direct("bob", "x" * 4096)
        assert (al.sent, al.flush()) == (0, [])
    with pytest.raises(ConfigError, match="a name has"):
        Chat("a b@host")


def test_leaving_the_block_says_goodbye_and_an_exception_does_not() -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        with Chat(f"al@{address(server)}") as al:
            al.say("so long")
        bob.expect(r"\* al joined", "<al> so long", r"\* al left")
        with pytest.raises(ZeroDivisionError), Chat(f"al@{address(server)}"):
            raise ZeroDivisionError
        bob.expect(r"\* al joined", r"\* al lost connection \(closed\)")


def test_the_servers_bye_ends_the_iteration() -> None:
    with live.serving() as server, Chat(f"al@{address(server)}") as al:
        gevent.spawn(server.stop)
        heard = list(al)
        assert heard[-1] == Bye(reason="the server is going down")
        assert list(al) == []
        with pytest.raises(LinkError, match="going down"):
            al.say("x")
            al.flush()


def test_cut_off_after_all_that_was_said() -> None:
    with ScriptedServer() as peer:
        server = gevent.spawn(peer.welcome)
        heard: list[Event] = []
        with gevent.Timeout(10), pytest.raises(LinkError, match="closed the connection"):  # noqa: SIM117
            with Chat(peer.target) as al:
                server.get()
                peer.says(said("last"))
                peer.hangs_up()
                for event in al:
                    heard.append(event)
    assert [type(event) for event in heard] == [Welcome, Said]


def test_who_does_not_iterate_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = said("8"), said("9"), {"type": "ack", "ref": "1", "id": 1}
    monkeypatch.setattr(
        backlog, "BACKLOG", sum(backlog.OVERHEAD + len(msgspec.json.encode(each)) for each in kept)
    )
    with ScriptedServer() as peer, gevent.Timeout(10):
        server = gevent.spawn(peer.welcome)
        with Chat(peer.target) as al:
            server.get()
            al.say("hi")
            peer.hears(type="say", text="hi", ref="1")
            peer.says(*(said(f"{number}") for number in range(10)), {"type": "ack", "ref": "1", "id": 1})
            al.flush()
            events = iter(al)
            assert next(events) == Skipped(room="lobby", count=9)  # the welcome, and eight messages
            assert [next(events) for _ in range(3)] == [
                Said(room="lobby", id=1, sender="bob", text="8", at=0),
                Said(room="lobby", id=1, sender="bob", text="9", at=0),
                Ack(ref="1", id=1),
            ]
            bye = gevent.spawn(peer.hears, type="quit")
            bye.link(lambda _: peer.says(BYE))


def sending(al: Chat) -> list[chatd_client.Undelivered]:
    al.say("hi")
    return al.flush()


def test_one_greenlet_iterates_while_another_sends() -> None:
    with ScriptedServer() as peer, gevent.Timeout(10):
        server = gevent.spawn(peer.welcome)
        with Chat(peer.target) as al:
            server.get()
            heard: list[Event] = []
            listener = gevent.spawn(heard.extend, al)
            sender = gevent.spawn(sending, al)
            peer.hears(type="say", text="hi", ref="1")
            peer.says(said("before"), {"type": "ack", "ref": "1", "id": 1})
            assert sender.get() == []
            peer.says(BYE)
            listener.get()
            assert [type(event) for event in heard] == [Welcome, Said, Ack, Bye]


def test_names_and_tokens() -> None:
    with live.serving() as server:
        bob = live.Peer(server, "bob")
        host = live.address_of(server.addresses[0])
        with pytest.raises(NameRefused, match="bob"):
            chatd_client.link.connect(*host, Hello("bob"))
        with chatd_client.link.connect(*host, Hello("bob"), "bob2", "bob3") as link:
            assert link.welcome.nick == "bob2"
            with chatd_client.link.connect(*host, Hello("bob2", link.welcome.token)) as taken_over:
                assert taken_over.welcome.nick == "bob2"
        bob.expect(r"\* bob2 joined")
