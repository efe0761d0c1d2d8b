"""How a program comes by a name that is registered, against a scripted server."""

from pathlib import Path
from typing import Any

import gevent
import pytest
from msgspec.structs import replace

from chatd.protocol.events import Event, LineLimits, Welcome
from chatd.protocol.people_events import Done, Renamed
from chatd.protocol.people_requests import Away, Register, Unregister
from chatd_client import Chat
from chatd_client.device_tokens import DeviceTokens
from chatd_client.link import Link, LinkError, PasswordNeeded, PasswordNotTaken
from chatd_client.login import TRIES, Login, device_name, with_device
from chatd_client.redial import Redial, dial
from tests.support.chat_process import ChatProcess
from tests.support.scripted_server import BYE, WELCOME, ScriptedServer, room_of, said

pytestmark = pytest.mark.usefixtures("watchdog")

ACCOUNT = WELCOME | {"account": True, "resumed": True, "token": "device"}
NEEDED = {"type": "error", "code": "password-needed", "text": "alice is registered"}
ACCOUNT_WELCOME = Welcome("alice", "mine", "s", 1, LineLimits(4096, 32), account=True)
WRONG = {"type": "error", "code": "wrong-password", "text": "that is wrong"}


def answers(peer: ScriptedServer, answer: dict[str, Any], **hello: object) -> None:
    """The next connection says this, and gets that."""
    peer.accept_again()
    peer.hears(type="hello", **({"nick": "alice"} | hello))
    peer.says(answer)


def with_password(password: str) -> dict[str, str]:
    return {"password": password, "device": device_name()}


def opening(peer: ScriptedServer, login: Login, *others: str) -> Any:
    login.begin("alice")
    redial = Redial(dial("127.0.0.1", peer.port, others, own=login.own), "alice", login=login)

    def first() -> Link | LinkError:
        try:
            return redial.first()
        except LinkError as error:
            return error

    return gevent.spawn(first)


def test_the_token_of_this_device_is_given_and_the_newer_one_kept(
    peer: ScriptedServer, tmp_path: Path
) -> None:
    tokens = DeviceTokens(tmp_path)
    tokens.keep("alice", "old")
    opened = opening(peer, Login(tokens=tokens))
    answers(peer, ACCOUNT, token="old")
    with opened.get() as link:
        events: list[Event] = next(iter(link))
    assert link.welcome.account and not link.welcome.resumed  # nothing is told again
    assert events == [link.welcome] and tokens.find("alice") == "device"


def test_a_token_that_is_not_known_is_forgotten_and_the_password_asked_for(
    peer: ScriptedServer, tmp_path: Path
) -> None:
    asked: list[tuple[str, str]] = []

    def ask(name: str, why: str) -> str:
        asked.append((name, why))
        return f"password{len(asked)}" + "!" * 300 * (len(asked) == 3)

    tokens = DeviceTokens(tmp_path)
    tokens.keep("alice", "old")
    opened = opening(peer, Login(tokens=tokens, ask=ask), "alice2")
    answers(peer, NEEDED, token="old")
    answers(peer, WRONG, **with_password("password1"))
    assert tokens.find("alice") is None
    answers(peer, WRONG, **with_password("password2"))
    answers(peer, WRONG, **with_password("password3" + "!" * 248))  # longer than any password
    assert isinstance(opened.get(), PasswordNeeded)
    assert asked == [("alice", ""), ("alice", "that is wrong"), ("alice", "that is wrong")]


def test_a_name_that_is_not_ones_own_is_varied(peer: ScriptedServer) -> None:
    opened = opening(peer, Login(own=False), "alice2")
    answers(peer, NEEDED)
    peer.hears(type="hello", nick="alice2")
    peer.says(WELCOME | {"nick": "alice2"})
    with opened.get() as link:
        assert link.welcome.nick == "alice2"


def test_nobody_is_asked_where_no_password_is_taken(peer: ScriptedServer) -> None:
    login = Login(ask=lambda name, why: "password")
    login.give("password")
    opened = opening(peer, login)
    answers(peer, {"type": "error", "code": "not-private", "text": "no"}, **with_password("password"))
    assert isinstance(error := opened.get(), PasswordNotTaken) and str(error) == "no"


def test_who_has_no_account_any_more_keeps_no_token(peer: ScriptedServer, tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    tokens.keep("alice", "old")
    opened = opening(peer, Login(tokens=tokens))
    answers(peer, WELCOME, token="old")
    with opened.get():
        assert tokens.find("alice") is None


def test_a_bot_with_a_password_gives_it_again_when_its_token_is_not_taken(
    peer: ScriptedServer, waits: list[float]
) -> None:
    making = gevent.spawn(lambda: Chat(peer.target, password="password", reconnect=True))
    answers(peer, ACCOUNT, **with_password("password"))
    chat = making.get()
    assert chat.welcome.token == "device"
    peer.hangs_up()
    events = iter(chat)
    coming = gevent.spawn(lambda: [next(events), next(events)])
    answers(peer, NEEDED, token="device")
    answers(peer, ACCOUNT | {"token": "newer"}, **with_password("password"))
    assert [type(event) for event in coming.get()] == [Welcome, Welcome] and chat.welcome.token == "newer"
    peer.says({"type": "mark", "id": 7})
    peer.hangs_up()

    def ends() -> None:
        with pytest.raises(LinkError, match="that is wrong"):
            next(events)

    ending = gevent.spawn(ends)
    answers(peer, NEEDED, token="newer", seen=7)
    answers(peer, WRONG, seen=7, **with_password("password"))
    ending.get()
    chat.__exit__(None)


def test_a_bot_follows_its_own_name_and_keeps_its_token(peer: ScriptedServer) -> None:
    making = gevent.spawn(lambda: Chat(peer.target, token="mine"))
    answers(peer, ACCOUNT, token="mine")
    chat = making.get()
    peer.says({"type": "renamed", "from": "ALICE", "to": "al"}, {"type": "renamed", "from": "bob", "to": "b"})
    peer.says(BYE)
    list(chat)
    chat.__exit__(None)
    assert chat.nick == "al"


def test_a_new_name_takes_the_token_along(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    login = Login(tokens=tokens)
    limits = LineLimits(4096, 32)
    login.welcomed(Welcome("alice", "t", "s", 1, limits), "alice")
    assert login.asked(Register("password")) == with_device(Register("password"))
    assert login.happened(Done("yours", token="mine"), "alice") == "alice"
    assert tokens.find("alice") == "mine"
    assert login.happened(Renamed("alice", "al"), "alice") == "al"
    assert (tokens.find("alice"), tokens.find("al")) == (None, "mine")
    login.welcomed(Welcome("bo", "mine", "s", 1, limits, account=True), "al")  # from another device
    assert (tokens.find("al"), tokens.find("bo")) == (None, "mine")
    assert login.asked(Unregister()) == Unregister(ref="unregister")
    login.happened(Done("gone", ref="unregister"), "bo")
    assert tokens.find("bo") is None


def test_what_nobody_asked_for_changes_no_file(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    login = Login(tokens=tokens)
    login.welcomed(ACCOUNT_WELCOME, "alice")
    assert login.asked(Away()) == Away()
    for event in (Done("take this", token="evil"), Done("gone", ref="unregister")):
        assert login.happened(event, "alice") == "alice"
    assert (login.token, login.account, tokens.find("alice")) == ("mine", True, "mine")
    login.asked(Register("password"))
    login.happened(Done("yours", token="newer"), "alice")
    login.happened(Done("take this", token="evil"), "alice")
    assert tokens.find("alice") == "newer"
    login.asked(Register("password"))
    login.welcomed(ACCOUNT_WELCOME, "alice")  # on another link that is not answered any more
    login.happened(Done("take this", token="evil"), "alice")
    assert tokens.find("alice") == "mine"


def test_a_name_that_none_can_be_loses_no_token(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    login = Login(tokens=tokens)
    login.welcomed(ACCOUNT_WELCOME, "alice")
    login.happened(Renamed("alice", "../" * 1000), "alice")
    login.welcomed(replace(ACCOUNT_WELCOME, token=""), "alice")
    assert tokens.find("alice") == "mine" and [*tmp_path.iterdir()] == [tmp_path / "alice"]


def test_a_token_that_another_program_keeps_meanwhile_stays(tmp_path: Path) -> None:
    tokens = DeviceTokens(tmp_path)
    login = Login(tokens=tokens)
    login.welcomed(ACCOUNT_WELCOME, "alice")
    tokens.keep("alice", "newer")
    login.refused("alice", PasswordNeeded("alice is registered"))
    assert (login.token, tokens.find("alice")) == (None, "newer")
    login.begin("alice")
    login.refused("alice", PasswordNeeded("alice is registered"))
    assert tokens.find("alice") is None


def test_a_password_that_may_not_be_given_is_not_wrong() -> None:
    login = Login()
    for _ in range(TRIES):
        login.give("password")
        login.refused("alice", PasswordNotTaken("encrypted only"))
    assert not login.exhausted


def test_tail_reads_the_rooms_of_the_account_and_what_one_writes_elsewhere(peer: ScriptedServer) -> None:
    with ChatProcess("tail", "--reconnect", "--time-format", "", peer.target, at_once=True) as chat:
        answers(peer, ACCOUNT)
        peer.says(room_of("dev"), said("hi", id=5), said("there", room="dev", id=6))
        peer.says({"type": "dm", "id": 7, "from": "Alice", "to": "bob", "text": "psst", "at": 0})
        chat.shows("<bob> hi\n#dev <bob> there\n[dm to bob] psst\n")
        peer.says({"type": "mark", "id": 4})
        peer.hangs_up()
        answers(peer, ACCOUNT, token="device", seen=4)
        peer.says(said("again", id=5), said("later", id=9))
        chat.shows("<bob> later\n")
    assert b"again" not in chat.screen


@pytest.mark.parametrize(
    "command", [["--plain"], ["send"], ["tail"], ["log", "lobby"]], ids=lambda each: each[0]
)
def test_without_a_terminal_it_ends_with_2(command: list[str], peer: ScriptedServer) -> None:
    with ChatProcess(*command, peer.target) as chat:
        answers(peer, NEEDED)
        code, screen, errors = chat.ends()
    assert (code, screen) == (2, "")
    assert "there is no terminal to ask for it" in errors and errors.count("\n") == 1
