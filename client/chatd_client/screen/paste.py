"""A paste of several lines: what of it is sent and to whom, and the question whether to.

What is sent is what the input line would hold: the paste at the cursor, between what was typed before and
behind it. A command that was typed decides who gets the lines; what is pasted is text, whatever it begins
with.
"""

from typing import Final

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.names import fold_room
from chatd.protocol.requests import LOBBY, Direct, Say
from chatd.protocol.sanitize import clean, shows_nothing
from chatd_client.outgoing import MAX_UNANSWERED, Message
from chatd_client.screen import commands

#: Stands for the paste where the line is read as if it were typed: Unicode's sign for something inserted.
_PLACE: Final = "\ufffc"


def lines_of(pasted: str) -> list[str]:
    """The lines of a paste, except those that show nothing."""
    lines = pasted.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if not shows_nothing(clean(line))]


class PasteQuestion:
    """`template` is the message without its text; `here` the room for what is typed without one. Raises
    ChatError where several lines make no sense between `before` and `behind`.
    """

    def __init__(self, before: str, behind: str, lines: list[str], here: str = LOBBY) -> None:
        self.template, self._before, self._behind = _read(before, behind, here)
        self._lines: list[str] = []
        self.add(lines)

    def add(self, lines: list[str]) -> None:
        """Further lines, pasted while the question is open; raises ChatError when there are too many."""
        if len(self._lines) + len(lines) > MAX_UNANSWERED:
            raise ChatError(
                Code.TOO_LONG,
                f"a paste has at most {MAX_UNANSWERED:,} lines; chat send sends a file, however long it is",
            )
        self._lines += lines

    @property
    def lines(self) -> list[str]:
        """The lines, each of which is sent as a message."""
        first, *others = self._lines
        *others, last = [self._before + first, *others]
        return [*others, last + self._behind]

    @property
    def prompt(self) -> str:
        """The question."""
        return f"send {len(self._lines)} lines to {_reader(self.template)}? y/n "


def _reader(message: Message) -> str:
    if isinstance(message, Direct):
        return message.to
    return "everyone" if message.room == LOBBY else f"#{message.room}"


def _read(before: str, behind: str, here: str) -> tuple[Message, str, str]:
    """The message that it goes into, without its text, and the text before and behind it."""
    line = commands.bare(f"{before}{_PLACE}{behind}")
    request = None if commands.parse(line) else TEXT.parse(line.encode(errors="replace"))
    if not isinstance(request, Say | Direct) or _PLACE not in request.text:
        raise ChatError(
            Code.USAGE, f"several lines can be pasted only into a message, as behind {Direct.command} NAME"
        )
    head, _, tail = request.text.partition(_PLACE)
    if isinstance(request, Direct):
        return Direct(to=request.to, text=""), head, tail
    return Say(text="", room=fold_room(request.room) or here), head, tail
