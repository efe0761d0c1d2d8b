"""Times as people read them, beside what the standard library says."""

from datetime import UTC, datetime

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.protocol.times import utc

#: The last millisecond of the year 9999.
LAST = 253_402_300_799_999


@settings(derandomize=True, deadline=None)
@given(st.integers(0, LAST))
@example(0)
@example(LAST)
@example(951_782_400_000)  # the 29th of February 2000
@example(4_107_542_400_000)  # the 1st of March 2100, which has no 29th of February
def test_utc(at: int) -> None:
    assert utc(at) == datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%d %H:%M")
