"""A warning that comes often is a line now and then, and none is left out of the count."""

import gevent
import pytest

from chatd.net.logs import log
from chatd.net.repeated import RepeatedWarning
from chatd.net.yielding import give_way


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> list[str]:
    monkeypatch.setattr(log, "propagate", True)
    return caplog.messages


def test_the_first_is_told_at_once_and_the_others_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    warning = RepeatedWarning()
    for number in range(4):
        warning.warn("number %d", number)
    assert caplog.messages == ["number 0"]
    warning.stop()
    assert caplog.messages == ["number 0", "number 3 (3 more times since the last such line)"]
    warning.stop()
    assert len(caplog.messages) == 2


def test_the_others_are_told_when_the_interval_is_over(caplog: pytest.LogCaptureFixture) -> None:
    warning = RepeatedWarning(interval=0.001)
    with gevent.Timeout(10):
        warning.warn("again")
        warning.warn("again")
        while len(caplog.messages) < 2:
            give_way()
        while warning._timer is not None:  # nothing happened since: the next is told at once
            give_way()
        warning.warn("later")
    assert caplog.messages == ["again", "again (1 more times since the last such line)", "later"]
    warning.stop()
