"""When the reader waits, and when it yields: on a socket that is scripted."""

from typing import cast

import pytest

from chatd.net.reading import RequestReader
from chatd.net.receiving import RECEIVE
from chatd.net.transports import Transport
from chatd.net.yielding import TimeSlice
from chatd.protocol.limits import DEFAULT
from chatd.state.sessions import Session


class Scripted:
    """In place of a transport and of a time slice: `chunks` come one by one, None for "not now"; `done` tells
    what was done."""

    def __init__(self, *chunks: bytes | None) -> None:
        self.chunks = [*chunks]
        self.done: list[str] = []

    def receive(self, size: int) -> bytes:
        self.done.append("read")
        chunk = self.chunks.pop(0)
        if chunk is None:
            raise BlockingIOError
        return chunk

    def wait_readable(self, patience: float | None) -> bool:
        self.done.append("wait")
        return True

    def begin(self) -> None:
        self.done.append("fresh slice")

    def check(self) -> None:
        self.done.append("check")


FULL = b"x" * RECEIVE


@pytest.mark.parametrize(
    ("chunks", "done"),
    [
        # Who sends without end, even without an end of a line, does not keep the others waiting.
        ([FULL, FULL, FULL], ["check", "read"] * 3),
        ([b"x", FULL, b"x"], ["check", "read", "wait", "fresh slice", "read", "check", "read"]),
        ([b"x", b"x"], ["check", "read", "wait", "fresh slice", "read"]),
        ([FULL, None, b"x"], ["check", "read", "check", "read", "wait", "fresh slice", "read"]),
        # Whatever else ended the wait, it waits again.
        ([b"x", None, b"x"], ["check", "read", *["wait", "fresh slice", "read"] * 2]),
    ],
)
def test_a_read_that_need_not_wait_looks_at_the_time_slice(
    chunks: list[bytes | None], done: list[str]
) -> None:
    scripted = Scripted(*chunks)
    reader = RequestReader(cast(Session, None), cast(Transport, scripted), cast(TimeSlice, scripted), DEFAULT)
    reader._telnet = None
    while scripted.chunks:
        assert reader.receive(None, RECEIVE)
    assert scripted.done == done
