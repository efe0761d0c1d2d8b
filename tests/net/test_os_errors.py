"""An operating system's error as the cause that people are told."""

import errno

import pytest

from chatd.net.os_errors import cause_of
from chatd.protocol.events import Cause
from tests.support.live import crowd, serving


@pytest.mark.parametrize(
    ("number", "waits", "cause"),
    [
        (errno.EPIPE, True, Cause.CLOSED),
        (errno.ECONNRESET, False, Cause.RESET),
        (errno.ECONNRESET, True, Cause.RESET),
        (errno.ETIMEDOUT, False, Cause.TIMED_OUT),
        (errno.ETIMEDOUT, True, Cause.TOO_SLOW),
        (errno.EHOSTUNREACH, False, Cause.TIMED_OUT),
        (errno.EIO, False, Cause.ERROR),
    ],
)
def test_causes(number: int, waits: bool, cause: Cause) -> None:
    assert cause_of(OSError(number, "x"), waits) is cause


def test_a_round_that_meets_a_time_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def times_out(data: bytes) -> int:
        raise TimeoutError(errno.ETIMEDOUT, "x")

    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        monkeypatch.setattr(bob.connection.session.outbox, "send", times_out)
        alice.send("hello")
        alice.expect(r"\* bob lost connection \(timed out\)")


def test_a_read_that_meets_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def times_out(*arguments: object) -> bool:
        raise TimeoutError(errno.ETIMEDOUT, "x")

    with serving() as server:
        alice, bob = crowd(server, "alice", "bob")
        monkeypatch.setattr("chatd.net.transports.tcp.TcpTransport.wait_readable", times_out)
        bob.send("hello")
        alice.expect("<bob> hello", r"\* bob lost connection \(timed out\)")
