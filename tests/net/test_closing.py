"""The end of a connection: the last words are written, and what still comes is dropped, within bounds."""

from dataclasses import replace
from typing import Any

import pytest

from chatd.behaviour.presence import quit
from chatd.net import closing
from chatd.net.flusher import Flusher
from chatd.net.receiving import RECEIVE
from chatd.protocol.limits import DEFAULT, KIB
from tests.support.live import Peer, serving
from tests.support.world import World


class StillSending:
    """A transport whose other side sends `comes` bytes more, then closes its side."""

    def __init__(self, comes: int, unacknowledged: int = 0) -> None:
        self._comes = comes
        self._unacknowledged = unacknowledged
        self.received = 0
        self.done: list[str] = []

    def receive(self, size: int) -> bytes:
        data = bytes(min(size, self._comes - self.received))
        self.received += len(data)
        return data

    def shutdown(self) -> None:
        self.done.append("shutdown")

    def unacknowledged(self) -> int:
        return self._unacknowledged


def finished(transport: StillSending, limits: Any = DEFAULT) -> bool:
    world = World()
    player = world.player("alice")
    quit(world.state, player.session, "")
    world.round()
    other_side: Any = transport
    return closing.finish(player.session, other_side, Flusher(world.state), limits, lambda: True)


def test_what_is_still_sent_is_dropped_up_to_its_end() -> None:
    transport = StillSending(20 * KIB)
    assert finished(transport)
    assert (transport.received, transport.done) == (20 * KIB, ["shutdown"])


@pytest.mark.parametrize("unacknowledged", [0, 5])
def test_who_goes_on_sending_is_not_read_on(unacknowledged: int) -> None:
    transport = StillSending(1 << 40, unacknowledged)
    assert finished(transport, replace(DEFAULT, dropped=4 * KIB)) is (unacknowledged == 0)
    assert 4 * KIB < transport.received <= 4 * KIB + RECEIVE


@pytest.mark.parametrize("first", [b"", b"alice\n/quit\n"])
def test_an_endless_line_is_closed_at_once_and_told_why(first: bytes) -> None:
    with serving(replace(DEFAULT, leave_time=3600.0)) as server, Peer(server) as peer:
        peer.sock.sendall(first + b"x" * 2000)
        last = r"\* bye" if first else "! a line has at most 1024 bytes; .*"
        peer.until(last)
        with pytest.raises(OSError):
            while True:
                peer.sock.sendall(b"x" * 10_000)


def test_the_last_words_do_not_wait_for_a_round() -> None:
    world = World()
    player = world.player("alice")
    quit(world.state, player.session, "")
    closed: Any = StillSending(0)
    assert closing.finish(player.session, closed, Flusher(world.state), DEFAULT, lambda: True)
    assert player.read() == ["* bye"]
