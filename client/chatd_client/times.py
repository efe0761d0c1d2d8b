"""The time of a message as its reader's clock shows it."""

import time
from typing import Final

#: The year 2100, in milliseconds: later than any real time, and still in the range of strftime.
_LATEST: Final = 4_102_444_800_000


def seconds_of(at: int) -> float:
    """An event's `at` in seconds, whatever a server sends."""
    return min(max(at, 0), _LATEST) / 1000  # in this order: an integer may be too long for a float


def local_time(seconds: float, time_format: str) -> str:
    """The local time in this strftime format."""
    return time.strftime(time_format, time.localtime(seconds))
