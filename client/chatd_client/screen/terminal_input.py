"""What the terminal sends, before prompt_toolkit parses it: keys pass, replies do not.

A terminal answers questions, about its colours (OSC 10 and 11), the clipboard (OSC 52), itself (DCS, CSI c)
or the focus, and often late: whoever asked may have ended before this program began. prompt_toolkit knows
keys, and takes what it does not know apart: the Escape answers a question of ours or ends a search, and the
rest is typed into the input line. The rules:

1. A sequence `ESC [ …` or `ESC O …` passes when it is a key, the mouse or a paste; else it is dropped.
2. A string (OSC, DCS, APC) is dropped up to its end. Since Alt-] or Alt-P begin alike, it is one only if it
   goes on as replies do, or if it is there as a whole.
3. Reads may end anywhere. What is unfinished and may be a key, Escape or Alt with another, is one when
   prompt_toolkit has waited a moment for more. Anything else is dropped, and what comes later than
   REPLY_TIME after its beginning was typed.
4. A control character that no reply holds, like Enter or Ctrl-C, ends it, and is a key.
"""

import re
import time
from collections.abc import Callable
from enum import Enum
from typing import Final

from prompt_toolkit.input import Input
from prompt_toolkit.input.ansi_escape_sequences import ANSI_SEQUENCES
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress

#: Seconds from the first byte of a reply to its last: more than a slow line needs, and a lapse in typing that
#: nobody minds.
REPLY_TIME: Final = 2.0

_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"

#: ECMA-48, section 5.4, and two forms that break it: X10's mouse, and the function keys of Linux's console.
_SEQUENCE: Final = re.compile(
    r"\x1b(?:\[(?:M.{3}|\[[A-E]|(?!M)[0-?]*[ -/]*[@-Z\\-~])|O[0-?]*[@-~])", re.DOTALL
)
_BEGINNING: Final = re.compile(r"\x1b(?:\[(?:M.{0,2}|\[|[0-?]*[ -/]*)?|O[0-?]*|[]P_])?\Z", re.DOTALL)
_MOUSE: Final = re.compile(r"\x1b\[(?:<?[\d;]+[mM]|M...)", re.DOTALL)

#: OSC goes on with a number, DCS with a parameter, and the one reply in an APC is kitty's.
_STRING: Final = re.compile(r"\x1b(?:\]\d|P[ -?]|_G|[]P_^X](?=[^\x00-\x1f\x9c]*(?:\x07|\x9c|\x1b\\)))")
_STRING_END: Final = re.compile(r"\x07|\x9c|\x1b\\|\x1b\Z|(?=[\x00-\x1f])")
#: Of what is unfinished, this may as well be a key that was pressed alone, or with Alt.
_KEY: Final = re.compile(r"\x1b.?", re.DOTALL)


class Inside(Enum):
    """What the next character is a part of."""

    NOTHING = "nothing"
    STRING = "string"
    PASTE = "paste"


class ReplyFilter:
    """Text from the terminal in, in any pieces; the same without replies out. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._inside = Inside.NOTHING
        self._held = ""  # what may go on with the next piece
        self._began = 0.0  # when that, or the string, began

    def feed(self, data: str) -> str:
        """What is to be parsed of this piece, and of what was held before."""
        if self._waits and self._clock() - self._began > REPLY_TIME:
            self._inside, self._held = Inside.NOTHING, ""
        before, self._held = self._held, ""
        text, at, passed = before + data, 0, []
        while at < len(text):
            at, part = _STEPS[self._inside](self, text, at)
            passed.append(part)
        if self._held and not (before and self._held == text):
            self._began = self._clock()
        return "".join(passed)

    def flush(self) -> str:
        """Nothing came for a while: what may be a key is one."""
        if self._inside is not Inside.NOTHING or self._waits:
            return ""
        key, self._held = self._held, ""
        return key

    @property
    def _waits(self) -> bool:
        """Whether a reply is unfinished."""
        unfinished = self._inside is Inside.NOTHING and self._held and not _KEY.fullmatch(self._held)
        return self._inside is Inside.STRING or bool(unfinished)

    # Each step returns where to go on, and what passes of the text before that.

    def _outside(self, text: str, at: int) -> tuple[int, str]:
        escape = text.find("\x1b", at)
        if escape < 0:
            return len(text), text[at:]
        before = text[at:escape]
        if text.startswith(_PASTE_BEGIN, escape):
            self._inside = Inside.PASTE
            return escape + len(_PASTE_BEGIN), before + _PASTE_BEGIN
        if sequence := _SEQUENCE.match(text, escape):
            known = sequence[0] in ANSI_SEQUENCES or _MOUSE.fullmatch(sequence[0])
            return sequence.end(), before + sequence[0] if known else before
        if string := _STRING.match(text, escape):
            self._inside, self._began = Inside.STRING, self._clock()
            return string.end(), before
        if _BEGINNING.match(text, escape):
            self._held = text[escape:]
            return len(text), before
        return escape + 1, before + "\x1b"

    def _in_string(self, text: str, at: int) -> tuple[int, str]:
        end = _STRING_END.search(text, at)
        if end is None:
            return len(text), ""
        if end[0] == "\x1b":
            self._held = "\x1b"
        else:
            self._inside = Inside.NOTHING
        return end.end(), ""

    def _in_paste(self, text: str, at: int) -> tuple[int, str]:
        end = text.find(_PASTE_END, at)
        if end < 0:
            safe = max(at, len(text) - len(_PASTE_END) + 1)
            self._held = text[safe:]
            return len(text), text[at:safe]
        self._inside = Inside.NOTHING
        return end + len(_PASTE_END), text[at : end + len(_PASTE_END)]


_STEPS: Final = {
    Inside.NOTHING: ReplyFilter._outside,
    Inside.STRING: ReplyFilter._in_string,
    Inside.PASTE: ReplyFilter._in_paste,
}


class KeyParser(Vt100Parser):
    """prompt_toolkit's parser behind the filter. One inside the other, since its `feed` calls itself."""

    def __init__(self, feed_key_callback: Callable[[KeyPress], None]) -> None:
        super().__init__(feed_key_callback)
        self._filter = ReplyFilter()
        self._parser = Vt100Parser(feed_key_callback)

    def feed(self, data: str) -> None:
        self._parser.feed(self._filter.feed(data))

    def flush(self) -> None:
        self._parser.feed(self._filter.flush())
        self._parser.flush()


def drop_replies(source: Input) -> None:
    """From now on only keys come from this terminal."""
    if isinstance(source, Vt100Input):
        source.vt100_parser = KeyParser(source.vt100_parser.feed_key_callback)
