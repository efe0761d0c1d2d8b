"""What may cover the messages for a while, and the first of them: the page of keys."""

from collections.abc import Sequence
from typing import Final, Protocol

from chatd_client.screen.key_table import KEYS, Key
from chatd_client.screen.wrapping import TextRow, wrap

#: Columns by which the further rows of a key are indented.
_INDENT: Final = 2


class Overlay(Protocol):
    """It is drawn in place of the messages, and gets all keys, by prompt_toolkit's names."""

    def view(self, columns: int, height: int) -> list[TextRow]:
        """At most so many rows."""

    def press(self, key: str) -> bool:
        """Whether it stays."""

    def scroll(self, up: int) -> None:
        """The wheel was turned: up for a positive number of rows."""


class KeysPage:
    """The keys, one below the other: arrows and pages scroll, any other key closes it."""

    def __init__(self, keys: Sequence[Key] = KEYS) -> None:
        self._keys = keys
        self._first, self._most, self._height = 0, 0, 1

    def view(self, columns: int, height: int) -> list[TextRow]:
        rows = wrap([("class:question", "keys - any other key closes this")], columns)
        for key in self._keys:
            what = key.what.replace("`", "")
            rows += wrap([("class:key", key.keys), ("", f" - {what}")], columns, _INDENT)
        self._height = max(1, height)
        self._most = max(0, len(rows) - height)
        self._first = min(self._first, self._most)
        return rows[self._first : self._first + height]

    def press(self, key: str) -> bool:
        page = max(1, self._height - 1)
        steps = {"up": 1, "down": -1, "pageup": page, "pagedown": -page}
        if key not in steps:
            return False
        self.scroll(steps[key])
        return True

    def scroll(self, up: int) -> None:
        self._first = min(max(0, self._first - up), self._most)
