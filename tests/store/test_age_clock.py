"""A time of day that jumps is not believed at once: else all that is kept would be too old."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from chatd.protocol.keep_rule import KeepRule
from chatd.store.age_clock import AgeClock
from tests.support.kept import talk
from tests.support.logs import Journal, memory, sqlite

HOUR = 3_600_000
DAY = 24 * HOUR
#: In the year 2025.
TODAY = 20_200 * DAY


class TwoClocks:
    """The time of day, and how long the machine has been running; wound by hand."""

    def __init__(self, at: int = TODAY) -> None:
        self.at, self.up = at, 5 * HOUR
        self.ages = AgeClock(lambda: self.at, lambda: self.up)

    def pass_time(self, time: int) -> None:
        self.at += time
        self.up += time

    @property
    def believed(self) -> bool:
        found = self.ages()
        assert found in (self.at, 0)
        return found == self.at


def test_time_that_passes() -> None:
    clocks = TwoClocks()
    for time in (0, 1, HOUR, 90 * DAY, 400 * DAY):
        clocks.pass_time(time)
        assert clocks.believed


def test_one_that_is_put_right() -> None:
    clocks = TwoClocks()
    clocks.at += HOUR
    assert clocks.believed


def test_one_that_jumps_ahead_and_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "chatd")
    clocks = TwoClocks()
    clocks.at += 400 * DAY
    assert not clocks.believed
    clocks.pass_time(DAY - 1)
    assert not clocks.believed
    clocks.at -= 400 * DAY
    assert clocks.believed
    clocks.at += HOUR + 1
    assert not clocks.believed
    assert caplog.messages == [
        "the time of day has jumped ahead by 9600 h; nothing is removed by its age until it is right again, "
        "or has stayed so for a day",
        "the time of day is right again",
        "the time of day has jumped ahead by 1 h; nothing is removed by its age until it is right again, "
        "or has stayed so for a day",
    ]


def test_one_that_stays_ahead_is_believed(caplog: pytest.LogCaptureFixture) -> None:
    """A machine without a clock of its own learns the time late."""
    clocks = TwoClocks(at=0)
    clocks.pass_time(HOUR)
    assert clocks.believed
    clocks.at = TODAY
    assert not clocks.believed
    clocks.pass_time(DAY)
    assert clocks.believed
    clocks.pass_time(DAY)
    assert clocks.believed
    assert caplog.messages[1:] == ["the time of day has stayed ahead for a day: it is believed"]
    clocks.at += 2 * HOUR
    assert not clocks.believed


def test_another_jump_while_it_is_ahead_begins_another_day() -> None:
    clocks = TwoClocks()
    clocks.at += 2 * HOUR
    assert not clocks.believed
    clocks.pass_time(DAY - HOUR)
    clocks.at += 400 * DAY
    assert not clocks.believed
    clocks.pass_time(DAY - 1)
    assert not clocks.believed
    clocks.pass_time(1)
    assert clocks.believed


def test_one_that_is_set_back_is_believed_and_measured_from_there_after_a_day() -> None:
    clocks = TwoClocks()
    clocks.at -= 400 * DAY
    assert clocks.believed
    clocks.at += 400 * DAY  # it was right before
    assert clocks.believed
    clocks.at -= 400 * DAY
    assert clocks.believed
    clocks.pass_time(DAY)
    assert clocks.believed
    clocks.at += 400 * DAY
    assert not clocks.believed


@pytest.mark.parametrize("engine", [memory, sqlite])
def test_nothing_is_removed_by_its_age_meanwhile(
    engine: Callable[..., AbstractContextManager[Journal]], tmp_path: Path
) -> None:
    clocks = TwoClocks()
    keep = KeepRule(age=90 * DAY, count=4)
    with engine(tmp_path, now=lambda: clocks.at, ages=clocks.ages, keep=keep) as journal:
        talk(journal, 5)
        clocks.at += 400 * DAY
        journal.look()
        assert [entry.text for entry in journal.history()] == ["1", "2", "3", "4"]
        journal.log.keep(journal.lobby, 1, 3)
        journal.look()
        assert [entry.text for entry in journal.history()] == ["2", "3", "4"]
        clocks.pass_time(DAY)
        journal.look()
        assert journal.history() == []
