"""How the screen is divided: messages, beside them the people if they are to be seen; the status line, the
input line, and below it what is searched for.
"""

from collections.abc import Callable

from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import (
    ConditionalContainer,
    Dimension,
    HSplit,
    Layout,
    UIControl,
    VSplit,
    Window,
)
from prompt_toolkit.layout.controls import FormattedTextControl

from chatd_client.screen.controller import Controller
from chatd_client.screen.nick_panel import NickPanel, panel_width


class PeopleColumn:
    """Who is in the room that is shown. `columns` gives those of the screen."""

    def __init__(self, controller: Controller, columns: Callable[[], int]) -> None:
        self._controller, self._columns = controller, columns
        nicks = controller.nick_lists
        self.panel = NickPanel(nicks.people, nicks.is_away, nicks.prefix)
        nicks.watched = lambda: self.width() > 0
        self._shown = False

    def toggle(self) -> None:
        """Show it, or hide it."""
        self._shown = not self._shown

    def page(self, direction: int) -> None:
        """Scroll by a page, up for 1, down for -1, as the messages do."""
        if self.width():
            self.panel.page(-direction)

    def width(self) -> int:
        """Its columns, 0 where it is not to be seen; a window of a person has none."""
        wanted = self._shown and self._controller.windows.current.subject.room
        return panel_width(self._columns()) if wanted else 0


def screen_layout(
    messages: UIControl,
    people: PeopleColumn,
    status: Callable[[], StyleAndTextTuples],
    entry: Window,
    search: ConditionalContainer,
) -> Layout:
    """All of it."""
    column = Window(people.panel, width=lambda: Dimension.exact(people.width()))
    beside = ConditionalContainer(column, Condition(lambda: people.width() > 0))
    above = VSplit([Window(messages), beside], height=Dimension(min=0, weight=1))
    line = Window(FormattedTextControl(status), height=1, style="class:status")
    return Layout(HSplit([above, line, entry, search]), focused_element=entry)
