"""What is done once, a while later."""

import gevent

from chatd.store.later import Later
from tests.support.faulty_disk import until

_AN_HOUR = 3600.0


def a_turn() -> None:
    """All callbacks and timers that are due."""
    gevent.sleep(0.000001)


def test_later_is_later_each_time() -> None:
    happened: list[str] = []
    later = Later()
    later.start(0.001, lambda: happened.append("one"))
    assert later.active
    until(lambda: bool(happened))
    assert not later.active
    later.start(_AN_HOUR, lambda: happened.append("two"))
    a_turn()
    assert later.active and happened == ["one"]
    later.stop()
    assert not later.active
