"""Telnet's commands in a stream of text (RFC 854, 855, 860): taken out, and declined.

The telnet programs and PuTTY are used like `nc`, and put bytes of their own between what is typed. They all
begin with IAC (255), which no UTF-8 holds:

    IAC IAC                     the byte 255
    IAC DO|WILL option          asks for an option: declined with WONT or DONT, once, so that it never loops
    IAC DONT|WONT option        is so anyway
    IAC SB ... IAC SE           about an option: none is agreed on, so it is dropped; one that has no end is
                                typed text, for which there are bounds
    IAC command                 EC is a backspace, EL erases the line, all others mean nothing here

DO TIMING-MARK is declined each time: after Ctrl-C the telnet program shows nothing until that is answered.
CR NUL is Enter in telnet's character mode, where LF would be.
"""

import re
from typing import Final

from chatd.protocol.editing import BACKSPACE, ERASE_LINE

IAC: Final = 255
DONT: Final = 254
DO: Final = 253
WONT: Final = 252
WILL: Final = 251
_EL: Final = 248
_EC: Final = 247
_TIMING_MARK: Final = 6

_DECLINED_WITH: Final = {DO: WONT, WILL: DONT}
_TYPED: Final = {IAC: bytes((IAC,)), _EC: bytes((BACKSPACE,)), _EL: bytes((ERASE_LINE,))}

#: Behind IAC, the beginning of what is about an option, and the rest of it up to its end.
_ABOUT: Final = rb"\xfa(?:[^\xff]++|\xff[^\xf0])*+"
#: One command; or, where the bytes end within one, `begun`: what must be known of it when they go on. (All
#: begin with the one byte, which is how it is found quickly.)
_COMMAND: Final = re.compile(
    rb"\xff(?:(?P<verb>[\xfb-\xfe])(?P<option>.)|(?P<command>[^\xfa-\xfe])|" + _ABOUT + rb"\xff\xf0|"
    rb"(?P<begun>[\xfb-\xfe]?)\Z|" + _ABOUT + rb"(?P<about>\xff?)\Z)",
    re.DOTALL,
)


#: A terminal's name or speed is what is negotiated about; past this it is no telnet.
_LONGEST_ABOUT: Final = 1024


class TelnetFilter:
    """`feed` it what comes, and it gives back what was typed, however the bytes were split. `commands` counts
    those that `take_answer` has not answered yet; `begun` is of one that goes on. With more than `most`
    in one piece it is no telnet, and the piece is left as it is."""

    __slots__ = ("_about", "_answer", "_declined", "_most", "begun", "commands")

    def __init__(self, most: int) -> None:
        self.commands = 0
        self._most = most
        self._answer = b""
        self.begun = b""
        self._about = 0  # bytes of what is about an option and has not ended
        self._declined = 0  # the options that were, a bit each: first those of WILL, then those of DO

    def feed(self, data: bytes) -> bytes:
        """What was typed. Where nothing has `begun`, and `data` holds neither IAC nor NUL and does not end in
        CR, that is all of it, and need not be asked."""
        data = self._resumed(data)
        if self._is_telnet(data):
            data = _COMMAND.sub(self._meet, data)
        if data.endswith(b"\r"):  # until it is known what comes behind it
            data, self.begun = data[:-1], b"\r" + self.begun
        return data.replace(b"\r\0", b"\r\n")

    def skip(self, data: bytes) -> bytes:
        """`data` without the commands before the first byte that was typed; `feed` takes the rest."""
        data = self._resumed(data)
        at = 0
        if self._is_telnet(data):
            while (match := _COMMAND.match(data, at)) and match[0] != b"\xff\xff":
                self._meet(match)
                at = match.end()
        return data[at:]

    def take_answer(self) -> bytes:
        """What is to be sent for the commands that came since the last time."""
        answer, self._answer = self._answer, b""
        self.commands = 0
        return answer

    def _resumed(self, data: bytes) -> bytes:
        data, self.begun = self.begun + data, b""
        return data

    def _is_telnet(self, data: bytes) -> bool:
        """Whether there are commands to look for."""
        return 0 < data.count(IAC) <= self._most

    def _meet(self, match: re.Match[bytes]) -> bytes:
        """Note a command; what was typed by it."""
        kind = match.lastgroup
        if kind == "begun":
            self.begun = match[0]
        elif kind == "about":
            self._about += len(match[0])
            if self._about > _LONGEST_ABOUT:
                return match[0]
            self.begun = b"\xff\xfa" + match["about"]
        else:
            self._about = 0
            self.commands += 1
            if kind == "command":
                return _TYPED.get(match["command"][0], b"")
            if kind == "option":
                self._decline(match["verb"][0], match["option"][0])
        return b""

    def _decline(self, verb: int, option: int) -> None:
        if verb not in _DECLINED_WITH:
            return
        bit = 1 << option + (256 if verb == DO else 0)
        if not self._declined & bit or (verb, option) == (DO, _TIMING_MARK):
            self._declined |= bit
            self._answer += bytes((IAC, _DECLINED_WITH[verb], option))
