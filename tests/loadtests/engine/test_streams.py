"""The benchmark's pure parts: that no loss goes unnoticed, and what a process has spent."""

from math import isnan

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.stream import StreamLog
from loadtests.engine.wire import parser
from loadtests.measure.errors import Fault
from loadtests.measure.latency import MS, Histogram
from loadtests.measure.process import Spent

SIZE = 100
MESSAGE = CODECS["floor"].message
parse_line = parser(MESSAGE, SIZE)


def message(talker: int, number: int, time: int = 5) -> bytes:
    line = MESSAGE.template(f"t{talker:03d}", SIZE) % (number, time)
    assert len(line) == SIZE
    return line


def view(*lines: bytes) -> memoryview:
    return memoryview(b"".join(lines))


@pytest.fixture
def log() -> StreamLog:
    return StreamLog(MESSAGE, SIZE, talkers=range(2))


# -- wire ----------------------------------------------------------------------------------------------


def test_both_servers_deliver_the_same_bytes() -> None:
    said = CODECS["chatd"].message.template("t001", SIZE) % (7, 9)
    assert b"<t001> " + said == message(1, 7, 9)
    assert parse_line(message(1, 7, 9)) == (1, 7, 9)


@pytest.mark.parametrize(
    "line", [b"* bob joined\n", b"", message(1, 7)[:-1], message(1, 7).replace(b"x", b"y")]
)
def test_what_is_not_a_message_is_seen(line: bytes) -> None:
    assert parse_line(line) is None


# -- the shared log ------------------------------------------------------------------------------------


def test_readers_at_different_places_agree(log: StreamLog) -> None:
    lines = [message(0, 0, 11), message(1, 0, 12), message(0, 1, 13)]
    stream = b"".join(lines)
    ahead = log.take(0, memoryview(stream[:150]))
    behind = log.take(0, memoryview(stream[:30]))
    behind = log.take(behind, memoryview(stream[30:300]))  # overtakes in the middle of a chunk
    assert log.take(ahead, memoryview(stream[150:])) == behind == log.end == 300
    assert (log.times, log.senders) == ([11, 12, 13], [0, 1, 0])


def test_any_split_is_taken(log: StreamLog) -> None:
    stream, position = message(0, 0) + message(0, 1), 0
    for at in range(len(stream)):
        position = log.take(position, memoryview(stream[at : at + 1]))
    assert log.senders == [0, 0]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ((message(0, 0), message(0, 2)), "talker 0: message 2 came in place of 1"),
        ((message(0, 0), message(0, 0)), "talker 0: message 0 came in place of 1"),
        ((message(0, 0), b"* 3 messages skipped\n", message(0, 1)), "not a message"),
    ],
    ids=["missing", "twice", "skipped"],
)
def test_the_first_reader_may_not_miss_anything(
    log: StreamLog, lines: tuple[bytes, ...], complaint: str
) -> None:
    with pytest.raises(Fault, match=complaint):
        log.take(0, view(*lines))


@pytest.mark.parametrize(
    "lines",
    [
        (message(1, 0), message(0, 0)),
        (message(1, 0),),
        (message(0, 0), b"* 1 message skipped\n"),
        (message(0, 0, 6),),
    ],
    ids=["order", "missing", "skipped", "changed"],
)
def test_the_others_may_not_differ(log: StreamLog, lines: tuple[bytes, ...]) -> None:
    log.take(0, view(message(0, 0), message(1, 0)))
    with pytest.raises(Fault, match="is not what the others got"):
        log.take(0, view(*lines))


def test_trimming_keeps_places(log: StreamLog) -> None:
    log.take(0, view(message(0, 0, 1), message(0, 1, 2), message(0, 2, 3)))
    log.trim(250)
    assert (log.base, log.first, log.times, log.end) == (200, 2, [3], 300)
    assert log.take(250, view(message(0, 2, 3)[50:], message(1, 0, 4))) == 400
    with pytest.raises(Fault):
        log.take(200, view(message(0, 0, 1)))


# -- figures -------------------------------------------------------------------------------------------


def test_percentiles_are_exact_to_a_bucket() -> None:
    histogram = Histogram()
    histogram.add([1000 * MS - k * MS for k in range(1, 101)], 1000 * MS)
    assert histogram.percentile(50) == pytest.approx(50, abs=0.011)
    assert histogram.percentile(99) == pytest.approx(99, abs=0.011)
    assert histogram.worst() == pytest.approx(100, abs=0.011)
    assert isnan(Histogram().percentile(50)) and isnan(Histogram().worst())


# -- what a process spends -------------------------------------------------------------------------------


def test_waiting_for_ones_own_threads_is_no_disturbance() -> None:
    assert Spent.of(8_000_000_000, [(8_000_000_000, 500_000_000)]) == Spent(8.0, 0.5)
    threads = [(1_000_000_000, 3_000_000_000), (6_000_000_000, 1_250_000_000)]
    assert Spent.of(7_000_000_000, threads) == Spent(7.0, 0.25)
    # A thread that has ended had the core for a second, too.
    assert Spent.of(7_125_000_000, threads) == Spent(7.125, 0.125)
