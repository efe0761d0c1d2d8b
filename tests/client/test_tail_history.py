"""`chat tail --since` and `--history`, in a process of its own against a scripted server."""

from typing import Any

import msgspec
import pytest

from chatd_client import Chat
from tests.support.bad_line import bad_line
from tests.support.chat_process import ChatProcess
from tests.support.link_fixture import reconnected, resumed
from tests.support.live import address_of, serving
from tests.support.scripted_server import BYE, ScriptedServer, mark, page, room_of, said

pytestmark = pytest.mark.usefixtures("watchdog")

NO_TIMES = "--time-format="


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")


def in_dev(id: int) -> dict[str, Any]:
    return said(f"line {id}", id=id, room="dev") | {"at": 1_795_478_400_000 + id}


def asked(peer: ScriptedServer, room: str = "dev", **span: int) -> None:
    peer.hears(type="history", room=room, ref=f"history {room}", limit=500, **span)


def joined(peer: ScriptedServer, *rooms: str) -> None:
    for room in rooms:
        peer.hears(type="join", room=room, ref=f"join {room}")
    peer.says(*(room_of(room) | {"ref": f"join {room}"} for room in rooms))


def lines(*ids: int) -> str:
    return "".join(f"#dev <bob> line {id}\n" for id in ids)


def test_the_history_goes_over_into_what_is_live() -> None:
    options = ("--room", "dev", "--since", "2026-11-24", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess("tail", *options, peer.target) as chat:
        peer.welcome()
        joined(peer, "dev")
        asked(peer, after=0, since=1_795_478_400_000)
        peer.says(in_dev(4), said("in the lobby", id=5), in_dev(6))
        chat.shows("<bob> in the lobby\n")
        peer.says(page("dev", in_dev(1), in_dev(2), more=True))
        asked(peer, after=1)
        peer.says(page("dev", in_dev(2), in_dev(3), in_dev(4)), in_dev(6), in_dev(7), BYE)
        code, screen, errors = chat.ends()
    assert (code, errors) == (1, "! quit\n")
    assert screen == "<bob> in the lobby\n" + lines(1, 2, 3, 4, 6, 7)


def test_the_last_of_the_lobby_as_objects() -> None:
    with ScriptedServer() as peer, ChatProcess("tail", "--json", "--history", "2", peer.target) as chat:
        peer.welcome()
        peer.hears(type="history", room="lobby", ref="history lobby", limit=2)
        peer.says(
            said("three", id=3), page("lobby", said("one\x1b", id=1), said("two", id=2), more=True), BYE
        )
        code, screen, errors = chat.ends()
    assert (code, errors) == (1, "! quit\n")
    assert "\x1b" not in screen
    assert [msgspec.json.decode(line) for line in screen.splitlines()] == [
        said("one\x1b", id=1),
        said("two", id=2),
        said("three", id=3),
        BYE,
    ]


def test_nothing_is_missing_even_where_the_server_knows_nobody_any_more() -> None:
    options = ("--reconnect", "--room", "dev", "--history", "1", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess("tail", *options, peer.target, at_once=True) as chat:
        peer.welcome()
        joined(peer, "dev")
        peer.hears(type="history", room="dev", ref="history dev", limit=1)
        peer.hangs_up()
        resumed(peer)  # the answer was lost
        peer.hears(type="history", room="dev", ref="history dev", limit=1)
        peer.says(page("dev", in_dev(1), more=True), in_dev(2), mark(2))
        chat.shows(lines(1, 2))
        peer.hangs_up()
        reconnected(peer, seen=2)
        joined(peer, "dev")
        peer.says(in_dev(5))
        asked(peer, after=1)
        peer.says(page("dev", in_dev(2), in_dev(3), in_dev(4), in_dev(5)))
        chat.shows(lines(3, 4, 5))
        peer.says({"type": "skipped", "room": "dev", "count": 2, "after": 5, "before": 8}, in_dev(8))
        asked(peer, after=4)
        peer.says(page("dev", in_dev(5), in_dev(6), in_dev(7), in_dev(8)))
        chat.shows(lines(6, 7, 8))
        chat.process.kill()
        _, screen, errors = chat.ends()
    assert screen == lines(1, 2, 3, 4, 5, 6, 7, 8)
    assert "missing" not in errors


def test_what_is_missing_is_said_and_it_goes_on() -> None:
    options = ("--room", "dev", "--room", "ops", "--room", "odd", "--since", "2026-11-24", NO_TIMES)
    with ScriptedServer() as peer, ChatProcess("tail", *options, peer.target, at_once=True) as chat:
        peer.welcome()
        for room in ("dev", "ops", "odd"):
            peer.hears(type="join", room=room, ref=f"join {room}")
        peer.says(room_of("dev") | {"ref": "join dev"})
        peer.says({"type": "error", "code": "too-many-rooms", "text": "no more", "ref": "join ops"})
        heard = msgspec.json.decode(peer.hears_line())
        peer.says({"type": "error", "code": "busy", "text": "later", "ref": "history dev"})
        assert msgspec.json.decode(peer.hears_line()) == heard  # it is asked again
        peer.says(page("dev", in_dev(1), more=True))
        peer.says(room_of("odd") | {"ref": "join odd"})
        assert msgspec.json.decode(peer.hears_line())["room"] == "odd"
        peer.says(
            said("x", id=3, room="odd"), page("odd", said("b", id=2, room="odd"), said("a", id=1, room="odd"))
        )
        asked(peer, after=0)
        peer.says(page("dev", in_dev(7), more=True))
        asked(peer, after=6)
        peer.says({"type": "error", "code": "not-in-room", "text": "not there", "ref": "history dev"})
        peer.says(in_dev(9), BYE)
        code, screen, errors = chat.ends()
    assert code == 1
    assert screen == "#dev <bob> line 1\n#odd <bob> x\n" + lines(7, 9)
    assert errors == (
        "! no more\n"
        "! something of odd is missing: the server's history is not in order\n"
        "* something of dev may be missing: the server does not keep all of it any more\n"
        "! what was said before in dev is missing: not there\n"
        "! quit\n"
    )


def test_a_real_room_over_a_line_that_breaks_again_and_again() -> None:
    options = ("--reconnect", "--room", "dev", "--since", "1h", NO_TIMES)
    first, further = 800, 1200
    with serving() as server:
        address = address_of(server.addresses[0])
        with Chat(f"bob@127.0.0.1:{address[1]}") as bob:
            bob.join("dev")
            for number in range(first):
                bob.say(f"line {number}", "dev")
            with (
                bad_line(address, 80_000) as (line, target),
                ChatProcess("tail", *options, target, at_once=True) as chat,
            ):
                for number in range(first, first + further):
                    bob.say(f"line {number}", "dev")
                chat.shows(lines(first + further - 1))
                chat.process.kill()
                _, screen, errors = chat.ends()
    assert screen == lines(*range(first + further))
    assert line.opened > 2
    assert "missing" not in errors
