"""What people make of what is written to them, at every server."""

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.people import People
from loadtests.engine.person import PeopleContext, Person
from loadtests.measure.errors import Fault

SIZE = 100
SERVERS = [name for name, codec in CODECS.items() if codec.direct]
#: What p00000 of sixteen gets from the first who writes to it, p00015, and from the next, p00013.
FIRST = [(15, 0), (13, 1), (15, 8), (13, 9), (15, 16)]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


def direct(server: str, sender: int, number: int, to: str = "p00000") -> bytes:
    codec = CODECS[server].direct
    assert codec is not None
    return codec.message.record(f"p{sender:05d}", SIZE, to) % (number, 5)


def reply(server: str) -> bytes:
    codec = CODECS[server].direct
    assert codec is not None
    return codec.message.reply % {b"count": 1, b"digits": b"17"}


def person(server: str, listener: socket.socket) -> Person:
    return Person(0, PeopleContext(server, listener.getsockname(), SIZE, 4, 16))


def test_everyone_writes_to_eight_and_hears_from_eight() -> None:
    for count in (9, 16, 17, 1000):
        context = PeopleContext("chatd", ("127.0.0.1", 9), SIZE, 4, count)
        for number in (0, 1, count - 1):
            partners = context.partners(number)
            assert len({*partners, number}) == 9
            for at, partner in enumerate(partners):
                assert context.writers(partner)[at] == number


@pytest.mark.parametrize("piece", [1, 50, 10_000])
@pytest.mark.parametrize("server", SERVERS)
def test_people_read_all_that_comes(server: str, piece: int, listener: socket.socket) -> None:
    one = person(server, listener)
    stream = reply(server) + b"".join(direct(server, *message) for message in FIRST) + reply(server)
    with one.sock:
        assert one.free() == 4
        one.say(2, 5)
        for at in range(0, len(stream), piece):
            assert one.missing(5)
            one.take(memoryview(stream[at : at + piece]))
        if not one._context.direct.acks:
            assert one.heard == [sender for sender, _ in FIRST]
            one.acked = 2
        assert (one.missing(5), one.received, one.free()) == ("", 5, 4)
        assert len(one._context.histogram) == 5
        assert "5 of 6 messages" in one.missing(6)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([(15, 8)], "p00000, from p00015: message 8 came in place of 0: missing"),
        ([(15, 8), (15, 0)], "message 8 came in place of 0: out of order"),
        ([(15, 0), (15, 0)], "message 0 came in place of 8: doubled"),
        ([(15, 0), (13, 0)], "p00000, from p00013: message 0 came in place of 1: doubled"),
        ([(14, 0)], "p00000 got what p00014 did not write to them, but to p00000"),
    ],
    ids=["missing", "swapped", "doubled", "not the first", "of nobody who writes to it"],
)
def test_each_message_is_the_next_of_its_writer(
    server: str, messages: list[tuple[int, int]], complaint: str, listener: socket.socket
) -> None:
    one = person(server, listener)
    with one.sock, pytest.raises(Fault, match=complaint):
        one.take(memoryview(b"".join(direct(server, *message) for message in messages)))


@pytest.mark.parametrize("server", SERVERS)
def test_a_message_to_another_is_none_of_theirs(server: str, listener: socket.socket) -> None:
    one = person(server, listener)
    with one.sock, pytest.raises(Fault, match="p00000 got what p00015 did not write to them, but to p00003"):
        one.take(memoryview(direct(server, 15, 0, "p00003")))


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("change", [(b"xx", b"yx"), (b"xx", b"x"), (b" 0", b" z"), (b"0 0", b"0  0")])
def test_nothing_may_stand_between_messages(
    server: str, change: tuple[bytes, bytes], listener: socket.socket
) -> None:
    one = person(server, listener)
    with one.sock, pytest.raises(Fault, match=r"p00000 got .*: changed, or no message"):
        one.take(memoryview(direct(server, 15, 0).replace(*change, 1) + direct(server, 15, 8)))


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_no_message_is_left_over(server: str, listener: socket.socket) -> None:
    one = person(server, listener)
    with one.sock:
        one.take(memoryview(b"what?"))
        assert "5 bytes" in one.missing(0)


@pytest.mark.parametrize("server", SERVERS)
def test_the_answer_to_the_fence_is_the_next_line(server: str) -> None:
    answers = {
        "chatd": b'{"type":"pong"}\n',
        "chatd-json": b'{"type":"pong"}\n',
        "inspircd": b":irc.bench PONG irc.bench :FENCE\r\n",
        "ngircd": b":irc.bench PONG irc.bench :FENCE\r\n",
        "nats": b"PONG\r\n",
        "redis": b"+PONG\r\n",
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        one = person(server, listener)
        theirs, _ = listener.accept()
        with one.sock, theirs:
            one.fence()
            asked = theirs.recv(100)
            assert asked and not one.fenced
            theirs.send(answers[server])
            one.read_fence()
            assert one.fenced
            one.fence()
            theirs.send(direct(server, 15, 0) + answers[server])
            with pytest.raises(Fault, match="after its last message: doubled, or no message"):
                one.read_fence()


def test_the_floor_knows_no_people() -> None:
    with pytest.raises(Fault, match="floor knows no direct messages"):
        People(("127.0.0.1", 9), 16, 4, server="floor")


def test_who_gets_no_answer_is_a_fault(listener: socket.socket) -> None:
    with closing(People(listener.getsockname(), 9, 4)) as people:
        for number in range(9):
            people.people.append(Person(number, people._context))
        with pytest.raises(Fault, match="after all had come 9 get no answer: p00000, p00001"):
            people._fence(0.05, lambda: None)
