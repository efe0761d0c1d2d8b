"""`chat log`, in a process of its own against a scripted server, and against a real one over a bad line."""

import time
from collections.abc import Iterator
from typing import Any

import gevent
import msgspec
import pytest

from chatd.protocol.events import Said
from chatd_client import Chat
from chatd_client.room_log import TRIES, LogProgress
from tests.support.bad_line import bad_line
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import reconnected, resumed
from tests.support.live import address_of, serving
from tests.support.scripted_server import ScriptedServer, mark, page, room_of, said

pytestmark = pytest.mark.usefixtures("watchdog")

NO_TIMES = "--time-format="
#: 2026-11-24 00:00 UTC.
DAY = 1_795_478_400_000


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def in_dev(id: int, at: int = 0) -> dict[str, Any]:
    return said(f"line {id}", id=id, room="dev") | {"at": DAY + at}


def lines(*ids: int) -> str:
    return "".join(f"#dev <bob> line {id}\n" for id in ids)


def joined(peer: ScriptedServer) -> None:
    peer.hears(type="join", room="dev", ref="log")
    peer.says(room_of("dev") | {"ref": "log"})


def asked(peer: ScriptedServer, **span: int) -> None:
    peer.hears(type="history", room="dev", ref="log", **({"limit": 500} | span))


def answers(peer: ScriptedServer, *ids: int, more: bool = False) -> None:
    peer.says(page("dev", *map(in_dev, ids), more=more, ref="log"))


def begun(peer: ScriptedServer, last: int) -> None:
    """It is in the room, and knows where that ends."""
    peer.welcome()
    joined(peer)
    asked(peer, limit=1)
    answers(peer, last, more=True)


@pytest.mark.parametrize("older", [(), (1,)])
def test_where_not_all_is_kept_it_is_looked_whether_something_older_is(older: tuple[int, ...]) -> None:
    span = ("--since", "1970-01-02", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess("log", *span, "dev", peer.target) as chat:
        begun(peer, last=5)
        asked(peer, after=0, since=86_400_000)
        peer.says(page("dev", in_dev(4), in_dev(5), more=False, ref="log") | {"floor": 3})
        asked(peer, before=4, limit=1)
        answers(peer, *older)
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert screen == lines(4, 5)
    assert (code, "something may be missing" in errors) == ((0, False) if older else (3, True))


def test_all_of_it_with_its_times() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", peer.target) as chat:
        begun(peer, last=5)
        asked(peer, after=0)
        peer.says(said("not asked for"), in_dev(9))
        topic = {
            "type": "topic",
            "room": "dev",
            "id": 2,
            "from": "bob",
            "text": "peace\x1b",
            "at": DAY + 1000,
        }
        peer.says(page("dev", in_dev(1) | {"text": "a\nb\x1b"}, topic, more=True, ref="log"))
        asked(peer, after=1)
        peer.says(page("dev", topic, in_dev(5, 5_000), in_dev(6, 6_000), more=True, ref="log"))
        peer.hears_quit()
        assert chat.ends() == (
            0,
            "2026-11-24 00:00:00 #dev <bob> a\n"
            "2026-11-24 00:00:00 #dev <bob> b\n"
            "2026-11-24 00:00:01 * bob set the topic of #dev: peace\n"
            "2026-11-24 00:00:05 #dev <bob> line 5\n",
            "",
        )


def test_a_span_of_the_lobby_as_objects() -> None:
    span = ("--since", "2026-11-24", "--until", "2026-11-24")
    with ScriptedServer() as peer, ChatProcess("log", "--json", *span, "lobby", peer.target) as chat:
        peer.welcome()
        peer.hears(type="history", room="lobby", ref="log", limit=1)
        peer.says(page("lobby", said("x", id=9), more=True, ref="log"))
        peer.hears(type="history", room="lobby", ref="log", limit=500, after=0, since=DAY)
        there = [said(f"é {id}", id=id) | {"at": DAY - 1 + (id - 1) * 43_200_000} for id in (1, 2, 3, 4)]
        peer.says(page("lobby", *there, more=True, ref="log"))
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert (code, errors) == (0, "")
    assert [msgspec.json.decode(line) for line in screen.splitlines()] == there[1:3]


def test_what_two_people_wrote_to_each_other() -> None:
    dm = {"type": "dm", "id": 1, "from": "bob", "to": "alice", "text": "psst", "at": DAY}
    whole = {"type": "page", "with": "Bob", "messages": [dm], "more": False, "ref": "log"}
    with ScriptedServer() as peer, ChatProcess("log", "--with", "bob", NO_TIMES, peer.target) as chat:
        peer.welcome()
        peer.hears(type="history", ref="log", limit=1, **{"with": "bob"})
        peer.says(whole)
        peer.hears(type="history", ref="log", limit=500, after=0, **{"with": "bob"})
        peer.says(whole)
        peer.hears_quit()
        assert chat.ends() == (0, "[dm from bob] psst\n", "")


def test_an_empty_room_is_complete_and_said_to_be_empty() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", peer.target) as chat:
        peer.welcome()
        joined(peer)
        asked(peer, limit=1)
        answers(peer)
        peer.hears_quit()
        assert chat.ends() == (0, "", "* nothing was said in dev\n")


def test_a_broken_connection_goes_on_where_it_was() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", NO_TIMES, peer.target, at_once=True) as chat:
        begun(peer, last=5)
        asked(peer, after=0)
        answers(peer, 1, 2, more=True)
        chat.shows(lines(1, 2))
        asked(peer, after=1)
        peer.hangs_up()
        resumed(peer)
        asked(peer, after=1)
        answers(peer, 2, 3, more=True)
        asked(peer, after=2)
        peer.says(mark(3), {"type": "bye", "reason": "the server is going down"})
        reconnected(peer, seen=3)
        joined(peer)
        asked(peer, after=2)
        answers(peer, 3, 4, 5)
        peer.hears_quit()
        code, screen, errors = chat.ends()
    assert (code, screen) == (0, lines(1, 2, 3, 4, 5))
    assert errors == (
        "* the server closed the connection; connecting again\n* the server is going down; connecting again\n"
    )


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (page("dev", in_dev(2), in_dev(4), in_dev(3), ref="log"), "the server's history is not in order"),
        (page("dev", in_dev(2), more=True, ref="log"), "the server has more history and does not give it"),
        (page("ops", in_dev(2), ref="log"), "the server's history is that of another conversation"),
        (
            {"type": "error", "code": "not-in-room", "text": "you are not in dev", "ref": "log"},
            "you are not in dev",
        ),
    ],
)
def test_a_log_that_is_not_complete_says_so(answer: dict[str, Any], why: str) -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", NO_TIMES, peer.target) as chat:
        begun(peer, last=9)
        asked(peer, after=0)
        answers(peer, 1, 2, more=True)
        asked(peer, after=1)
        peer.says(answer)
        assert chat.ends() == (3, lines(1, 2), f"! the log is not complete: {why}\n")


def test_a_hole_is_told_and_what_is_there_is_printed() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", NO_TIMES, peer.target) as chat:
        begun(peer, last=9)
        asked(peer, after=0)
        answers(peer, 1, 2, more=True)
        asked(peer, after=1)
        answers(peer, 7, 9)
        peer.hears_quit()
        missing = "* something may be missing: the server does not keep all of it any more\n"
        assert chat.ends() == (3, lines(1, 2, 7, 9), missing)


def test_a_room_that_one_may_not_join() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", peer.target) as chat:
        peer.welcome()
        peer.hears(type="join", room="dev", ref="log")
        peer.says({"type": "error", "code": "too-many-rooms", "text": "no more", "ref": "log"})
        assert chat.ends() == (3, "", "! the log is not complete: no more\n")


def test_a_server_that_cannot_read_now_is_asked_again_and_not_for_ever() -> None:
    busy = {"type": "error", "code": "busy", "text": "later", "ref": "log"}
    with ScriptedServer() as peer, ChatProcess("log", "dev", NO_TIMES, peer.target, at_once=True) as chat:
        begun(peer, last=9)
        for _ in range(2):
            asked(peer, after=0)
            peer.says(busy)
        asked(peer, after=0)
        answers(peer, 1, more=True)
        for _ in range(TRIES):
            asked(peer, after=0)
            peer.says(busy)
        why = "the server cannot read it now; please try again later"
        assert chat.ends() == (3, lines(1), f"! the log is not complete: {why}\n")


def test_a_server_that_gives_the_name_away() -> None:
    with ScriptedServer() as peer, ChatProcess("log", "dev", NO_TIMES, peer.target, at_once=True) as chat:
        begun(peer, last=9)
        peer.hangs_up()
        peer.accept_again()
        for _ in range(16):
            assert msgspec.json.decode(peer.hears_line())["type"] == "hello"
            peer.says({"type": "error", "code": "taken-nick", "text": "taken"})
        code, _, errors = chat.ends()
    assert code == 1
    assert errors.endswith("! taken; the log is not complete\n")


def test_a_real_log_over_a_line_that_breaks_again_and_again() -> None:
    count = 2000
    with serving() as server:
        address = address_of(server.addresses[0])
        with Chat(f"bob@127.0.0.1:{address[1]}") as bob:
            bob.join("dev")
            for number in range(count):
                bob.say(f"line {number}", "dev")
            with (
                bad_line(address, 100_000) as (line, target),
                ChatProcess("log", "dev", "--since", "1h", NO_TIMES, target, at_once=True) as chat,
            ):
                reading = gevent.spawn(lambda: list(bob))  # or it would be a slow consumer
                code, screen, errors = chat.ends()
                reading.kill()
    assert (code, screen) == (0, lines(*range(count)))
    assert errors.count("connecting again") == errors.count("\n") == line.opened - 1 >= 2


def test_nothing_between_two_people_is_told() -> None:
    nothing = {"type": "page", "with": "bob", "messages": [], "more": False, "ref": "log"}
    with ScriptedServer() as peer, ChatProcess("log", "--with", "bob", peer.target) as chat:
        peer.welcome()
        peer.hears(type="history", ref="log", limit=1, **{"with": "bob"})
        peer.says(nothing)
        peer.hears_quit()
        told = "* there is nothing between you and bob; a guest is somebody else with each connection\n"
        assert chat.ends() == (0, "", told)


def test_the_progress_is_a_line_that_goes_away(capfd: pytest.CaptureFixture[str]) -> None:
    message = Said(room="dev", id=1, sender="bob", text="", at=DAY)
    progress = LogProgress()
    progress.printed([message])
    progress.clear()
    assert capfd.readouterr().err == ""
    progress.shown = True
    progress.printed([])
    progress.printed([message] * 1500)
    progress.printed([message])  # too soon to be shown
    progress.clear()
    assert capfd.readouterr().err == "\r1,501 messages, up to 2026-11-24 00:00\r\x1b[K"
