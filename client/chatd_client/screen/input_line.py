"""The input line, and the line that searches what was typed: drawn by the same rules as messages (`cells`).

prompt_toolkit's control shows the text as it was typed, and its window breaks lines as if all characters were
as wide as their tables say. Here the control makes rows of cells, and tells in which cell the cursor is.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Point
from prompt_toolkit.filters import is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    Dimension,
    SearchBufferControl,
    UIContent,
    Window,
)
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.mouse_events import MouseEvent
from prompt_toolkit.search import SearchDirection

from chatd_client.screen.cells import Cells, cells, filled, has_marks, shown
from chatd_client.screen.password_line import MaskSecret

#: Rows that a long input line takes at most.
INPUT_ROWS: Final = 3

_SEARCH_PROMPTS: Final = {SearchDirection.FORWARD: "search: ", SearchDirection.BACKWARD: "search back: "}


class InputBuffer(Buffer):
    """The text of the input line. `accept` gets a line when it is in the history and the buffer is empty,
    since it may put another text there. `secret_from` tells where in a text a secret begins: such a line is
    in no history.
    """

    def __init__(
        self,
        history: History,
        accept: Callable[[str], None],
        secret_from: Callable[[str], int | None] = lambda text: None,
    ) -> None:
        # Enter does nothing in a buffer without a handler; this one is never called
        super().__init__(history=history, multiline=False, name="input", accept_handler=lambda _: True)
        self._accept = accept
        self.secret_from = secret_from

    def append_to_history(self) -> None:
        if self.secret_from(self.text) is None:
            super().append_to_history()

    def validate_and_handle(self) -> None:
        """Enter was pressed."""
        text = self.text
        self.reset(append_to_history=True)
        self._accept(text)


class _CellControl(BufferControl):
    """A buffer, one row of cells below the other."""

    #: For each row and cell: the line, and the character of it, that the cell begins with.
    _places: list[list[Point]]
    _rows: list[StyleAndTextTuples]
    #: The columns and the lines that both were made of.
    _made_of: tuple[int, list[StyleAndTextTuples]] | None = None

    def create_content(self, width: int, height: int, preview_search: bool = False) -> UIContent:
        content = super().create_content(width, height, preview_search)
        lines = [list(content.get_line(line)) for line in range(content.line_count)]
        if self._made_of != (width, lines):  # asked for several times a redraw, and a pasted line may be long
            self._made_of = width, lines
            self._rows, self._places = [], []
            for line, fragments in enumerate(lines):
                self._add_line(line, fragments, width)
        return UIContent(self._rows.__getitem__, len(self._rows), self._cell(content.cursor_position))

    def _add_line(self, line: int, fragments: StyleAndTextTuples, width: int) -> None:
        used = width + 1
        drawn = {char: shown(char) for char in {char for _, text, *_ in fragments for char in text}}
        characters = [(style, drawn[char]) for style, text, *_ in fragments for char in text]
        room = width - has_marks("".join([char for _, char in characters]))
        tagged = (((at, style), char) for at, (style, char) in enumerate(characters))
        for (at, style), cell, columns in cells(tagged):
            if used + columns > room:
                self._rows.append([])
                self._places.append([])
                used = 0
            self._rows[-1].append((style, cell if cell.isascii() else Cells(cell, filled(cell, columns))))
            self._places[-1].append(Point(at, line))
            used += columns

    def _cell(self, cursor: Point) -> Point:
        """The row and cell of a character; of a mark, or one that is not shown, those of the next."""
        y = next(y for y, row in enumerate(self._places) if (row[-1].y, row[-1].x) >= (cursor.y, cursor.x))
        return Point(bisect_left(self._places[y], cursor.x, key=lambda place: place.x), y)

    def mouse_handler(self, mouse_event: MouseEvent) -> object:
        x, y = mouse_event.position
        row = self._places[min(y, len(self._places) - 1)]
        place = row[min(x, len(row) - 1)]
        event = MouseEvent(place, mouse_event.event_type, mouse_event.button, mouse_event.modifiers)
        return super().mouse_handler(event)


class _SearchControl(_CellControl, SearchBufferControl):
    """The text that is searched for."""


def input_area(
    buffer: Buffer, prompt: Callable[[], str], secret_from: Callable[[str], int | None] = lambda text: None
) -> tuple[Window, ConditionalContainer]:
    """The window of the input line, and below it that of the search, while there is one. `secret_from` is as
    in InputBuffer."""

    def search_prompt() -> str:
        return _SEARCH_PROMPTS[search.searcher_search_state.direction]

    search = _SearchControl(Buffer(), [BeforeInput(search_prompt)])
    line = _CellControl(
        buffer,
        [MaskSecret(secret_from), BeforeInput(prompt, style="class:question")],
        search_buffer_control=search,
        preview_search=True,
    )
    entry = Window(line, height=Dimension(min=1, max=INPUT_ROWS), dont_extend_height=True)
    return entry, ConditionalContainer(Window(search, height=1), filter=is_searching)
