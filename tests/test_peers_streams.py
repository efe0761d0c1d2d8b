"""What talkers, readers and people make of what a peer sends them, in order and out of it."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.loads import Paced, Windowed
from loadtests.engine.loose import LooseLog, LooseReader
from loadtests.engine.person import AckedPerson, Place, SeenPerson
from loadtests.engine.rooms import Room
from loadtests.engine.stream import Fault, StreamLog
from loadtests.engine.talkers import TALKERS, OthersTalker, Publisher
from loadtests.engine.talkers import Place as TalkersPlace
from loadtests.engine.wire import Hears, parser
from loadtests.servers.running import running

SIZE = 100


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    """The generator's end of a connection that takes what is said."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours


def record(server: str, talker: int, number: int, time: int = 5) -> bytes:
    return CODECS[server].form.record(f"t{talker:03d}", SIZE) % (number, time)


# -- talkers -------------------------------------------------------------------------------------------


def place(server: str, audience: int = 3) -> TalkersPlace:
    form = CODECS[server].form
    return TalkersPlace(StreamLog(form.size(SIZE), 3, parser(form, SIZE)), form, SIZE, audience)


def talker(server: str, kind: Hears, room: TalkersPlace, sock: socket.socket) -> OthersTalker | Publisher:
    assert CODECS[server].hears is kind
    made = TALKERS[kind](sock, "t001", CODECS[server].talker.of("t001"), room)
    assert isinstance(made, OthersTalker | Publisher)
    return made


def test_an_irc_talker_hears_the_others(sock: socket.socket) -> None:
    room = place("inspircd")
    one = talker("inspircd", Hears.OTHERS, room, sock)
    one.voice.say(1, 5)
    stream = record("inspircd", 0, 0) + record("inspircd", 2, 0) + record("inspircd", 0, 1)
    for at in range(len(stream)):
        assert one.missing(4)
        one.take(memoryview(stream[at : at + 1]))
    assert (one.delivered, one.missing(4)) == (3, 1)
    room.log.take(0, memoryview(record("inspircd", 1, 0)))
    assert (one.acked, one.missing(4)) == (1, 0)


@pytest.mark.parametrize(
    ("stream", "complaint"),
    [
        (record("inspircd", 0, 1), "got 1 from talker 0, not 0"),
        (record("inspircd", 0, 0).replace(b"x", b"y", 1), "t001 got b':t000!t@"),
        (b"ERROR :Closing link\r\n" + record("inspircd", 0, 0), "t001 got b'ERROR :Closing"),
    ],
    ids=["missing", "changed", "odd"],
)
def test_an_irc_talker_sees_what_is_wrong(stream: bytes, complaint: str, sock: socket.socket) -> None:
    one = talker("inspircd", Hears.OTHERS, place("inspircd"), sock)
    with pytest.raises(Fault, match=complaint):
        one.take(memoryview(stream))


def test_a_publisher_counts_its_replies(sock: socket.socket) -> None:
    room = place("redis")
    one = talker("redis", Hears.REPLIES, room, sock)
    one.voice.say(2, 5)
    room.log.take(0, memoryview(record("redis", 1, 0) + record("redis", 1, 1)))
    for piece in (b":3\r\n:", b"3\r", b"\n"):
        assert one.missing(2)
        one.take(memoryview(piece))
    assert (one.acked, one.missing(2)) == (2, 0)
    with pytest.raises(Fault, match="got b':2"):
        one.take(memoryview(b":2\r\n"))


def test_a_publisher_without_replies_hears_nothing(sock: socket.socket) -> None:
    one = talker("nats", Hears.REPLIES, place("nats"), sock)
    with pytest.raises(Fault, match="-ERR"):
        one.take(memoryview(b"-ERR 'Slow Consumer'\r\n"))


# -- a common order that is none -----------------------------------------------------------------------


def message(talker: int, number: int) -> bytes:
    return record("nats", talker, number)


def loose(count: int = 2) -> list[LooseReader]:
    form = CODECS["nats"].form
    log = LooseLog(form.size(SIZE), 3, parser(form, SIZE))
    way = CODECS["nats"].reader.of("r00000")
    with socket.socket() as sock:
        return [LooseReader(sock, f"r{number:05d}", way, log, None) for number in range(count)]


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
    log = first._loose
    log.trim(second.position)
    assert (log.first, len(log.places)) == (1, 2)
    second.take(memoryview(message(1, 0) + message(1, 1)))
    first.take(memoryview(message(1, 1)))
    assert first.missing(4) == second.missing(4) == 0


# -- people --------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def direct(server: str, sender: int, number: int) -> bytes:
    codec = CODECS[server].direct
    assert codec is not None
    return codec.form.record(f"p{sender:05d}", SIZE, "p00000") % (number, 5)


@pytest.mark.parametrize("server", ["inspircd", "nats", "redis"])
def test_people_count_to_the_byte(server: str, listener: socket.socket) -> None:
    room = Place(server, listener.getsockname(), SIZE, 4)
    person = SeenPerson(0, room, [1] * 8)
    with person.sock:
        person.say(2, 5)
        person.acked = 2
        stream = room.reply + direct(server, 1, 3) + room.reply + direct(server, 2, 0)
        for at in range(len(stream)):
            assert person.missing(2)
            person.take(memoryview(stream[at : at + 1]))
        assert not person.missing(2) and person.heard == [1, 2]
        with pytest.raises(Fault, match="got 12 from p00001 after 3"):
            person.take(memoryview(direct(server, 1, 12)))
        person.take(memoryview(b"what?"))
        assert person.missing(3)


def test_people_at_chatd_get_acknowledgements(listener: socket.socket) -> None:
    person = AckedPerson(0, Place("chatd", listener.getsockname(), SIZE, 4), [1] * 8)
    with person.sock:
        assert person.free() == 4
        person.say(3, 5)
        assert person.free() == 0
        line = b'{"type":"dm","id":1,' + direct("chatd", 1, 3) + b',"at":1}\n'
        person.take(memoryview(b'{"type":"ack","ref":"m","id":1}\n' * 3 + line))
        assert not person.missing(1) and person.free() == 4


def test_the_floor_knows_no_people() -> None:
    with pytest.raises(Fault, match="floor knows no direct messages"):
        Place("floor", ("127.0.0.1", 9), SIZE, 4)


# -- the plainest server -------------------------------------------------------------------------------


def test_a_room_at_the_naive_server() -> None:
    with running("naive") as server:
        with closing(Room("naive", server.address, 5, 3)) as room:
            room.join()
            room.start()
            assert room.run(Paced(200, 0.1)) == 21  # and the fence
            said = room.run(Windowed(4, 0.1))
            assert said and room.delivered() == (21 + said) * room.audience
            assert room.audience == 7 and len(room.histogram) == (21 + said) * 5
        server.end()


def test_who_does_not_welcome_in_time_is_a_fault() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        closing(Room("inspircd", silent.getsockname(), 2, 2)) as room,
        pytest.raises(Fault, match="0 of 4 were welcomed in the time given to all"),
    ):
        room.join(seconds=0.05)
