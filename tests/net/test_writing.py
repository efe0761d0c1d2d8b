"""A row that is in step is written to as a whole; what happens at one of its readers is that one's alone."""

import errno

import pytest

from chatd.behaviour.presence import lose
from chatd.net.writing import RoundWriter
from chatd.protocol.events import Cause
from chatd.state.outbox import Flow
from chatd.state.sessions import Session
from tests.support.world import ScriptedSocket, World


class BrokenSocket(ScriptedSocket):
    """Raises the error, once there is one. As in TCP a reset is told once: afterwards it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.error: Exception | None = None

    def send(self, data: bytes | memoryview) -> int:
        error = self.error
        if error is not None:
            if isinstance(error, ConnectionResetError):
                self.error = BrokenPipeError(errno.EPIPE, "closed")
            raise error
        return super().send(data)


class InOneRow:
    """Three text readers that are in step, and alice, who is in another row since she speaks JSON lines."""

    def __init__(self) -> None:
        self.world = World()
        self.alice = self.world.player("alice", json=True)
        self.sockets = [BrokenSocket() for _ in range(3)]
        self.readers = [self.world.player(f"r{number}", sock) for number, sock in enumerate(self.sockets)]
        self.world.settle(self.alice, *self.readers)
        self.behind: list[Session] = []
        self.writer = RoundWriter(
            self.world.state.now, lambda: self.world.state.log.last_id, self.behind.append
        )
        self.say("zero")
        assert [reader.read() for reader in self.readers] == [["<alice> zero"]] * 3
        assert self.in_step() == [True] * 3

    def say(self, *texts: str) -> None:
        """One round with these messages."""
        for text in texts:
            self.alice.feed(f'{{"type":"say","text":"{text}"}}\n')
        self.round()

    def round(self) -> None:
        for row in self.world.state.pending.round(32):
            self.writer.write_row(row)

    def in_step(self) -> list[bool]:
        members = self.world.lobby.members
        return [members[reader.session].in_step is not None for reader in self.readers]


def test_all_of_a_row_get_the_same_bytes_in_one_send_each() -> None:
    row = InOneRow()
    sends = [sock.sends for sock in row.sockets]
    row.say("one", "two")
    assert [reader.read() for reader in row.readers] == [["<alice> one", "<alice> two"]] * 3
    assert [sock.sends for sock in row.sockets] == [count + 1 for count in sends]
    assert row.in_step() == [True] * 3


def test_nothing_is_sent_where_nothing_waits() -> None:
    row = InOneRow()
    sends = [sock.sends for sock in row.sockets]
    row.world.state.pending.add_room(row.world.lobby)
    row.round()
    assert [sock.sends for sock in row.sockets] == sends


@pytest.mark.parametrize("taken", [None, 0, 3])
def test_one_that_takes_less_falls_behind_and_the_others_get_all_once(taken: int | None) -> None:
    row = InOneRow()
    if taken is None:
        row.sockets[1].error = BlockingIOError()
    else:
        row.sockets[1].script = [taken]
    row.say("one")
    assert row.behind == [row.readers[1].session]
    assert row.readers[1].session.outbox.flow is Flow.BEHIND
    assert [reader.read() for reader in row.readers] == [["<alice> one"], [], ["<alice> one"]]
    row.sockets[1].error = None
    row.say("two")
    row.world.drain(row.readers[1])
    assert [row.readers[number].read() for number in (0, 2)] == [["<alice> two"]] * 2
    assert row.readers[1].read() == ["<alice> one", "<alice> two"]
    assert row.in_step() == [False] * 3  # one of them was behind when the round wrote to it
    row.say("three")
    assert row.in_step() == [True] * 3
    assert [reader.read() for reader in row.readers] == [["<alice> three"]] * 3


@pytest.mark.parametrize("in_step", [True, False])
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ConnectionResetError(errno.ECONNRESET, "reset"), Cause.RESET),
        (RuntimeError("our mistake"), Cause.ERROR),
    ],
)
def test_one_that_cannot_be_written_to_is_ended_once_and_the_others_get_all_once(
    error: Exception,
    cause: Cause,
    in_step: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    row = InOneRow()
    causes: list[Cause] = []

    def broken(cause: Cause) -> None:
        causes.append(cause)
        lose(row.world.state, row.readers[1].session, cause)

    monkeypatch.setattr(row.readers[1], "broken", broken)
    if not in_step:
        row.readers[0].session.catch_up()
    assert row.in_step() == [in_step] * 3
    row.sockets[1].error = error
    row.say("one")
    assert causes == [cause]
    ours = [record.exc_info and record.exc_info[1] for record in caplog.records if "r1" in record.message]
    assert ours == ([error] if cause is Cause.ERROR else [])
    assert [reader.read() for reader in row.readers] == [["<alice> one"], [], ["<alice> one"]]


def test_whoever_gets_something_of_its_own_gets_it_in_its_place() -> None:
    row = InOneRow()
    row.alice.feed('{"type":"say","text":"one"}\n{"type":"dm","to":"r1","text":"psst"}\n')
    assert row.in_step() == [False] * 3
    row.say("two")
    assert row.readers[1].read() == ["<alice> one", "[dm from alice] psst", "<alice> two"]
    assert row.readers[0].read() == row.readers[2].read() == ["<alice> one", "<alice> two"]
    assert row.in_step() == [True] * 3


def test_one_that_speaks_gets_no_copy() -> None:
    row = InOneRow()
    row.readers[0].feed("mine\n")
    row.round()
    assert [reader.read() for reader in row.readers] == [[], ["<r0> mine"], ["<r0> mine"]]


def test_a_reply_is_written_in_its_readers_row_which_is_in_step_again() -> None:
    row = InOneRow()
    row.readers[0].feed("/dm alice hi\n")
    row.say("one")
    assert row.readers[0].read() == ["[dm to alice] hi", "<alice> one"]
    assert row.in_step() == [True] * 3
