"""The message area, above the status line: what is in view of the scrollback."""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from chatd_client.screen.links import LinkTable
from chatd_client.screen.scrollback import Scrollback

#: Rows that one step of the mouse wheel scrolls.
WHEEL_ROWS: Final = 3

_WHEEL: Final = {MouseEventType.SCROLL_UP: WHEEL_ROWS, MouseEventType.SCROLL_DOWN: -WHEEL_ROWS}


class MessageArea(UIControl):
    """The visible part of the scrollback, as a control of prompt_toolkit. `scrolled_up` is told that the user
    did that.
    """

    def __init__(
        self, scrollback: Scrollback, links: LinkTable | None, scrolled_up: Callable[[], None] = lambda: None
    ) -> None:
        self._scrollback, self._links, self._scrolled_up = scrollback, links, scrolled_up
        self.size = 80, 20  # until the first redraw

    def create_content(self, width: int, height: int) -> UIContent:
        self.size = width, height
        rows = self._scrollback.view(width, height)
        if self._links is not None:
            rows = self._links.marked(rows)
        rows = [[] for _ in range(height - len(rows))] + rows
        return UIContent(get_line=lambda index: list(rows[index]), line_count=height, show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        rows = _WHEEL.get(mouse_event.event_type)
        if rows is None:
            return NotImplemented
        self.scroll(rows)
        return None

    def scroll(self, up: int) -> None:
        """Scroll by rows: up for a positive number, down for a negative one."""
        self._scrollback.scroll(up, *self.size)
        if up > 0:
            self._scrolled_up()

    def page(self, direction: int) -> None:
        """Scroll by a page less one row, up for 1, down for -1."""
        self.scroll(direction * max(1, self.size[1] - 1))
