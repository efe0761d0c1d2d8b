"""The suite notices what it must: one delivery of 10,000 to a reader that is missing, doubled, changed or out
of place, one connection, and latencies as those see them who wait.

Each run is a LoadRoom against a stub that is wrong in one place. The wronged reader may be the first to read
what comes after; then the shared log is its stream, and the others differ from it. Such a row has both
sentences.

Lower bounds on latencies are exact. Upper bounds hold for the quietest of a few runs: whatever else the
machine does adds to a latency and never takes from it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from math import ceil, inf
from time import monotonic, sleep
from typing import Final

import pytest

from loadtests.engine.loads import Load, LoadGroup, Paced, Windowed
from loadtests.engine.rooms import LoadRoom
from loadtests.measure.errors import Fault
from tests.support.stub_server import Delay, Stream, StubServer, Wrong, serving

TALKERS: Final = 4
#: After each load the first and the last talker say one more.
FENCES: Final = 2
#: Faster than either side can: where time is not the point.
HASTE: Final = 20_000
#: For what never comes; all else has come by then.
GRACE: Final = 0.1
#: A watchdog.
SETTLE_TIME: Final = 20.0
#: What two threads of one interpreter add to a latency where the machine does not disturb them too much, ms.
NOISE: Final = 15.0
#: An odd line, by whoever reads first: as no message; or, where it is the last of the log so far, as one too
#: many.
ODD_LINE_TOLD: Final = r"not a message: b'\* nobody|nobody expects this line.*: (changed|one too many)$"
ATTEMPTS: Final = 20


class Settled:
    """So many messages at once; over when the server has dealt with all of them, and a turn after that found
    nothing more to read: so the time of grace can be short, and what is missing then is what the server
    kept."""

    def __init__(self, messages: int, stub: StubServer) -> None:
        self._paced = Paced(HASTE, (messages + 0.5) / HASTE)
        self._messages = messages
        self._stub = stub
        self._active = 0.0
        self._deadline = monotonic() + SETTLE_TIME

    def pump(self, group: LoadGroup) -> float | None:
        assert monotonic() < self._deadline, "the stub does not settle"
        wait = self._paced.pump(group)
        if wait is not None:
            return wait
        if self._stub.settled < self._messages:
            return 0.001
        before, self._active = self._active, group.active
        return None if before == group.active else 0.001


class ClosedUntil(Windowed):
    """A closed loop until so many are said, however long that takes."""

    def __init__(self, window: int, messages: int) -> None:
        super().__init__(window, SETTLE_TIME)
        self._messages = messages

    def pump(self, group: LoadGroup) -> float | None:
        return None if group.sent() >= self._messages else super().pump(group)


@contextmanager
def started(stub: StubServer, readers: int) -> Iterator[LoadRoom]:
    """A room in which everyone has seen START."""
    with closing(LoadRoom("chatd", stub.address, readers, TALKERS)) as room:
        room.join()
        room.start()
        yield room


def complaint(
    wrong: Wrong,
    at: int,
    messages: int = 1250,
    readers: int = 8,
    grace: float = GRACE,
) -> str:
    """The sentence with which a run against this wrong fails."""
    with serving(wrong, at=at) as stub, started(stub, readers) as room:
        with pytest.raises(Fault) as fault:
            room.run(Settled(messages, stub), grace)
        return str(fault.value)


# -- the right server ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "readers"),
    [
        (lambda stub: Settled(1250, stub), 8),
        (lambda stub: Settled(5000, stub), 2),
        (lambda stub: ClosedUntil(8, 1000), 8),
    ],
    ids=["1,250 to 8", "5,000 to 2", "closed loop"],
)
def test_the_right_server_passes_with_exact_counts(load: Callable[[StubServer], Load], readers: int) -> None:
    with serving() as stub, started(stub, readers) as room:
        said = room.run(load(stub))
    assert said == room.sent() == stub.settled - FENCES >= 1000
    assert room.delivered() == said * (readers + TALKERS - 1)
    assert stub.delivered == (said + FENCES) * (readers + TALKERS - 1)
    assert len(room.histogram) == said * readers
    assert room.log.end == (said + FENCES) * room.log.size


def test_one_load_after_another_counts_for_itself() -> None:
    with serving() as stub, started(stub, 4) as room:
        assert [room.run(Paced(HASTE, (count + 0.5) / HASTE)) for count in (10, 20)] == [10, 20]
    assert (room.delivered(), len(room.histogram)) == (30 * 7, 30 * 4)


# -- wrong to everyone: one message in 10,000 ----------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.ROOM, ""), "talker 0: message 401 came in place of 400: missing"),
        (Wrong(Stream.ROOM, "", "ba"), "talker 0: message 401 came in place of 400: out of order"),
        (Wrong(Stream.ROOM, "aa"), "talker 0: message 400 came in place of 401: doubled"),
        (Wrong(Stream.ROOM, "c"), r"not a message: b'.*00000400 \d{19} yx"),
    ],
    ids=["dropped", "swapped", "doubled", "changed"],
)
def test_one_message_in_ten_thousand_that_is_wrong_to_all(wrong: Wrong, sentence: str) -> None:
    assert re.search(sentence, complaint(wrong, 400, messages=10_000, readers=2))


# -- wrong to one: one delivery in 10,000 --------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.READER, ""), ": missing$"),
        # "missing" where the second of the two has not arrived yet when the first is compared.
        (Wrong(Stream.READER, "", "ba"), ": (out of order|missing)$"),
        (Wrong(Stream.READER, "aa"), ": doubled$"),
        (Wrong(Stream.READER, "c"), ": changed$|not a message: b'<t00"),
        (Wrong(Stream.READER, "t"), ": changed$"),
        (Wrong(Stream.READER, "a?"), ODD_LINE_TOLD),
    ],
    ids=["dropped", "swapped", "doubled", "changed", "another time", "odd line"],
)
def test_one_delivery_in_ten_thousand_that_is_wrong_to_one_reader(wrong: Wrong, sentence: str) -> None:
    assert re.search(sentence, complaint(wrong, 600))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.READER, ""), r"still miss some: r00003 1$"),
        (Wrong(Stream.READER, "aa"), r": doubled$|: one too many$"),
        (Wrong(Stream.READER, "c"), r"not a message: b'<t00|at byte 124936: .*is not what the others got"),
    ],
    ids=["dropped", "doubled", "changed"],
)
def test_the_last_delivery_is_like_any_other(wrong: Wrong, sentence: str) -> None:
    assert re.search(sentence, complaint(wrong, 1249))


def test_a_reader_that_the_server_closes() -> None:
    assert complaint(Wrong(Stream.READER, "a."), 600) == "r00003 was closed by the server"


# -- latencies -----------------------------------------------------------------------------------------

#: What is looked at.
PERCENTS: Final = (0, 50, 75, 90, 99)


def shown(room: LoadRoom) -> list[float]:
    """Percentiles of latency, and of the generator's own lateness, ms."""
    histograms = room.histogram, room.lateness
    return [histogram.percentile(percent) for histogram in histograms for percent in PERCENTS]


def ideal(waits: list[float]) -> list[float]:
    """What a perfect generator shows of messages that wait so many ms from when they are due."""
    ascending = sorted(waits)
    places = [max(ceil(len(waits) * percent / 100), 1) - 1 for percent in PERCENTS]
    return [ascending[place] for place in places] + [0.0] * len(PERCENTS)


def measured(rate: int, messages: int, delay: Delay) -> list[float]:
    with serving(delay=delay, at=100) as stub, started(stub, 4) as room:
        room.run(Paced(rate, (messages + 0.5) / rate))
        return shown(room)


@pytest.mark.parametrize(
    ("rate", "delay", "waits"),
    [
        (1000, Delay(), [0.0] * 150),
        (1000, Delay(late=0.05), [50.0] * 150),
        (400, Delay(late=0.05, every=100), [max(0, 50 - k % 100 * 2.5) for k in range(200)]),
        (500, Delay(stop=0.2), [max(0, 400 - 2 * k) if k >= 100 else 0 for k in range(250)]),
    ],
    ids=["right", "50 ms late", "one in 100 late", "stops for 200 ms"],
)
def test_latencies_are_those_of_who_waits(rate: int, delay: Delay, waits: list[float]) -> None:
    """Counted from when each was due, also those that were due while the server stood; the generator keeps
    its pace meanwhile."""
    least = ideal(waits)
    quietest = [inf] * len(least)
    for _ in range(ATTEMPTS):
        quietest = list(map(min, quietest, measured(rate, len(waits), delay)))
        if all(one <= other + NOISE for one, other in zip(quietest, least, strict=True)):
            break
    for one, other in zip(quietest, least, strict=True):
        assert other <= one <= other + NOISE


def test_a_generator_that_was_late_says_so() -> None:
    """Its lateness is part of every latency, and stands beside them."""
    naps = iter([0.1])
    with serving() as stub, started(stub, 8) as room:
        room.tick = lambda: sleep(next(naps, 0))
        room.run(Paced(1000, 0.2))
    assert room.lateness.worst() >= 99
    assert room.lateness.percentile(75) >= 48
    assert all(room.histogram.percentile(one) >= room.lateness.percentile(one) for one in PERCENTS)


# -- at the very end -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (Wrong(Stream.READER, "a?"), "nobody expects this line"),
        (Wrong(Stream.READER, "a."), "r00003 was closed by the server"),
    ],
    ids=["odd line", "closed"],
)
def test_what_hides_behind_the_last_message(wrong: Wrong, sentence: str) -> None:
    assert re.search(sentence, complaint(wrong, 1249))
