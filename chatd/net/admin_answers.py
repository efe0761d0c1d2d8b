"""The answer to `chatd admin`, waited for part by part, in whatever greenlet asks."""

from collections.abc import Iterator
from typing import TypeAlias

from gevent.event import AsyncResult

from chatd.behaviour.administration.parts import Answering, PartTaker
from chatd.net.yielding import give_way
from chatd.protocol.events import Event

_Came: TypeAlias = "AsyncResult[tuple[list[Event], bool]]"


def parts_of(answering: Answering) -> Iterator[list[Event]]:
    """All of it. Everyone else has a turn between two parts."""
    more = True
    while more:
        came: _Came = AsyncResult()
        answering(_into(came))
        events, more = _part_of(came)
        if events:
            yield events
        if more:
            give_way()


def _into(came: _Came) -> PartTaker:
    def then(events: list[Event], more: bool) -> None:
        came.set((events, more))

    return then


def _part_of(came: _Came) -> tuple[list[Event], bool]:
    """Waits for it."""
    part = came.get()
    assert part is not None  # as nothing bounds the wait
    return part
