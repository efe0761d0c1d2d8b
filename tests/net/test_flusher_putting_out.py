"""The flusher goes on putting out those who are banned, between its rounds."""

import itertools

import pytest

from chatd.net.flusher import Flusher
from chatd.protocol.limits import DEFAULT
from tests.support.world import World


class Asleep(Exception):
    """The flusher has nothing to do."""


def test_while_some_are_put_out_it_gives_way_and_does_not_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    world, clock, pauses = World(), itertools.count(), []
    world.state.now = lambda: next(clock) * DEFAULT.stretch / 2
    flusher = Flusher(world.state)
    world.state.leaving.append(iter([False] * 10))

    def sleep(due: float | None) -> None:
        raise Asleep

    monkeypatch.setattr(flusher, "_pause", lambda *, rest: pauses.append(rest))
    monkeypatch.setattr(flusher, "_sleep", sleep)
    with pytest.raises(Asleep):
        flusher.run()
    assert len(pauses) > 1 and not any(pauses)
    assert not world.state.leaving
