"""Points in time as people write them, in a place where clocks are changed twice a year."""

import time
from collections.abc import Iterator

import pytest

from chatd.protocol.errors import ConfigError
from chatd_client.when import since, until

#: 2026-11-26 06:30:00 UTC, half past seven in Berlin.
NOW = 1_795_674_600.0
#: 2026-03-29 10:00 UTC and 2026-10-25 10:00 UTC: days on which Berlin's clocks were changed.
SPRING, AUTUMN = 1_774_778_400.0, 1_792_922_400.0
HOUR = 3_600_000
#: 2026-11-26 00:00 in Berlin.
MIDNIGHT = 1_795_647_600_000


@pytest.fixture(autouse=True)
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("90s", int(NOW * 1000) - 90_000),
        ("15m", int(NOW * 1000) - HOUR // 4),
        ("1h", int(NOW * 1000) - HOUR),
        (" 3D ", int(NOW * 1000) - 72 * HOUR),
        ("2w", int(NOW * 1000) - 14 * 24 * HOUR),
        ("0s", int(NOW * 1000)),
        ("999999999w", 0),
        ("today", MIDNIGHT),
        ("Yesterday", MIDNIGHT - 24 * HOUR),
        ("2026-11-24", MIDNIGHT - 48 * HOUR),
        ("2026-11-24T13:05", MIDNIGHT - 48 * HOUR + 13 * HOUR + 5 * 60_000),
        ("2026-11-24 13:05:07", MIDNIGHT - 48 * HOUR + 13 * HOUR + 307_000),
        ("2026-11-24t12:05z", MIDNIGHT - 48 * HOUR + 13 * HOUR + 5 * 60_000),
        ("2026-11-24T14:05+02:00", MIDNIGHT - 48 * HOUR + 13 * HOUR + 5 * 60_000),
        ("1900-01-01", 0),
    ],
)
def test_when(text: str, at: int) -> None:
    assert since(text, lambda: NOW) == at


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2026-03-29", -23),  # a day of 23 hours, 12 of them after 10 UTC: noon here
        ("2026-10-25", -25),
    ],
)
def test_a_day_has_the_hours_that_it_has(text: str, hours: int) -> None:
    assert since(text) - until(text) == hours * HOUR


@pytest.mark.parametrize(
    ("now", "text", "at"),
    [
        (SPRING, "today", "2026-03-28T23:00Z"),
        (SPRING, "yesterday", "2026-03-27T23:00Z"),
        (SPRING, "24h", "2026-03-28T10:00Z"),
        (SPRING, "2026-03-29T02:30", "2026-03-29T01:30Z"),  # does not exist: half an hour after the jump
        (AUTUMN, "today", "2026-10-24T22:00Z"),
        (AUTUMN, "yesterday", "2026-10-23T22:00Z"),
        (AUTUMN, "2026-10-25T02:30", "2026-10-25T00:30Z"),  # comes twice: the first one
    ],
)
def test_where_clocks_are_changed(now: float, text: str, at: str) -> None:
    assert since(text, lambda: now) == since(at)


def test_until_a_day_is_to_its_end_and_until_a_moment_is_to_it() -> None:
    def now() -> float:
        return NOW

    assert until("today", now) == MIDNIGHT + 24 * HOUR
    assert until("yesterday", now) == since("today", now)
    assert until("2026-11-24", now) == since("2026-11-25", now)
    assert until("1h", now) == since("1h", now)
    assert until("2026-11-24T13:05", now) == since("2026-11-24T13:05", now)


@pytest.mark.parametrize(
    "text",
    [
        *("", "now", "1", "h", "-1h", "1.5h", "1 h", "1y", "1234567890s", "²h", "٣h", "1h\n1h"),
        *("2026-02-29", "2026-13-01", "2026-1-1", "26-11-24", "20261124", "0000-01-01", "9999-12-31T25:00"),
        *(
            "2026-11-24T24:01",
            "2026-11-24T13",
            "2026-11-24T13:5",
            "2026-11-24T13:05+25:00",
            "13:05",
            "tomorrow",
        ),
        *("2026-W48-2", "2026-11-24T", "\x1b[2J", "x" * 99),
    ],
)
@pytest.mark.parametrize("read", [since, until])
def test_what_is_no_time_is_one_sentence(text: str, read: object) -> None:
    assert callable(read)
    with pytest.raises(
        ConfigError, match=r"^[^\x00-\x1f]+ is no time; please write it like 90s, 1h"
    ) as error:
        read(text)
    assert len(str(error.value)) < 160


def test_the_last_day_of_all_is_no_end_of_a_day() -> None:
    with pytest.raises(ConfigError, match="is no time"):
        until("9999-12-31")
