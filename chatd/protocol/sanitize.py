"""What the text of a message may hold.

Every field that someone else will read passes here once, at the edge. TAB becomes a space, and so does LF,
except in a message, which may have several lines; what could move a cursor, hide or reorder text on a
reader's terminal is removed. Characters that show nothing stay where others do (emoji and many scripts need
them), but alone they are no text.
"""

import re
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

#: Unicode's White_Space and Default_Ignorable_Code_Point (PropList.txt and DerivedCoreProperties.txt of
#: Unicode 16), and what shows nothing though it is neither: the empty Braille cell, the
#: marks of interlinear annotation and the musical null notehead.
_INVISIBLE: Final = re.compile(
    r"[\x09-\x0d\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
    r"\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff\u2800\ufff9-\ufffb\U0001d159]*"
)


def bad_utf8() -> ChatError:
    """The line cannot be read."""
    return ChatError(Code.BAD_UTF8, "the line is not valid UTF-8; please send UTF-8")


def clean(text: str) -> str:
    """`text` without anything unsafe. Nearly every text is printable as it is, which is one check."""
    return text if text.isprintable() else text.translate(_UNSAFE)


def clean_message(text: str) -> str:
    """`clean`, for a message, line by line: raise ChatError when nothing is left to say, or too many lines
    are. Line ends at its end are no lines."""
    cleaned = clean(text) if "\n" not in text else _clean_lines(text)
    # As in `shows_nothing`, without a call for what is ASCII, which is nearly every message.
    if not cleaned or cleaned.isspace() or (not cleaned.isascii() and shows_nothing(cleaned)):
        raise ChatError(Code.EMPTY, "the message is empty; write something to say")
    return cleaned


def _clean_lines(text: str) -> str:
    lines = text.rstrip("\r\n").split("\n")
    if len(lines) > DEFAULT.message_lines:
        most = DEFAULT.message_lines
        raise ChatError(Code.TOO_LONG, f"a message has at most {most} lines; please send several")
    return "\n".join(map(clean, lines))


def clean_reason(text: str) -> str:
    """`clean`, for the words of someone who leaves: a few, since everyone reads them; "" when they show
    nothing."""
    cleaned = clean(text).strip()[: DEFAULT.reason].rstrip()
    return "" if shows_nothing(cleaned) else cleaned


def clean_topic(text: str) -> str:
    """`clean`, for the topic of a room; "" when it shows nothing."""
    cleaned = clean(text).strip()[: DEFAULT.topic].rstrip()
    return "" if shows_nothing(cleaned) else cleaned


def shows_nothing(text: str) -> bool:
    """Whether `clean` text has nothing to be seen. In ASCII, which is nearly every text, only spaces show
    nothing.
    """
    if text.isascii():
        return not text or text.isspace()
    return _INVISIBLE.fullmatch(text) is not None
