"""Tab in the input line: what the word before the cursor can be completed to is known to the controller."""

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from chatd_client.screen import commands
from chatd_client.screen.completion import Completion, InputLine, Pools
from chatd_client.screen.controller import Controller


class Completing:
    """In the input line `buffer`."""

    def __init__(self, controller: Controller, buffer: Buffer) -> None:
        self._controller, self._buffer = controller, buffer
        self._completion = Completion()

    def press(self) -> None:
        """Complete the word before the cursor, or show the next word that it can be."""
        line = InputLine(self._buffer.text, self._buffer.cursor_position)
        titles = [window.subject.title for window in self._controller.windows.all]
        rooms = self._controller.nick_lists.rooms()
        pools = Pools(commands.NAMES, self._controller.names(), rooms, titles)
        self._buffer.document = Document(*self._completion.press(line, pools))
