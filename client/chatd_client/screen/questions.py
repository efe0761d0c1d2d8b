"""A question that covers the messages until it is answered: something that cannot be undone."""

from collections.abc import Callable

from chatd_client.screen.wrapping import TextRow, wrap


class YesOrNo:
    """`act` is called for a y; any other key is a no."""

    def __init__(self, text: str, act: Callable[[], None]) -> None:
        self._text, self._act = text, act

    def view(self, columns: int, height: int) -> list[TextRow]:
        return wrap([("class:question", f"{self._text} y/n")], columns)[:height]

    def press(self, key: str) -> bool:
        if key in ("y", "Y"):
            self._act()
        return False

    def scroll(self, up: int) -> None:
        """There is nothing to scroll."""
