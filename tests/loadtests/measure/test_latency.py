"""The latency histogram: what is drained is small, and close to what was counted."""

import pytest

from loadtests.measure.latency import BUCKET, Histogram


def test_what_is_drained_is_small_and_close_also_where_every_latency_is_another() -> None:
    """A server that is overloaded: 100,000 latencies up to 10 s."""
    histogram = Histogram()
    histogram.add(range(0, -10_000_000_000, -10 * BUCKET), 0)
    assert len(histogram.counts) == 100_000
    exact = [histogram.percentile(percent) for percent in (1, 50, 99, 99.9, 100)]
    drained = histogram.drain()
    assert (len(histogram), len(drained)) == (0, 100_000)
    assert len(drained.counts) < 2000
    close = [drained.percentile(percent) for percent in (1, 50, 99, 99.9, 100)]
    assert close == pytest.approx(exact, rel=0.01)
    assert all(after >= before for before, after in zip(exact, close, strict=True))


def test_small_latencies_are_drained_as_they_are() -> None:
    histogram = Histogram({bucket: bucket + 1 for bucket in range(256)})
    before = dict(histogram.counts)
    assert histogram.drain().counts == before


def test_a_drained_histogram_counts_on() -> None:
    histogram = Histogram()
    histogram.add((0,), BUCKET)
    histogram.drain()
    histogram.add((0, 0), BUCKET)
    assert histogram.drain().counts == {1: 2}
