"""What the keys do that a terminal left in a line.

A terminal usually edits a line by itself and sends it whole. One that sends every key leaves them to whoever
reads: backspace takes away what is seen before it, and Ctrl-U the line so far.
"""

from typing import Final

#: Different terminals send one or the other for the backspace key.
BACKSPACE: Final = 0x08
DELETE: Final = 0x7F
#: Ctrl-U.
ERASE_LINE: Final = 0x15

_BACK: Final = (chr(BACKSPACE), chr(DELETE))
_ERASE: Final = chr(ERASE_LINE)
#: Dots and ties that stand within words, in a place of their own.
_IN_WORDS: Final = "\xb7\u0387\u203f\u2040\u2054\u30fb\uff65\ufe33\ufe34\ufe4d\ufe4e\ufe4f\uff3f"


def edited(text: str) -> str:
    """`text` as it stands after all keys in it were pressed."""
    kept: list[str] = []
    for char in text:
        if char in _BACK:
            while kept and _is_mark(kept.pop()):
                pass
        elif char == _ERASE:
            kept.clear()
        else:
            kept.append(char)
    return "".join(kept)


def _is_mark(char: str) -> bool:
    """Whether it is drawn onto the character before it. Marks are what a word may go on with, as Python sees
    it, but not begin with, and neither letters nor digits; and those that enclose."""
    goes_on = f"a{char}".isidentifier() and not char.isalnum() and not char.isidentifier()
    return (goes_on and char not in _IN_WORDS) or "\u20dd" <= char <= "\u20e4"
