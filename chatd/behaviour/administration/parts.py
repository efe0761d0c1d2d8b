"""An answer that comes in parts."""

from collections.abc import Callable, Iterator
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event

#: Gets a part, and whether there is more: then the next part may be asked for. (The list may be filled until
#: whoever waits for it has its turn.)
PartTaker = Callable[[list[Event], bool], None]
#: Asks for the next part.
Answering = Callable[[PartTaker], None]

#: Rows of a list that are made in one go, some 2 ms.
_ROWS: Final = 100


def as_error(error: ChatError) -> Error:
    """An answer that says why not."""
    return Error(code=error.code, text=error.text)


def refused(code: Code, text: str) -> list[Event]:
    """The last part of an answer that goes no further."""
    return [Error(code=code, text=text)]


def at_once(*events: Event) -> Answering:
    """The whole answer is known."""
    return lambda then: then(list(events), False)


def in_pages(rows: Iterator[Event]) -> Answering:
    """A long list: it is made while it is taken."""

    def ask(then: PartTaker) -> None:
        page: list[Event] = []
        for row in rows:
            page.append(row)
            if len(page) == _ROWS:
                break
        then(page, len(page) == _ROWS)

    return ask
