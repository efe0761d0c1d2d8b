"""How long something lasts, as it is typed and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.durations import (
    check_duration,
    looks_like_duration,
    parse_duration,
    read_duration,
    shown_duration,
)
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT

LETTERS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
SHOWN = {"s": 1, "min": 60, "h": 3600, "day": 86_400, "days": 86_400}


@given(st.integers(1, DEFAULT.longest), st.sampled_from([*LETTERS, *map(str.upper, LETTERS)]))
def test_a_time_is_read_as_it_was_written(number: int, unit: str) -> None:
    seconds = number * LETTERS[unit.lower()]
    assert looks_like_duration(f"{number}{unit}")
    assert read_duration(f"{number}{unit}") == seconds
    if seconds <= DEFAULT.longest:
        assert parse_duration(f"{number}{unit}") == check_duration(seconds) == seconds


@given(st.text())
def test_what_is_meant_as_none_is_none(word: str) -> None:
    assert looks_like_duration(word) or read_duration(word) is None


@given(st.integers(1, 2**63 - 1))
def test_what_is_shown_is_that_time(seconds: int) -> None:
    number, unit = shown_duration(seconds).split(" ")
    assert int(number) * SHOWN[unit] == seconds
    assert (unit == "day") is (seconds == 86_400)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "61 s"),
        (5400, "90 min"),
        (7200, "2 h"),
        (90_000, "25 h"),
    ],
)
def test_it_is_shown_without_a_fraction(seconds: int, text: str) -> None:
    assert shown_duration(seconds) == text


@pytest.mark.parametrize("seconds", [-(2**63), -1, 0, DEFAULT.longest + 1, 10**9 * 86_400, 2**63 - 1])
def test_nothing_lasts_so_long(seconds: int) -> None:
    with pytest.raises(ChatError, match="a time is 1s to 3650d") as caught:
        check_duration(seconds)
    assert caught.value.code is Code.BAD_TIME
