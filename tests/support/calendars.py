"""The time of day, wound by hand, for what is kept by its age."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatd.protocol.keep_rule import DAY
from chatd.protocol.limits import DEFAULT
from tests.support.logs import Journal, sqlite

#: A day in the year 2025.
TODAY = 20_200 * DAY


class Calendar:
    """The time of day, wound by hand."""

    def __init__(self) -> None:
        self.at = TODAY

    def __call__(self) -> int:
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += int(days * DAY)


@contextlib.contextmanager
def forgetful(path: Path, **more: Any) -> Iterator[Journal]:
    """Hardly anything is in memory: all is read from the disk."""
    with sqlite(path, limits=replace(DEFAULT, recent=2), **more) as journal:
        yield journal


KeepingOpener = Callable[..., contextlib.AbstractContextManager[Journal]]
