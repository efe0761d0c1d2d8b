"""The input line, where a secret is typed into it (see `typed_secrets`)."""

from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text.utils import fragment_list_to_text
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput

from chatd_client.screen.completion import InputLine

_MASK: Final = "*"


class MaskSecret(Processor):
    """Shows a mask in place of each character from that on which `secret_from` tells for a text."""

    def __init__(self, secret_from: Callable[[str], int | None]) -> None:
        self._secret_from = secret_from

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        document = transformation_input.document
        start = self._secret_from(document.text)
        if start is None:
            return Transformation(transformation_input.fragments)
        seen = max(0, start - document.translate_row_col_to_index(transformation_input.lineno, 0))
        line = fragment_list_to_text(transformation_input.fragments)
        return Transformation([("", line[:seen] + _MASK * len(line[seen:]))])


class PasswordLine:
    """Keeps what is half typed out of the way of a password that is asked for."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._set_aside: Document | None = None

    def update(self, asked: bool) -> None:
        """Whether a password is asked for now."""
        if asked and self._set_aside is None:
            self._set_aside = self._buffer.document
            self._buffer.reset()
        elif not asked and self._set_aside is not None:
            self._buffer.reset(self._set_aside)
            self._set_aside = None

    def switch(self, draft: InputLine) -> InputLine:
        """Another window is shown, which has this draft. Returns what is half typed in the one before: a
        password is not, and belongs to no window.
        """
        if self._set_aside is None:
            kept = self._buffer.document
            self._buffer.reset(Document(*draft))
        else:
            kept, self._set_aside = self._set_aside, Document(*draft)
        return InputLine(kept.text, kept.cursor_position)
