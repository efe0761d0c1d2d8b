"""Those who stay are told of everyone who comes and goes; what else is checked is in test_gathering."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from chatd.protocol.events import Event, Joined, Lost, Pong, Said
from loadtests.engine.workday import Workday
from loadtests.measure.errors import Fault
from tests.support.reception import Spoil, receiving, right


def a_day(work: Workday) -> None:
    """Three who stay, a visitor who hears three messages, and direct ones."""
    work.join()
    work.come(1, 0)
    work.until(lambda: len(work.present) == 4, 5, lambda: "the visitor is not welcome")
    for who in (0, 1, 0):
        work.say_next(who, due=0)
    for whom in (1, 2, 1, 2):
        work.direct(0, whom, due=0)
    work.until(lambda: work.delivered() == 3 + 3 + 3 + 4, 5, lambda: f"{work.delivered()} have come")
    work.go(1, 0)
    work.until(lambda: len(work.present) == 3, 5, lambda: "the visitor is still here")
    work.ping_all()


def test_a_right_day() -> None:
    with receiving(right) as address, closing(Workday(address, 3, 30)) as work:
        ticks = Counter[str]()
        work.tick = lambda: ticks.update(["tick"])
        a_day(work)
        work.fence(5)
        assert (work.said, work.written, work.came) == (3, 4, 1)
        assert work.delivered() == 2 + 1 + 3 + 3 + 4
        assert len(work.times["deliver"]) == 9 and len(work.times["deliver direct"]) == 4
        assert ticks["tick"] > 0


@dataclass
class WrongEvent:
    """In place of event `at` of that kind, to whoever is the `who`th to come, comes what `instead` makes."""

    who: int
    kind: type[Event]
    at: int
    instead: Callable[[Any], Sequence[Event]]
    count: int = 0
    came: list[str] = field(default_factory=list)

    def __call__(self, nick: str, event: Event) -> Sequence[Event]:
        if nick not in self.came:
            self.came.append(nick)
        if self.came.index(nick) != self.who or not isinstance(event, self.kind):
            return (event,)
        self.count += 1
        return self.instead(event) if self.count == self.at + 1 else (event,)


def nothing(event: Event) -> Sequence[Event]:
    return ()


def other_text(event: Any) -> Sequence[Event]:
    return (msgspec.structs.replace(event, text="y" + event.text),)


@pytest.mark.parametrize(
    ("wrong", "sentence", "grace"),
    [
        # The first pong ends the joining, the second the day; before the third all notices have come.
        (WrongEvent(0, Pong, 2, lambda event: (Joined(["x"], 1), event)), "got 2 of 1 notices of joining", 5),
        (WrongEvent(1, Joined, 1, nothing), "got 0 of 1 notices of joining, and . of 1 of leaving", 0.05),
        (WrongEvent(2, Lost, 0, nothing), "all are told .* got 1 of 1 notices of joining, and 0 of 1", 0.05),
        (WrongEvent(1, Said, 1, other_text), "have come|changed", 5),
    ],
    ids=["a notice too many", "none of joining", "none of leaving", "a text"],
)
def test_a_wrong_day(wrong: Spoil, sentence: str, grace: float) -> None:
    """What does not come before the end of the day is not waited for long."""
    with receiving(wrong) as address, closing(Workday(address, 3, 30)) as work:
        with pytest.raises(Fault) as fault:
            a_day(work)
            work.fence(grace)
        assert re.search(sentence, str(fault.value)), fault.value
