"""The load test's own judgement: it must find what it is there to find. Nothing here imports locust."""

import itertools
from collections.abc import Sequence

import pytest

from chatd.errors import ChatError
from chatd.events import Event, Said
from loadtests import report
from loadtests.__main__ import main
from loadtests.latency import Histogram, percentile
from loadtests.ledger import Faults, Ledger
from loadtests.processes import Sample
from loadtests.stream import JSONL, BlockReader, Message, message_text, parse

LAST = 5


def said(id: int, talker: str, number: int, *, is_last: bool = False) -> bytes:
    text = message_text(number, 1000 + number, 60, is_last=is_last)
    return JSONL.encode(Said(room="lobby", id=id, sender=talker, text=text, at=0))


def conversation() -> list[bytes]:
    """Two talkers in turn, six messages each, the sixth their last; ids from 1 on."""
    ids = itertools.count(1)
    return [
        said(next(ids), talker, number, is_last=number == LAST)
        for number in range(LAST + 1)
        for talker in ("al", "bo")
    ]


def one_by_one(lines: Sequence[bytes]) -> list[bytes]:
    return list(lines)


def all_at_once(lines: Sequence[bytes]) -> list[bytes]:
    return [b"".join(lines)]


def in_threes(lines: Sequence[bytes]) -> list[bytes]:
    return [b"".join(lines[at : at + 3]) for at in range(0, len(lines), 3)]


@pytest.fixture(params=[one_by_one, in_threes, all_at_once], ids=lambda split: split.__name__)
def split(request: pytest.FixtureRequest) -> object:
    return request.param


def judge(
    lines: Sequence[bytes], split: object, talkers: int = 2, *, late: bool = False
) -> tuple[int, Faults]:
    """How many were delivered, and the faults that were found."""
    assert callable(split)
    ledger = Ledger(late=late)
    delivered = sum(len(ledger.take(parse(block))) for block in split(lines))
    faults = ledger.judge(talkers)
    assert ledger.is_complete(talkers) == (faults.unended == 0)
    return delivered, faults


# -- the ledger ----------------------------------------------------------------------------------------


def test_what_is_right_has_no_fault(split: object) -> None:
    delivered, faults = judge(conversation(), split)
    assert (delivered, faults) == (12, Faults())
    assert faults.counts() == {}


@pytest.mark.parametrize("place", range(10))
def test_one_dropped_is_missing(split: object, place: int) -> None:
    lines = conversation()
    del lines[place]
    delivered, faults = judge(lines, split)
    assert delivered == 11
    assert faults.counts() == {"missing": 1}
    assert faults.example


@pytest.mark.parametrize("place", [10, 11])
def test_a_last_one_dropped_is_missing(split: object, place: int) -> None:
    lines = conversation()
    del lines[place]
    delivered, faults = judge(lines, split)
    assert delivered == 11
    assert faults.counts() == {"missing": 1}
    assert faults.unended == 1


@pytest.mark.parametrize("place", range(12))
def test_one_doubled(split: object, place: int) -> None:
    lines = conversation()
    lines.insert(place, lines[place])
    delivered, faults = judge(lines, split)
    assert delivered == 12
    assert faults.counts() == {"doubled": 1}


@pytest.mark.parametrize("distance", [1, 2])
@pytest.mark.parametrize("place", range(8))
def test_two_swapped(split: object, place: int, distance: int) -> None:
    """Neighbours are of two talkers, every second is of the same."""
    lines = conversation()
    lines[place], lines[place + distance] = lines[place + distance], lines[place]
    delivered, faults = judge(lines, split)
    assert delivered == 12
    assert set(faults.counts()) == {"reordered"}


def test_a_talker_that_was_never_heard_is_missing(split: object) -> None:
    lines = [line for line in conversation() if b'"bo"' not in line]
    _, faults = judge(lines, split)
    assert faults.counts() == {"missing": 1}
    assert faults.example == "talkers not heard to end: 1"


def test_who_comes_late_begins_where_it_begins(split: object) -> None:
    delivered, faults = judge(conversation()[5:], split, late=True)
    assert (delivered, faults) == (7, Faults())
    lines = conversation()[5:]
    del lines[3]
    assert judge(lines, split, late=True)[1].counts() == {"missing": 1}


# -- from bytes to blocks ------------------------------------------------------------------------------


def test_messages_are_the_same_however_the_bytes_are_split() -> None:
    data = b"".join(conversation())
    whole = parse(data).messages
    assert len(whole) == 12
    assert whole[0] == Message("al", 0, 1000, False, 1)
    assert whole[-1] == Message("bo", LAST, 1000 + LAST, True, 12)
    for size in (1, 7, 100, 1000):
        reader = BlockReader()
        blocks = [reader.feed(data[at : at + size]) for at in range(0, len(data), size)]
        assert tuple(m for block in blocks if block for m in block.messages) == whole


def test_what_others_say_is_no_message() -> None:
    talk = [
        Said(room="lobby", id=i, sender="eve", text=t, at=0)
        for i, t in enumerate(("load", "load 1 x y", "hi"))
    ]
    assert parse(b"".join(map(JSONL.encode, talk))).messages == ()


def test_a_refusal_in_text_is_an_error_and_a_greeting_is_nothing() -> None:
    block = parse(b"* chatd 0.1.0 - what is your name?\n! the server is full\n")
    (event,) = block.events
    assert isinstance(event, Event)
    assert getattr(event, "text", "") == "the server is full"


@pytest.mark.parametrize("line", [b"{\n", b'{"type":"new"}\n', b'{"type":"said"}\n'])
def test_a_line_that_is_nothing_we_know_is_an_error(line: bytes) -> None:
    with pytest.raises(ChatError):
        BlockReader().feed(line)


def test_a_line_without_end_is_an_error() -> None:
    reader = BlockReader()
    with pytest.raises(ChatError, match="more than"):
        for _ in range(20):
            reader.feed(b"x" * 65536)


def test_a_message_has_its_size() -> None:
    assert len(message_text(7, 10**18, 100)) == 100
    assert len(message_text(7, 10**18, 1)) > 20


# -- latencies -----------------------------------------------------------------------------------------


def test_histograms_merge_exactly() -> None:
    parts = [range(0, 10**7, 3331), range(5, 10**8, 77777), range(0)]
    merged, at_once = Histogram(), Histogram()
    for part in parts:
        one = Histogram()
        one.add(part, 10**8)
        merged.merge(one)
        at_once.add(part, 10**8)
    assert merged.counts == at_once.counts
    assert len(merged) == sum(map(len, parts)) == sum(merged.milliseconds().values())
    assert merged.total() == at_once.total()


def test_latencies_leave_with_three_digits() -> None:
    histogram = Histogram()
    histogram.add([0], 1_234_567)
    histogram.add([0, 0], 123_456_789)
    assert histogram.milliseconds() == {1.24: 1, 123.0: 2}


def test_percentiles() -> None:
    counts = {float(ms): 1 for ms in range(1, 101)}
    assert [percentile(counts, p) for p in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile({}, 50) != percentile({}, 50)  # NaN


# -- the report ----------------------------------------------------------------------------------------


def figures(deliveries: int = 99 * 40, **changed: object) -> report.Report:
    entries = {
        report.JOIN: report.Entry(100, 0, {3.0: 100}),
        report.ACK: report.Entry(40, 0, {1.0: 40}),
        report.DELIVER: report.Entry(deliveries, 0, {2.0: deliveries}),
    }
    values: dict[str, object] = {"began": 10.0, "ended": 14.0, "entries": entries, "errors": ()}
    return report.Report(**(values | changed))  # type: ignore[arg-type]


def test_a_run_without_faults() -> None:
    assert list(report.faults(figures(), users=100)) == []
    assert figures().seconds == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (figures(99 * 40 - 1), ["3,959 deliveries where 3,960 were expected"]),
        (figures(errors=[("missing", "deliveries missing", 2)]), ["2 x missing: deliveries missing"]),
        (figures(entries={}), ["0 of 100 users joined", "nothing was said"]),
    ],
)
def test_faults_are_told(wrong: report.Report, told: list[str]) -> None:
    assert list(report.faults(wrong, users=100)) == told


def test_the_servers_use_is_that_of_the_time_of_talking() -> None:
    samples = [Sample(float(at), at / 10, 1000 + at) for at in range(20)]
    used = report.use(samples, figures())
    assert (used.seconds, used.resident) == (4, 1014)
    assert used.cpu == pytest.approx(0.4)
    text = "\n".join(report.lines(figures(), used))
    assert "3,960 expected, 3,960 delivered, 0 missing" in text
    assert "101.01 µs of CPU a delivery, 10% of a core" in text


@pytest.mark.parametrize(
    "words", [["--users", "1"], ["--rate", "0"], ["--talkers", "9", "--users", "5"], ["--users", "9999999"]]
)
def test_wrong_usage_is_told_in_one_sentence(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
