"""What readers and publishers make of what a peer sends them, in order and out of it."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.members import RoomReader
from loadtests.engine.rooms import LoadRoom
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import Publisher
from loadtests.measure.errors import Fault
from loadtests.servers.running import running

SIZE = 100


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    """The generator's end of a connection that takes what is said."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours


def record(server: str, talker: int, number: int, time: int = 5) -> bytes:
    return CODECS[server].message.record(f"t{talker:03d}", SIZE) % (number, time)


# -- talkers -------------------------------------------------------------------------------------------


def publisher(server: str, sock: socket.socket) -> Publisher:
    codec = CODECS[server]
    return Publisher(sock, "t001", codec.talker, StreamLog(codec.message, SIZE, range(3), 3))


def test_a_publisher_counts_its_replies(sock: socket.socket) -> None:
    one = publisher("redis", sock)
    one.say(2, 5)
    one._log.take(0, memoryview(record("redis", 1, 0) + record("redis", 1, 1)))
    for piece in (b":3\r\n:", b"3\r", b"\n"):
        assert one.missing(2)
        one.take(memoryview(piece))
    assert (one.acked, one.missing(2)) == (2, 0)
    with pytest.raises(Fault, match="got b':2"):
        one.take(memoryview(b":2\r\n"))


def test_a_publisher_without_replies_hears_nothing(sock: socket.socket) -> None:
    one = publisher("nats", sock)
    with pytest.raises(Fault, match="-ERR"):
        one.take(memoryview(b"-ERR 'Slow Consumer'\r\n"))


# -- a common order that is none -----------------------------------------------------------------------


def message(talker: int, number: int) -> bytes:
    return record("nats", talker, number)


def loose(count: int = 2) -> list[LooseReader]:
    codec = CODECS["nats"]
    log = LooseLog(codec.message, SIZE, range(3))
    with socket.socket() as sock:
        return [LooseReader(sock, f"r{k:05d}", codec.reader, log) for k in range(count)]


@pytest.mark.parametrize("piece", [1, 60, 110, 150, 1000])
def test_each_talkers_order_is_enough(piece: int) -> None:
    first, second = loose()
    a0, a1, b0, b1, c0 = message(0, 0), message(0, 1), message(1, 0), message(1, 1), message(2, 0)
    streams = [(first, a0 + b0 + a1 + c0 + b1), (second, b0 + b1 + a0 + a1 + c0)]
    for at in range(0, 5 * len(a0), piece):
        for reader, stream in streams:
            reader.take(memoryview(stream[at : at + piece]))
    for reader, _ in streams:
        assert (reader.missing(5), reader.position) == (0, 5 * len(a0))


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([(0, 1)], "before an earlier one"),
        ([(0, 0), (0, 0)], "twice"),
        ([(1, 0), (1, 0)], "twice"),
        ([(1, 0), (0, 1)], "before an earlier one"),
        ([(0, 0), (0, 1), (1, 0), (0, 3)], "message 3 came in place of 2"),
    ],
)
def test_a_loose_reader_misses_nothing(messages: list[tuple[int, int]], complaint: str) -> None:
    first, second = loose()
    first.take(memoryview(message(0, 0) + message(0, 1) + message(1, 0)))
    with pytest.raises(Fault, match=complaint):
        for each in messages:
            second.take(memoryview(message(*each)))


def test_a_loose_reader_compares_bytes() -> None:
    first, second = loose()
    first.take(memoryview(message(0, 0) + message(1, 0)))
    with pytest.raises(Fault, match="talker 1: message 0 came in place of 1"):
        second.take(memoryview(message(1, 0).replace(b" 0000000000000000005", b" 0000000000000000006")))
    first, second = loose()
    with pytest.raises(Fault, match="not a message"):
        first.take(memoryview(message(0, 0).replace(b"x", b"y", 1)))


def test_trimming_forgets_what_all_have() -> None:
    first, second = loose()
    first.take(memoryview(message(0, 0) + message(1, 0) + message(0, 1)))
    second.take(memoryview(message(0, 0) + message(0, 1)))
    log = first._log
    log.trim(second.position)
    assert (log.first, len(log.places)) == (1, 2)
    second.take(memoryview(message(1, 0) + message(1, 1)))
    first.take(memoryview(message(1, 1)))
    assert first.missing(4) == second.missing(4) == 0


# -- who reads too slowly ------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [5, 150, 1000])
def test_what_was_skipped_is_told_as_that(piece: int) -> None:
    """And not as a message that was changed."""
    codec = CODECS["chatd"]
    log = StreamLog(codec.message, SIZE)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        reader = RoomReader(ours, "r00001", codec.reader, log)
        said = codec.message.record("t000", SIZE)
        stream = said % (0, 5) + b"* 12 messages skipped\n" + said % (13, 5)
        theirs.sendall(stream[piece:])
        with pytest.raises(Fault, match="r00001 read too slowly: 12 messages were skipped"):
            reader.hear(memoryview(stream[:piece]))
            while True:
                reader.read(piece)


# -- the plainest server -------------------------------------------------------------------------------


def test_a_room_at_the_naive_server() -> None:
    with running("naive") as server:
        with closing(LoadRoom("naive", server.address, 5, 3)) as room:
            room.join()
            room.start()
            assert room.run(Paced(200, 0.1)) == 20
            said = room.run(Windowed(4, 0.1))
            assert said and room.delivered() == (20 + said) * 7
            assert len(room.histogram) == (20 + said) * 5
        server.end()
