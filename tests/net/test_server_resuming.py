"""Coming back to a real server: after a drop, after a restart, and by many who ask for much."""

import json
from pathlib import Path
from typing import Any

import pytest

from chatd.net.server import Server
from chatd.protocol.limits import Limits
from tests.support.live import Peer, crowd, serving

DATA = ("memory", "folder")


def place(data: str, folder: Path) -> str:
    return data if data == "memory" else str(folder)


def hello(server: Server, nick: str = "robot", **fields: Any) -> tuple[Peer, dict[str, Any]]:
    """A program, and its welcome."""
    peer = Peer(server)
    peer.send(json.dumps({"type": "hello", "nick": nick, **fields}))
    line = peer.line()
    assert line is not None
    welcome: dict[str, Any] = json.loads(line)
    return peer, welcome


def until_marked(peer: Peer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in peer.until(r'\{"type":"mark".*')]


def texts(told: list[dict[str, Any]]) -> list[str]:
    return [one["text"] for one in told if one["type"] in ("said", "dm")]


@pytest.mark.parametrize("data", DATA)
def test_what_was_missed_comes_once_and_then_live(data: str, tmp_path: Path) -> None:
    with serving(data=place(data, tmp_path)) as server:
        (alice,) = crowd(server, "alice")
        robot, welcome = hello(server)
        robot.send('{"type":"join","room":"dev","ref":"1"}')
        robot.until(r".*\"ref\":\"1\".*")
        alice.send("/join dev")
        alice.until(r"\* #dev.*")
        robot.reset()
        alice.until(r"\* robot lost connection \(reset\)")
        alice.send("one", "/bc two", "/ping")
        alice.until("! .*")  # both were told: that is its place
        robot, welcome = hello(server, token=welcome["token"], seen=0)
        assert welcome["resumed"]
        told = until_marked(robot)
        assert texts(told) == ["one", "two"]
        assert [one["room"] for one in told if one["type"] == "room"] == ["lobby", "dev"]
        alice.until(r"\* robot is back after \d s")
        alice.send("live")
        robot.until(r'.*"text":"live".*')


def test_a_restart_is_a_drop_like_any_other(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        robot, welcome = hello(server)
        robot.send(
            '{"type":"join","room":"dev"}', '{"type":"say","text":"one","room":"dev","key":"k","ref":"1"}'
        )
        robot.until(r'\{"type":"ack".*')
    with serving(data=str(tmp_path)) as server:
        robot, welcome = hello(server, token=welcome["token"], seen=0)
        assert welcome["resumed"]
        told = until_marked(robot)
        assert [(one["text"], one["key"]) for one in told if one["type"] == "said"] == [("one", "k")]
        assert [one["room"] for one in told if one["type"] == "room"] == ["lobby", "dev"]
        robot.send('{"type":"say","text":"one","room":"dev","key":"k","ref":"2"}')
        (ack,) = robot.expect(r'\{"type":"ack","ref":"2".*')
        assert json.loads(ack)["id"] == told[0]["id"]


@pytest.mark.parametrize("data", DATA)
def test_a_page_comes_when_the_one_before_was_taken(data: str, tmp_path: Path) -> None:
    limits = Limits(page_bytes=20_000, private_waiting=20_000, send_buffer=4096, missed=5000)
    with serving(limits, data=place(data, tmp_path)) as server:
        (alice,) = crowd(server, "alice")
        robot, welcome = hello(server)
        robot.reset()
        alice.until(r"\* robot lost.*")
        for number in range(300):
            alice.send(f"{number} " + 1000 * "x")
        alice.send("/ping")
        alice.until("! .*")
        robot = Peer(server, buffer=4096)
        robot.send(json.dumps({"type": "hello", "nick": "robot", "token": welcome["token"], "seen": 0}))
        robot.until('.*"text":"10 .*')
        assert robot.connection.session.outbox.private < 60_000
        told = until_marked(robot)
        assert [text.split()[0] for text in texts(told)] == [str(number) for number in range(11, 300)]


def test_who_comes_back_again_and_again_has_one_rate() -> None:
    with serving(line_rate=1000) as server:
        (alice,) = crowd(server, "alice")
        robot, welcome = hello(server)
        rate = robot.connection.session.person.lines
        assert rate is not None
        for _ in range(3):
            robot.reset()
            alice.until(r"\* robot lost.*")
            rate.take(server.state.now(), 30)  # what it was told cost so much
            robot, _ = hello(server, token=welcome["token"], seen=0)
            until_marked(robot)
            assert robot.connection.session.person.lines is rate
