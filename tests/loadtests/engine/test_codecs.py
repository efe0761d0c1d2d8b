"""Every server's codec, without the server: how one comes in, what is said, and how it is read."""

import socket
from collections.abc import Iterator

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.members import Member
from loadtests.engine.wire import Handshake, parser
from loadtests.measure.errors import Fault

SIZE = 100
ROOMS = sorted(CODECS)
DIRECT = sorted(name for name, codec in CODECS.items() if codec.direct)

IRC_BURST = (
    b":irc.bench 001 r00007 :Welcome\r\n:irc.bench 265 r00007 366 366 :Current local users 366\r\n"
    b":irc.bench 422 r00007 :no message of the day\r\n"
)
#: What a server tells a reader on its way in, and what the reader says in between.
ARRIVALS = {
    "chatd": [(b"", b"r00007\n"), (b"* you are r00007 - 8 here\n", b"")],
    "floor": [(b"* welcome\n", b"")],
    "inspircd": [
        (b"", b"NICK r00007\r\nUSER t 0 * :t\r\n"),
        (IRC_BURST, b"JOIN #lobby\r\n"),
        (b":r00007!t@h JOIN :#lobby\r\n:irc.bench 353 r00007 = #lobby :r00007\r\n", b""),
        (b":irc.bench 366 r00007 #lobby :End\r\n", b""),
    ],
    "nats": [
        (
            b'INFO {"server_id":"x"} \r\n',
            b'CONNECT {"verbose":false,"pedantic":false,"name":"r00007"}\r\nSUB lobby 1\r\nPING\r\n',
        ),
        (b"PONG\r\n", b""),
        (b"PING\r\n", b"PONG\r\n"),
    ],
    "redis": [
        (b"", b"CLIENT SETNAME r00007\r\n"),
        (b"+OK\r\n", b"SUBSCRIBE lobby\r\n"),
        (b"*3\r\n$9\r\nsubscribe\r\n$5\r\nlobby\r\n:1\r\n", b""),
    ],
}
#: What a reader gets for START.
STARTS = {
    "chatd": b"* r00008 joined\n<t000> START\n",
    "floor": b"<t000> START\n",
    "inspircd": b":r00008!t@h JOIN :#lobby\r\n:t000!t@127.0.0.2 PRIVMSG #lobby :START\r\n",
    "nats": b"MSG lobby 1 5\r\nSTART\r\n",
    "redis": b"*3\r\n$7\r\nmessage\r\n$5\r\nlobby\r\n$5\r\nSTART\r\n",
}
REFUSALS = {
    "chatd": b"! that name is taken\n",
    "floor": b"hello\n",
    "inspircd": b":irc.bench 433 * r00007 :Nickname is already in use\r\n",
    "ngircd": b"ERROR :Too many connections\r\n",
    "nats": b"-ERR 'maximum connections exceeded'\r\n",
    "redis": b"-ERR max number of clients reached\r\n",
}


class StreamKeeper(Member):
    """Keeps what came after START."""

    def __init__(self, sock: socket.socket, handshake: Handshake) -> None:
        super().__init__(sock, "r00007", handshake)
        self.got = b""

    def take(self, chunk: memoryview) -> None:
        self.got += bytes(chunk)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The generator's end and the server's."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for sock in (ours, theirs):
            sock.setblocking(False)
        yield ours, theirs


def said(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return b""


def record(server: str, talker: int, number: int, time: int = 5) -> bytes:
    return CODECS[server].message.record(f"t{talker:03d}", SIZE) % (number, time)


# -- coming in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", ARRIVALS)
def test_the_way_in_byte_by_byte(server: str, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    member = StreamKeeper(ours, CODECS[server].reader)
    member.enter()
    for told, answer in ARRIVALS[server]:
        assert not member.settled
        for at in range(len(told)):
            theirs.send(told[at : at + 1])
            member.arrive()
        assert said(theirs) == answer
    assert member.welcomed and member.settled and not member.started
    first = record(server, 1, 0)
    for at in range(len(start := STARTS[server] + first)):
        assert member.started == (at >= len(STARTS[server]))
        theirs.send(start[at : at + 1])
        member.read() if member.started else member.arrive()
    assert member.got == first


@pytest.mark.parametrize("server", STARTS)
def test_what_follows_start_in_one_piece_is_kept(
    server: str, pair: tuple[socket.socket, socket.socket]
) -> None:
    ours, theirs = pair
    member = StreamKeeper(ours, CODECS[server].reader)
    theirs.send(b"".join(told for told, _ in ARRIVALS[server]) + STARTS[server] + record(server, 1, 0))
    member.arrive()
    assert member.started and member.got == record(server, 1, 0)


@pytest.mark.parametrize("server", REFUSALS)
def test_a_refusal_is_one(server: str, pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    member = StreamKeeper(ours, CODECS[server].reader)
    theirs.send(REFUSALS[server])
    with pytest.raises(Fault, match="r00007 was not welcomed: "):
        member.arrive()


def test_nats_may_ask_before_it_answers(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    member = StreamKeeper(ours, CODECS["nats"].reader)
    theirs.send(b"INFO {}\r\nPING\r\n")
    member.arrive()
    assert not member.settled
    theirs.send(b"PONG\r\n")
    member.arrive()
    assert member.settled


# -- messages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("server", ROOMS)
def test_records_have_one_size_and_are_read(server: str) -> None:
    message = CODECS[server].message
    for talker, number, time in ((0, 0, 0), (7, 12345678, 10**19 - 1)):
        line = record(server, talker, number, time)
        assert len(line) == message.size(SIZE)
        assert parser(message, SIZE)(line) == (talker, number, time)
        for odd in (line[:-1], line.replace(b"x", b"y", 1), line + b"\n", b"x" + line):
            assert parser(message, SIZE)(odd) is None


@pytest.mark.parametrize("server", ROOMS)
def test_the_text_has_92_bytes_everywhere(server: str) -> None:
    message = CODECS[server].message
    text = message.template("t001", SIZE) % (7, 9)
    start = text.index(b"t001 0" if message.signed else b"00000007")
    assert len(text[start : text.rindex(b"x") + 1]) == 92
    assert text[start : text.rindex(b"x") + 1] in record(server, 1, 7, 9)


@pytest.mark.parametrize("server", DIRECT)
def test_direct_messages_name_both(server: str) -> None:
    direct = CODECS[server].direct
    assert direct is not None
    line = direct.message.record("p00001", SIZE, "p00002") % (3, 4)
    match = direct.message.pattern(SIZE).fullmatch(line)
    assert match is not None
    assert (match["name"], match["to"]) == (b"00001", b"p00002")
    assert (int(match["number"]), int(match["time"])) == (3, 4)
    assert direct.message.template("p00001", SIZE, "p00002") % (3, 4) != b""
