"""The sampler, by a clock of its own, and the histogram that it reads."""

from math import isnan

import pytest

from loadtests.measure.latency import MS, Histogram
from loadtests.measure.process import Spent
from loadtests.measure.result import Run, Sample
from loadtests.measure.sampler import Sampler
from loadtests.servers.target import ServerUnderTest


class FakeSources:
    """A server and a generator whose time, work and memory are set by the test."""

    def __init__(self) -> None:
        self.now = 100.0
        self.delivered = 1000  # by an earlier load in the same room
        self.cpu = 7.0
        self.generator = 3.0
        self.histogram = Histogram()
        self.run = Run("chatd")

    def pass_(self, seconds: float, deliveries: int, ms: float) -> None:
        self.now += seconds
        self.delivered += deliveries
        self.cpu += 0.5 * seconds
        self.generator += 0.25 * seconds
        self.histogram.add([0] * deliveries, int(ms * MS) - 1)

    def spent(self) -> Spent:
        return Spent(self.cpu)

    def memory(self) -> float:
        return 40 * 2**20

    def sampler(self) -> Sampler:
        return Sampler(
            *(self.run, self, lambda: self.delivered, self.histogram),
            lambda: self.generator,
            clock=lambda: self.now,
        )


@pytest.fixture
def fake() -> FakeSources:
    return FakeSources()


def test_a_look_every_half_second_of_what_was_since_the_last(fake: FakeSources) -> None:
    fake.histogram.add([0] * 50, 900 * MS)  # an earlier load's
    sampler = fake.sampler()
    for _ in range(8):  # of times that floats hold exactly
        fake.pass_(0.0625, 10, 5)
        sampler.tick()
    fake.pass_(0.5, 300, 20)
    sampler.tick()
    sampler.end()
    first, second = fake.run.samples
    assert first == Sample(0.5, 80, 0.5, 0.25, 40.0, 5.0, 5.0)
    assert second == Sample(1.0, 380, 0.5, 0.25, 40.0, 20.0, 20.0)


def test_the_end_of_a_run_is_looked_at_where_it_is_long_enough(fake: FakeSources) -> None:
    for seconds in (0.3, 0.05):
        sampler = fake.sampler()
        fake.pass_(seconds, 30, 1)
        sampler.end()
        assert [sample.at for sample in fake.run.samples] == [0.3]


def test_nothing_is_looked_at_after_the_end(fake: FakeSources) -> None:
    sampler = fake.sampler()
    sampler.end()
    fake.pass_(10, 1, 1)
    sampler.tick()
    assert fake.run.samples == []


def test_a_gap_does_not_bring_many_looks_at_once(fake: FakeSources) -> None:
    sampler = fake.sampler()
    fake.pass_(10, 1, 1)
    for _ in range(5):
        sampler.tick()
    assert len(fake.run.samples) == 1


def test_a_remote_server_tells_neither_time_nor_memory(fake: FakeSources) -> None:
    remote = ServerUnderTest("chatd", ("192.0.2.1", 5050))
    sampler = Sampler(
        *(fake.run, remote, lambda: fake.delivered, fake.histogram, lambda: 0), clock=lambda: fake.now
    )
    fake.pass_(0.5, 0, 0)
    sampler.tick()
    (sample,) = fake.run.samples
    assert isnan(sample.server) and isnan(sample.memory_mib) and isnan(sample.p99_ms)


def test_histograms_add_up() -> None:
    one = Histogram()
    one.add([0, 0], 1 * MS - 1)
    before = dict(one.counts)
    one.add([0], 5 * MS - 1)
    assert (len(one), one.worst(), one.percentile(50), one.total()) == (3, 5.0, 1.0, 7.0)
    assert one.milliseconds() == {1.0: 2, 4.95: 1} and one.distribution() == [(1.0, 2), (4.95, 1)]
    assert one.since(before).distribution() == [(4.95, 1)]
    assert one.percentiles(0, 50, 67, 100) == [1.0, 1.0, 5.0, 5.0]
    assert isnan(Histogram().percentile(50)) and isnan(Histogram().worst())


def test_what_leaves_the_process_has_few_buckets_and_every_count() -> None:
    fine = Histogram(dict.fromkeys(range(5000), 3))
    less = fine.distribution()
    assert len(less) < 450 and sum(count for _, count in less) == len(fine)
    at, total = iter(less), 0
    while total < len(fine) * 0.99:
        ms, count = next(at)
        total += count
    assert ms == pytest.approx(fine.percentile(99), rel=0.02)
