"""The message area, above the status line: what is in view of the window that is shown, or what covers it."""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.layout import UIContent, UIControl
from prompt_toolkit.mouse_events import MouseEvent, MouseEventType

from chatd_client.screen.links import LinkTable
from chatd_client.screen.overlay import Overlay
from chatd_client.screen.scrollback import Scrollback

#: Rows that one step of the mouse wheel scrolls.
WHEEL_ROWS: Final = 3

_WHEEL: Final = {MouseEventType.SCROLL_UP: WHEEL_ROWS, MouseEventType.SCROLL_DOWN: -WHEEL_ROWS}


class MessageArea(UIControl):
    """A control of prompt_toolkit. `scrollback` gives what is shown, `overlay` what covers it; `scrolled` is
    told that the user has scrolled, and whether up.
    """

    def __init__(
        self,
        scrollback: Callable[[], Scrollback],
        links: LinkTable | None,
        scrolled: Callable[[bool], None] = lambda up: None,
        overlay: Callable[[], Overlay | None] = lambda: None,
    ) -> None:
        self._scrollback, self._links, self._scrolled = scrollback, links, scrolled
        self._overlay = overlay
        self.size = 80, 20  # until the first redraw

    def create_content(self, width: int, height: int) -> UIContent:
        self.size = width, height
        if (overlay := self._overlay()) is not None:
            rows = overlay.view(width, height)
            rows = rows + [[] for _ in range(height - len(rows))]
        else:
            rows = self._scrollback().view(width, height)
            rows = [[] for _ in range(height - len(rows))] + rows
        if self._links is not None:
            rows = self._links.marked(rows)
        return UIContent(get_line=lambda index: list(rows[index]), line_count=height, show_cursor=False)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        rows = _WHEEL.get(mouse_event.event_type)
        if rows is None:
            return NotImplemented
        self.scroll(rows)
        return None

    def scroll(self, up: int) -> None:
        """Scroll by rows: up for a positive number, down for a negative one."""
        if (overlay := self._overlay()) is not None:
            return overlay.scroll(up)
        self._scrollback().scroll(up, *self.size)
        return self._scrolled(up > 0)

    def page(self, direction: int) -> None:
        """Scroll by a page less one row, up for 1, down for -1."""
        self.scroll(direction * max(1, self.size[1] - 1))
