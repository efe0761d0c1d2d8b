"""What the text of a message may hold.

Every field that someone else will read passes here once, at the edge. TAB and LF become a space; what could
move a cursor, hide or reorder text on a reader's terminal is removed.
"""

from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT

_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0))
_BIDI: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_SEPARATORS: Final = (0x2028, 0x2029)
_UNSAFE: Final[dict[int, str | None]] = {
    **dict.fromkeys((*_CONTROLS, *_BIDI, *_SEPARATORS)),
    ord("\t"): " ",
    ord("\n"): " ",
}


def bad_utf8() -> ChatError:
    """The line cannot be read."""
    return ChatError(Code.BAD_UTF8, "the line is not valid UTF-8; please send UTF-8")


def clean(text: str) -> str:
    """`text` without anything unsafe. Nearly every text is printable as it is, which is one check."""
    return text if text.isprintable() else text.translate(_UNSAFE)


def clean_message(text: str) -> str:
    """`clean`, for a message: raise ChatError when nothing is left to say."""
    cleaned = clean(text)
    if not cleaned or cleaned.isspace():
        raise ChatError(Code.EMPTY, "the message is empty; write something to say")
    return cleaned


def clean_reason(text: str) -> str:
    """`clean`, for the words of someone who leaves: a few, since everyone reads them."""
    return clean(text).strip()[: DEFAULT.reason].rstrip()
