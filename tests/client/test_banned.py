"""Who is banned from the server, or put out of a room: each program says so once, and does not come again."""

import gevent
import pytest

from chatd.protocol.events import Bye, Error, Welcome
from chatd.protocol.requests import Quit
from chatd_client import Chat, LinkError
from chatd_client.link import Banned
from chatd_client.redial import Redial, dial
from chatd_client.updates import LinkChanged, LinkState
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import CONNECTING, LinkFixture, online
from tests.support.scripted_server import YOU_ARE, ScriptedServer, page, room_of, said

pytestmark = pytest.mark.usefixtures("watchdog")

WHY = "you are banned until 2026-11-27 10:00 UTC, by bob (spam)"
BAN = {"type": "error", "code": "banned", "text": WHY}
BYE = {"type": "bye", "reason": WHY}
BANNED = LinkChanged(LinkState.OFFLINE, WHY)
ACT = {"type": "acted", "act": "mute", "room": "lobby", "id": 5, "at": 0, "by": "bob", "whom": "eve"}
KICKED = {"type": "left", "names": ["alice"], "count": 1, "room": "dev", "reason": "kicked"}


def test_the_screen_does_not_come_to_a_server_that_bans(peer: ScriptedServer) -> None:
    fixture = LinkFixture(peer)
    peer.accept()
    peer.says(BAN)
    fixture.expect(CONNECTING, BANNED)
    fixture.greenlet.get()
    assert fixture.backoff.waits == 0


def test_the_screen_ends_when_it_is_banned(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(BAN, BYE)
    peer.hangs_up()
    fixture.expect(Error)
    fixture.greenlet.get()
    updates = [fixture.updates.get() for _ in range(len(fixture.updates))]
    assert updates[-1] == BANNED and CONNECTING not in updates


def test_a_ban_from_a_room_ends_nothing(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says(BAN | {"ref": "join dev"})
    peer.says(BAN | {"text": "you are banned from #dev, by bob"})
    peer.hangs_up()
    fixture.expect(Error, Error)
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "the server closed the connection"))
    fixture.link.leave(Quit())
    fixture.greenlet.get()


def test_a_bot_ends_with_the_sentence(peer: ScriptedServer, waits: list[float]) -> None:
    server = gevent.spawn(peer.welcome)
    chat = Chat(peer.target, reconnect=True)
    server.get()
    peer.says(BAN, BYE)
    peer.hangs_up()
    events = iter(chat)
    assert [type(next(events)) for _ in range(3)] == [Welcome, Error, Bye]
    with pytest.raises(LinkError, match="you are banned until"):
        next(events)
    chat.__exit__(None)
    assert waits == []


def test_what_comes_back_to_a_ban_ends(peer: ScriptedServer, waits: list[float]) -> None:
    redial = Redial(dial("127.0.0.1", peer.port), "alice")
    server = gevent.spawn(peer.welcome)
    with redial.first():
        server.get()
        peer.hangs_up()

    def bans() -> None:
        peer.accept_again()
        peer.says(BAN)

    refusing = gevent.spawn(bans)
    with pytest.raises(Banned, match="by bob"):
        redial.again()
    refusing.get()
    assert waits == [0.0]


@pytest.mark.parametrize("mode", [(), ("tail", "--reconnect"), ("send",), ("log", "lobby")])
def test_every_program_says_it_once(mode: tuple[str, ...]) -> None:
    what = ["hi"] if "send" in mode else []
    with ScriptedServer() as peer, ChatProcess(*mode, peer.target, *what) as chat:
        peer.accept()
        peer.says(BAN)
        assert chat.ends() == (1, "", f"! {WHY}\n")


@pytest.mark.parametrize("mode", [(), ("tail", "--reconnect"), ("log", "lobby")])
def test_every_program_says_it_once_on_its_link(mode: tuple[str, ...]) -> None:
    with ScriptedServer() as peer, ChatProcess(*mode, peer.target) as chat:
        peer.welcome()
        if "log" in mode:
            peer.hears(type="history", room="lobby", limit=1, ref="log")
        peer.says(BAN, BYE)
        peer.hangs_up()
        assert chat.ends() == (1, "" if mode else YOU_ARE, f"! {WHY}\n")


def test_a_kill_is_told(peer: ScriptedServer) -> None:
    fixture = online(peer)
    peer.says({"type": "bye", "reason": "bob ended your connection (go to bed)"})
    fixture.updates.get()
    fixture.expect(LinkChanged(LinkState.RECONNECTING, "bob ended your connection (go to bed)"))
    assert fixture.backoff.waits == 1
    fixture.link.leave(Quit())
    fixture.greenlet.get()


def test_what_is_typed_in_line_mode_by_who_was_put_out_is_said_nowhere_else() -> None:
    with ScriptedServer() as peer, ChatProcess(peer.target) as chat:
        peer.welcome()
        chat.types("/join dev k\n")
        peer.hears(type="join", room="dev", key="k", ref="join dev")
        peer.says(room_of("dev") | {"ref": "join dev"})
        chat.shows(f"{YOU_ARE}* #dev - 2 here - no topic\n")
        peer.says(ACT | {"act": "kick", "room": "dev", "whom": "alice"}, KICKED, said("after that"))
        chat.shows("* bob put alice out of #dev\n<bob> after that\n")
        chat.types("only for dev\n")
        peer.hears(type="say", room="dev", text="only for dev", ref="1")
        peer.says({"type": "error", "code": "not-in-room", "text": "you are not there", "ref": "1"})
        chat.types("/kick bob\n/quit\n")
        peer.hears(type="kick", room="dev", nick="bob")
        peer.hears_quit()
        code, _, errors = chat.ends()
    assert code == 0 and errors.startswith("! you are not in #dev any more: kicked; /join dev goes back;")


def test_tail_prints_acts_and_says_where_it_is_not_any_more() -> None:
    act = ACT | {"room": "dev"}
    with ScriptedServer() as peer:
        options = ("--time-format=", "--history", "2", "--room", "dev")
        with ChatProcess("tail", *options, peer.target) as chat:
            peer.welcome()
            peer.hears(type="join", room="dev", ref="join dev")
            peer.says(room_of("dev") | {"ref": "join dev"}, act | {"id": 6, "whom": "mallory"})
            peer.hears(type="history", room="dev", limit=2, ref="history dev")
            peer.says(page("dev", act))
            chat.shows("* bob muted eve in #dev\n* bob muted mallory in #dev\n")
            peer.says(KICKED)
            peer.hangs_up()
            code, _, errors = chat.ends()
    assert code == 1 and errors.startswith("! not in dev any more: kicked\n")


def test_the_log_has_acts() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "--json", "lobby", peer.target) as chat:
        peer.welcome()
        peer.hears(type="history", room="lobby", limit=1, ref="log")
        peer.says(page("lobby", ACT, ref="log"))
        peer.hears(type="history", room="lobby", after=0, limit=500, ref="log")
        peer.says(page("lobby", ACT, ref="log"))
        peer.hears_quit()
        code, screen, _ = chat.ends()
    assert code == 0
    assert screen == ('{"type":"acted","act":"mute","room":"lobby","id":5,"at":0,"by":"bob","whom":"eve"}\n')
