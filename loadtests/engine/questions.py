"""Questions about what was said before the run, and their right answers: pages of a room, and searches.

The answer to a search is the newest messages with all of its words, and so is the answer to a page the
newest ones before an id: what the ids are is known (see servers/old_messages.py). Who is asked for the
newest of all while others talk cannot be checked so: there it is seen that they are so many, and in order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random

from chatd.protocol.events import Said
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import LOBBY, History, Search
from loadtests.measure.errors import Fault
from loadtests.servers.old_messages import CHINESE, DEV, FREQUENT, FRIDAY, SHIP, OldMessages, SearchMark

#: Messages of a page of a room, from its end and from anywhere in it; and of what a search found.
_LAST, _ANYWHERE, _FOUND = 100, 500, 50


@dataclass(frozen=True, slots=True)
class Question:
    """`check` raises Fault where an answer is wrong. `kind` is what this question and its like are called."""

    kind: str
    request: History | Search
    check: Callable[[HistoryPage], None]


def _one_of(old: OldMessages, numbers: Sequence[int], more: bool, page: HistoryPage) -> None:
    """Raises Fault where the page has other messages than these, or says that there are no `more`."""
    ids = [old.id(number) for number in numbers]
    got = [message.id for message in page.messages]
    if got != ids:
        missing, others = [id for id in ids if id not in got], [id for id in got if id not in ids]
        raise Fault(
            f"{len(got)} messages came in place of {len(ids)}: {len(missing)} are missing {missing[:3]}, "
            f"{len(others)} are others {others[:3]}"
            + ("" if missing or others else "; they are out of order")
        )
    for number, message in zip(numbers, page.messages, strict=True):
        same = isinstance(message, Said) and (message.sender, message.text)
        if same != (old.sender(number), old.text(number)):
            raise Fault(f"{message} is not what was said: changed")
    if page.more is not more:
        raise Fault(f"it is told that there is {'' if page.more else 'no '}more, and that is not so")


def _newest(old: OldMessages, page: HistoryPage) -> None:
    ids = [message.id for message in page.messages]
    if len(ids) != min(_LAST, old.count) or ids != sorted(set(ids)):
        raise Fault(f"{len(ids)} messages came in place of {_LAST}, or they are out of order: {ids[:5]} …")


def _search(old: OldMessages, kind: str, marks: Sequence[SearchMark], room: str | None = None) -> Question:
    """For all of these words."""
    numbers = (
        number
        for number in range(old.count - 1, -1, -1)
        if room in (None, old.room(number)) and all(mark.marks(number) for mark in marks)
    )
    first = [*islice(numbers, _FOUND + 1)]
    expected, more = first[:_FOUND], len(first) > _FOUND
    words = " ".join(mark.text for mark in marks)
    return Question(
        kind,
        Search(words=words, room=room, limit=_FOUND),
        lambda page: _one_of(old, expected, more, page),
    )


def searches(old: OldMessages) -> list[Question]:
    """One of each kind; the first is for a word that hardly any message has."""
    return [
        _search(old, "a rare word", [old.rare]),
        _search(old, "a frequent word", [FREQUENT]),
        _search(old, "two words", [SHIP, FRIDAY]),
        _search(old, "a word in one room", [FREQUENT], DEV),
        _search(old, "Chinese", [CHINESE]),
    ]


def pages(old: OldMessages, count: int) -> list[Question]:
    """So many, the newest messages of the lobby, and those before one of the old ones, in turn."""
    chance = Random(1)
    last = Question("the last 100", History(room=LOBBY, limit=_LAST), lambda page: _newest(old, page))
    return [
        last if not turn % 2 else _anywhere(old, chance.randrange(old.count // 2, old.count))
        for turn in range(count)
    ]


def _anywhere(old: OldMessages, before: int) -> Question:
    numbers = (number for number in range(before - 1, -1, -1) if old.room(number) == LOBBY)
    newest = [*islice(numbers, _ANYWHERE + 1)]
    expected, more = newest[:_ANYWHERE][::-1], len(newest) > _ANYWHERE
    return Question(
        "500 anywhere",
        History(room=LOBBY, before=old.id(before), limit=_ANYWHERE),
        lambda page: _one_of(old, expected, more, page),
    )
