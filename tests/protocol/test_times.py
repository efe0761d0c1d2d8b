"""Times as people read them, beside what the standard library says."""

from datetime import UTC, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from chatd.protocol.times import parse_time, utc

#: The last millisecond of the year 9999.
LAST = 253_402_300_799_999


@given(st.integers(0, LAST))
@example(0)
@example(LAST)
@example(951_782_400_000)  # the 29th of February 2000
@example(4_107_542_400_000)  # the 1st of March 2100, which has no 29th of February
def test_utc(at: int) -> None:
    assert utc(at) == datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M")


@given(st.integers(0, LAST // 1000))
@example(951_782_400)
def test_a_time_is_read_as_it_was_written(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert parse_time(at.strftime("%Y-%m-%dT%H:%M:%S")) == seconds * 1000
    assert parse_time(at.strftime("%Y-%m-%d"), end=True) == (seconds // 86_400 + 1) * 86_400_000
