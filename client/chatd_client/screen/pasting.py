"""A paste into the input line: a line is inserted, of several it is asked first. The question belongs to the
window in which was pasted, and waits there while another is shown.
"""

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document

from chatd.protocol.errors import ChatError
from chatd_client.screen.completion import InputLine
from chatd_client.screen.controller import Controller
from chatd_client.screen.paste import PasteQuestion, lines_of


class Pasting:
    """Into the input line `buffer`."""

    def __init__(self, controller: Controller, buffer: Buffer) -> None:
        self._controller, self._buffer = controller, buffer

    @property
    def question(self) -> PasteQuestion | None:
        """What is asked in the window that is shown."""
        return self._controller.windows.current.question

    def paste(self, data: str) -> None:
        """Insert a pasted line; of several lines ask first whether to send them, with what else is in the
        input.

        What is pasted while that question is open is added to its lines.
        """
        lines = lines_of(data)
        if self._controller.takes_password and len(lines) > 1:
            return self._controller.windows.current.error("a password is one line; nothing was taken")
        if self.question is None and len(lines) < 2:
            return self._buffer.insert_text("".join(lines))
        try:
            self._ask_about(data)
        except ChatError as error:
            window = self._controller.windows.current
            window.error(error.text)
            window.scrollback.to_end()
        return None

    def _ask_about(self, pasted: str) -> None:
        if self.question is not None:
            return self.question.add(pasted)
        line, window = self._buffer.document, self._controller.windows.current
        before, behind = line.text_before_cursor, line.text_after_cursor
        window.question = PasteQuestion(before, behind, pasted, self._controller.typed.here)
        window.set_aside = InputLine(line.text, line.cursor_position)
        self._buffer.document = Document()
        return None

    def answer(self, yes: bool) -> None:
        """Send the pasted lines, or drop them, and go on with what was typed before."""
        question = self._take_question()
        if question is not None and yes:
            self._controller.typed.send_pasted(question.lines, question.template)
        else:
            window = self._controller.windows.current
            self._buffer.document = Document(*window.set_aside)
            window.notice("nothing was sent")

    def answer_block(self) -> None:
        """Send what was pasted as one message, where it can be one."""
        if self.question is None or self.question.block is None:
            return
        question = self._take_question()
        if question is not None and question.block is not None:
            self._controller.typed.send_pasted([question.block], question.template)

    def _take_question(self) -> PasteQuestion | None:
        window = self._controller.windows.current
        question, window.question = window.question, None
        return question
