"""A server that keeps its log in a folder, with real clients."""

import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from chatd.config import Config
from chatd.net.server import Server
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import Limits
from chatd.store.sqlite.engine import SqliteLog
from chatd.store.sqlite.writing import WriteJob
from tests.support.chatd_process import CHATD, running
from tests.support.live import Peer, crowd, serving

HELLO = '{"type":"hello","nick":"robot"}'


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for the log is told so soon."""
    monkeypatch.setattr("chatd.net.pacing.ALIVE_INTERVAL", 0.01)


def log_of(server: Server) -> SqliteLog:
    log = server.state.log
    assert isinstance(log, SqliteLog)
    return log


@contextlib.contextmanager
def held(server: Server) -> Iterator[None]:
    """Nothing is committed meanwhile."""
    free = threading.Event()
    writer = log_of(server)._files.writer
    write = writer._write

    def waits(job: WriteJob, *how: Any) -> None:
        free.wait(10)
        write(job, *how)

    writer._write = waits  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        free.set()


def texts(folder: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(folder / "log.sqlite3")) as database:
        return [text for (text,) in database.execute("SELECT text FROM entries ORDER BY id")]


@pytest.mark.parametrize("sync", ["always", "everysec"])
def test_what_is_said_is_told_answered_and_kept(tmp_path: Path, sync: str) -> None:
    with serving(data=str(tmp_path), sync=sync) as server:
        alice, robot = Peer(server, "alice"), Peer(server)
        robot.send(HELLO, '{"type":"say","text":"one","ref":"1"}', '{"type":"dm","to":"alice","text":"two"}')
        robot.until(r'\{"type":"ack","ref":"1",.*')
        alice.until(r"<robot> one")
        alice.expect(r"\[dm from robot\] two")
        alice.send("/join dev", "/topic about dev", "/quit")
        alice.until(r"\* bye")
    assert texts(tmp_path) == ["one", "two", "about dev"]
    with serving(data=str(tmp_path), sync=sync) as server:
        alice = Peer(server, "alice")
        alice.send("/rooms")
        alice.until(r".*dev.*about dev.*")


def test_a_pong_tells_that_all_before_it_is_answered(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        robot = Peer(server)
        robot.send(HELLO)
        robot.until(r'\{"type":"welcome".*')
        with held(server):
            robot.send(
                '{"type":"say","text":"one"}', '{"type":"say","text":"two","ref":"2"}', '{"type":"ping"}'
            )
            connection = robot.connection
            while connection.session.in_flight < 2:
                gevent.sleep(0.001)
        robot.expect(r'\{"type":"ack","ref":"2".*', r'\{"type":"pong"\}')
        assert connection.session.in_flight == 0
        assert texts(tmp_path) == ["one", "two"]


def test_so_many_of_a_session_are_in_flight_and_the_next_waits_for_them(tmp_path: Path) -> None:
    with serving(Limits(in_flight=3, tell_waiting=0), data=str(tmp_path)) as server:
        alice, bob = crowd(server, "alice", "bob")
        with held(server):
            bob.send(*map(str, range(10)))
            bob.expect(r"\* .*waits?.*")
            assert bob.connection.session.in_flight == 3
            alice.send("/users")  # others are served
            alice.until(r"\* 2 here: alice, bob")
        alice.expect(*(f"<bob> {number}" for number in range(10)))


def test_a_crowded_log_holds_those_who_talk_and_nobody_else(tmp_path: Path) -> None:
    with serving(Limits(log_pending=2, tell_waiting=0), data=str(tmp_path)) as server:
        alice, bob = crowd(server, "alice", "bob")
        with held(server):
            bob.send(*map(str, range(5)))
            bob.expect(r"\* .*waits?.*")
            alice.send("me too", "/users")
            alice.expect(r"\* .*waits?.*")
        alice.until(r"<bob> 4")
        bob.until(r"<alice> me too")


def test_that_somebody_is_lost_is_told_behind_what_they_said(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        alice, bob = crowd(server, "alice", "bob")
        session = bob.connection.session
        with held(server):
            bob.send("my last words")
            while not session.in_flight:
                gevent.sleep(0.001)
            bob.reset()
            while server.state.roster.get("bob"):
                gevent.sleep(0.001)
            again = Peer(server, "bob")
            again.send("it is me")
        alice.expect(
            r"<bob> my last words", r"\* bob lost connection \(reset\)", r"\* bob joined", r"<bob> it is me"
        )


def test_who_closes_its_side_is_told_and_answered_first(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        alice, robot = Peer(server, "alice"), Peer(server)
        with held(server):
            robot.send(HELLO, '{"type":"say","text":"one","ref":"1"}')
            robot.sock.shutdown(socket.SHUT_WR)
            alice.until(r"\* robot joined")
        robot.until(r'\{"type":"ack","ref":"1".*')
        assert robot.at_end()
        alice.expect(r"<robot> one", r"\* robot lost connection \(closed\)")


def test_what_cannot_be_stored_is_refused(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        alice, robot = Peer(server, "alice"), Peer(server)
        robot.send(HELLO, '{"type":"topic","room":"lobby","text":"before","ref":"0"}')
        robot.until(r'\{"type":"ack","ref":"0".*')
        database = log_of(server)._files.writer.database
        database.execute("PRAGMA query_only = 1")
        robot.send('{"type":"say","text":"one","ref":"1"}')
        assert json.loads(robot.expect(r'\{"type":"error".*')[0])["code"] == "unavailable"
        robot.send('{"type":"topic","room":"lobby","text":"after","ref":"2"}', '{"type":"ping"}')
        assert json.loads(robot.expect(r'\{"type":"error".*')[0])["ref"] == "2"
        robot.expect(r'\{"type":"pong"\}')
        assert server.state.rooms.lobby.topic == "before"
        alice.send("two")
        alice.until(r"! the server cannot store this now.*")
        database.execute("PRAGMA query_only = 0")
        alice.send("three")
        robot.until(r'.*"text":"three".*')
    assert texts(tmp_path) == ["before", "three"]


def test_going_down_the_server_answers_and_stores_what_it_has(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)) as server:
        robot = Peer(server)
        robot.send(HELLO)
        robot.until(r'\{"type":"welcome".*')
        with held(server):
            robot.send('{"type":"say","text":"one","ref":"1"}')
            while not robot.connection.session.in_flight:
                gevent.sleep(0.001)
            stopping = gevent.spawn(server.stop)
            gevent.sleep(0)
        robot.expect(r'\{"type":"ack","ref":"1".*', r'\{"type":"bye".*')
        assert robot.at_end()
        stopping.join()
    assert texts(tmp_path) == ["one"]


def test_a_folder_is_free_again_when_the_server_cannot_listen(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot listen"):
        Server(Config(("nonsense",), data=str(tmp_path)))
    with serving(data=str(tmp_path)):
        pass


def test_a_second_server_in_the_same_folder_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    with serving(data=str(tmp_path)):
        command = [*CHATD, "--listen", "tcp://127.0.0.1:0", "--data", str(tmp_path)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert second.returncode == 2
    assert re.fullmatch(r"chatd: .* is in use by another server .* with --data, or .*\n", second.stderr)


def test_killed_under_load_it_has_lost_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    acknowledged: dict[str, int] = {}
    options = ("--listen", "tcp://127.0.0.1:0", "--line-rate", "0", "--data", str(tmp_path))
    for start in (0, 300):
        with running(*options) as (server, [port]), socket.create_connection(("127.0.0.1", port)) as robot:
            lines = robot.makefile("rb")
            robot.sendall(f"{HELLO}\n".encode())
            for number in range(start, start + 300):
                robot.sendall(f'{{"type":"say","text":"{number}","ref":"{number}"}}\n'.encode())
            while len(acknowledged) < start // 2 + 150:
                event = json.loads(lines.readline())
                if event["type"] == "ack":
                    acknowledged[event["ref"]] = event["id"]
            os.kill(server.pid, signal.SIGKILL)
            lines.close()
    with contextlib.closing(sqlite3.connect(tmp_path / "log.sqlite3")) as database:
        stored = database.execute("SELECT id, text FROM entries ORDER BY id").fetchall()
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    numbers = [int(text) for _, text in stored]
    assert numbers == sorted(set(numbers))
    by_text = {text: number for number, text in stored}
    assert len(acknowledged) == 300
    assert {ref: by_text.get(ref) for ref in acknowledged} == acknowledged
