"""What a talker makes of what it hears, in pieces of every size: the readers' stream less its own messages,
before and after the readers have it."""

import re
import socket
from collections.abc import Iterator, Sequence

import pytest

from loadtests.engine import rooms
from loadtests.engine.codecs import CODECS
from loadtests.engine.stream import StreamLog
from loadtests.engine.talkers import TALKERS, OthersTalker, ToldTalker
from loadtests.measure.errors import Fault
from tests.loadtests.engine.test_stream_faults import ClosedUntil, started
from tests.support.stub_server import serving

SIZE = 100
#: The servers where a talker hears the others in the readers' records.
RECORDS = ("chatd", "inspircd", "ngircd")
#: What is said: talkers, and their numbers.
SAID = [(0, 0), (1, 0), (1, 1), (2, 0), (0, 1), (2, 1), (1, 2), (0, 2)]
#: What t001 hears of it.
HEARD = [one for one in SAID if one[0] != 1]
#: Of 1,000 messages' bytes the log keeps no more: what four talkers have in flight, twice, and a step.
KEPT = 2 * 4 * 32 * SIZE + 4000


def record(server: str, talker: int, number: int) -> bytes:
    return CODECS[server].message.record(f"t{talker:03d}", SIZE) % (number, 5)


def stream(server: str, said: Sequence[tuple[int, int]]) -> bytes:
    return b"".join(record(server, *one) for one in said)


@pytest.fixture
def sock() -> Iterator[socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours


def made(server: str, sock: socket.socket) -> tuple[OthersTalker, StreamLog]:
    """Talker t001 of three, and what the readers have."""
    codec = CODECS[server]
    log = StreamLog(codec.message, SIZE, range(3), 3)
    talker = TALKERS[codec.hears](sock, "t001", codec.talker, log)
    assert isinstance(talker, OthersTalker)
    return talker, log


def feed(talker: OthersTalker, data: bytes, piece: int) -> None:
    for at in range(0, len(data), piece):
        talker.take(memoryview(data[at : at + piece]))


@pytest.mark.parametrize("ahead", [False, True], ids=["behind the readers", "ahead of them"])
@pytest.mark.parametrize("piece", [1, 30, 100, 150, 10_000])
@pytest.mark.parametrize("server", RECORDS)
def test_a_talker_hears_what_the_readers_hear(
    server: str, piece: int, ahead: bool, sock: socket.socket
) -> None:
    talker, log = made(server, sock)
    if not ahead:
        log.take(0, memoryview(stream(server, SAID)))
    feed(talker, stream(server, HEARD), piece)
    if ahead:
        assert talker.missing(8)
        log.take(0, memoryview(stream(server, SAID)))
    assert (talker.missing(8), talker.delivered, talker.acked) == (0, 5, 3)
    assert talker.missing(9) == 1


@pytest.mark.parametrize("server", RECORDS)
def test_a_talker_that_still_reads_when_the_readers_are_done_is_not_wronged(
    server: str, sock: socket.socket
) -> None:
    """Wherever its last read ended, in the middle of a record too."""
    talker, log = made(server, sock)
    log.take(0, memoryview(stream(server, SAID)))
    heard = stream(server, HEARD)
    for at in range(len(heard)):
        assert talker.missing(8) == len(HEARD) - at // log.size
        talker.take(memoryview(heard[at : at + 1]))
    assert talker.missing(8) == 0


@pytest.mark.parametrize("ahead", [False, True], ids=["behind the readers", "ahead of them"])
@pytest.mark.parametrize("server", ["chatd", "inspircd"])
@pytest.mark.parametrize(
    ("heard", "complaint"),
    [
        ([*HEARD[:2], *HEARD[3:]], "missing"),
        ([*HEARD[:2], HEARD[3], HEARD[2], *HEARD[4:]], "out of order"),
        ([*HEARD[:3], *HEARD[2:]], "doubled"),
        ([*HEARD, HEARD[-1]], "doubled"),
        ([*HEARD, (2, 2)], "one too many"),
        ([*HEARD[:2], (2, 0), *HEARD[3:]], "doubled"),
    ],
    ids=["dropped", "swapped", "doubled", "the last doubled", "one that nobody said", "another in its place"],
)
def test_what_differs_is_named(
    server: str, heard: list[tuple[int, int]], complaint: str, ahead: bool, sock: socket.socket
) -> None:
    talker, log = made(server, sock)
    data = stream(server, heard)
    if not ahead:
        log.take(0, memoryview(stream(server, SAID)))
    with pytest.raises(Fault, match=f"^t001: at byte .*: {complaint}$"):
        talker.take(memoryview(data))
        log.take(0, memoryview(stream(server, SAID)))
        talker.missing(8)


@pytest.mark.parametrize("server", ["chatd", "inspircd"])
@pytest.mark.parametrize(
    "change", [(b"00000001", b"00000009"), (b"05 x", b"06 x"), (b"xx", b"yx"), (b"t002", b"t001")]
)
def test_every_byte_counts(server: str, change: tuple[bytes, bytes], sock: socket.socket) -> None:
    talker, log = made(server, sock)
    data = stream(server, HEARD)
    log.take(0, memoryview(stream(server, SAID)))
    with pytest.raises(Fault, match=r": changed|: missing$"):
        talker.take(memoryview(data.replace(*change, 1)))
        assert not talker.missing(8)


def test_the_log_keeps_what_a_talker_has_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is cut all the time here; and a talker that hears nobody but itself does not hold it up."""
    monkeypatch.setattr(rooms, "LOG_STEP", 2000)
    with serving() as stub, started(stub, 3) as room:
        room.rooms[0].trim_at = 2000
        said = room.run(ClosedUntil(32, 1000))
        assert room.delivered() == said * 6
        assert room.log.base > room.log.end - KEPT
    with serving() as stub:
        room = rooms.LoadRoom("chatd", stub.address, 2, 1)
        room.rooms[0].trim_at = 2000
        room.join()
        room.start()
        room.run(ClosedUntil(32, 1000))
        assert room.log.base > room.log.end - KEPT
        room.close()


def test_a_fault_shows_both_records(sock: socket.socket) -> None:
    talker, log = made("chatd", sock)
    log.take(0, memoryview(stream("chatd", SAID)))
    with pytest.raises(Fault) as fault:
        talker.take(memoryview(stream("chatd", HEARD[1:])))
    assert re.search("<t002> 00000000 .* is not what the others got, .*<t000> 00000000", str(fault.value))


# -- who is told -----------------------------------------------------------------------------------------

TOLD = CODECS["chatd"].told
assert TOLD is not None
ACK = b'{"type":"ack","ref":"r","id":7}\n'


def said(talker: int, number: int) -> bytes:
    assert TOLD is not None
    return TOLD.message.record(f"t{talker:03d}", SIZE) % (number, 5)


@pytest.fixture
def told(sock: socket.socket) -> ToldTalker:
    """Talker t001 of three, which has said two messages."""
    codec = CODECS["chatd"]
    assert TOLD is not None
    talker = ToldTalker(sock, "t001", TOLD.handshake, StreamLog(codec.message, SIZE, range(3)), TOLD.message)
    talker.say(2, 5)
    return talker


@pytest.mark.parametrize("piece", [1, 30, 150, 10_000])
def test_who_is_told_has_its_answers_among_what_others_say(told: ToldTalker, piece: int) -> None:
    data = said(0, 0) + ACK + said(2, 0) + said(0, 1) + ACK
    for at in range(0, len(data), piece):
        assert told.missing(5) > 0
        told.take(memoryview(data[at : at + piece]))
    assert (told.missing(5), told.acked, told.delivered) == (0, 2, 3)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (ACK * 3, "t001 was told 3 times of 2 messages: doubled"),
        (said(0, 1), "t001, from t000: message 1 came in place of 0: missing"),
        (said(0, 1) + said(0, 0), "t001, from t000: message 1 came in place of 0: out of order"),
        (said(0, 0) * 2, "t001, from t000: message 0 came in place of 1: doubled"),
        (said(1, 0), "message 0 came back, which is answered only"),
        (said(0, 0).replace(b"xx", b"xy", 1), "changed, or no message"),
        (ACK.replace(b'"r"', b'"s"'), "changed, or no message"),
        (b'{"type":"skipped","room":"lobby","count":7}\n', "t001 read too slowly: 7 messages were skipped"),
    ],
    ids=[
        "told again",
        "missing",
        "swapped",
        "doubled",
        "its own",
        "changed",
        "of another",
        "skipped",
    ],
)
def test_what_is_wrong_to_who_is_told(told: ToldTalker, data: bytes, complaint: str) -> None:
    with pytest.raises(Fault, match=complaint):
        told.hear(memoryview(data))
