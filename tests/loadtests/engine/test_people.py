"""What people make of what is written to them, at every server."""

import socket
from collections.abc import Iterator

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.people import Correspondent, People
from loadtests.measure.errors import Fault

SIZE = 100
#: One of each protocol.
SERVERS = [name for name, codec in CODECS.items() if codec.direct and not name.startswith("chatd-")]
#: What p00000 of sixteen gets from the first who writes to it, p00015, and from the next, p00013.
FIRST = [(15, 0), (13, 1), (15, 8), (13, 9), (15, 16)]


def direct(server: str, sender: int, number: int, to: str = "p00000") -> bytes:
    codec = CODECS[server].direct
    assert codec is not None
    return codec.message.record(f"p{sender:05d}", SIZE, to) % (number, 5)


def reply(server: str) -> bytes:
    codec = CODECS[server].direct
    assert codec is not None
    return codec.message.reply % {b"count": 1, b"digits": b"17"}


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        yield ours


def person(server: str, sock: socket.socket) -> Correspondent:
    """p00000 of sixteen."""
    people = People(("127.0.0.1", 9), 16, server=server, size=SIZE)
    people.people += [Correspondent(sock, number, people) for number in range(16)]
    return people.people[0]


def test_everyone_writes_to_eight_and_hears_from_eight() -> None:
    for count in (9, 16, 17, 1000):
        people = People(("127.0.0.1", 9), count)
        for number in (0, 1, count - 1):
            partners = people.partners[number]
            assert len({*partners, number}) == 9
            for at, partner in enumerate(partners):
                assert people.writers[partner][at] == number


@pytest.mark.parametrize("piece", [1, 50, 10_000])
@pytest.mark.parametrize("server", SERVERS)
def test_people_read_all_that_comes(server: str, piece: int, sock: socket.socket) -> None:
    one = person(server, sock)
    others, people = one._people.people, one._people
    stream = reply(server) + b"".join(direct(server, *message) for message in FIRST) + reply(server)
    one.say(2, 5)
    for at in range(0, len(stream), piece):
        assert one.missing(5)
        one.take(memoryview(stream[at : at + piece]))
    assert [other.acked for other in (others[13], others[15])] == [2, 3]
    assert people.touched == {others[13], others[15]}
    one.acked = 2
    assert (one.missing(5), one.received, len(people.histogram)) == (0, 5, 5)
    assert one.missing(6) and "5 of 6 messages" in one.lacks(6)


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
    server: str, messages: list[tuple[int, int]], complaint: str, sock: socket.socket
) -> None:
    one = person(server, sock)
    with pytest.raises(Fault, match=complaint):
        one.take(memoryview(b"".join(direct(server, *message) for message in messages)))


@pytest.mark.parametrize("server", SERVERS)
def test_a_message_to_another_is_none_of_theirs(server: str, sock: socket.socket) -> None:
    one = person(server, sock)
    with pytest.raises(Fault, match="p00000 got what p00015 did not write to them, but to p00003"):
        one.take(memoryview(direct(server, 15, 0, "p00003")))


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("change", [(b"xx", b"yx"), (b"xx", b"x"), (b" 0", b" z"), (b"0 0", b"0  0")])
def test_nothing_may_stand_between_messages(
    server: str, change: tuple[bytes, bytes], sock: socket.socket
) -> None:
    one = person(server, sock)
    with pytest.raises(Fault, match=r"p00000 got .*: changed, or no message"):
        one.take(memoryview(direct(server, 15, 0).replace(*change, 1) + direct(server, 15, 8)))


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_no_message_is_left_over(server: str, sock: socket.socket) -> None:
    one = person(server, sock)
    one.take(memoryview(b"what?"))
    assert one.missing(0) and "5 bytes" in one.lacks(0)


@pytest.mark.parametrize("server", SERVERS)
def test_the_answer_to_the_fence_is_the_next_line(server: str) -> None:
    answers = {
        "chatd": b'{"type":"pong"}\n',
        "inspircd": b":irc.bench PONG irc.bench :FENCE\r\n",
        "ngircd": b":irc.bench PONG irc.bench :FENCE\r\n",
        "nats": b"PONG\r\n",
        "redis": b"+PONG\r\n",
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        people = People(listener.getsockname(), 9, server=server, size=SIZE)
        people.people.append(people.enter(Correspondent, 0, 0, people))
        theirs, _ = listener.accept()
        with theirs:
            theirs.send(answers[server])
            people.fence(5)
            assert theirs.recv(100).endswith(people.direct.fence.then)
            theirs.send(direct(server, 15, 0) + answers[server])
            with pytest.raises(Fault, match="after its last message: doubled, or no message"):
                people.fence(5)
            with pytest.raises(Fault, match="1 get no answer to a ping: p00000"):
                people.fence(0.05)
        people.close()
