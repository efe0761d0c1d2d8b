"""Several lines at once: a paste, what of it is sent and to whom, and the question whether to; and a message
of several lines.

What is sent is what the input line would hold: the paste at the cursor, between what was typed before and
behind it. A command that was typed decides who gets the lines; what is pasted is text, whatever it begins
with.
"""

from typing import Final

from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import fold_room
from chatd.protocol.requests import HERE, LOBBY, Direct, Say
from chatd.protocol.sanitize import clean, clean_message, shows_nothing
from chatd_client.outgoing import MAX_UNANSWERED, Message
from chatd_client.screen import commands

#: Stands for the paste where the line is read as if it were typed: Unicode's sign for something inserted.
_PLACE: Final = "\ufffc"

_TO_ALL: Final = Say(text="")


def lines_of(pasted: str) -> list[str]:
    """The lines of a paste, except those that show nothing."""
    return [line for line in _with_line_feeds(pasted).split("\n") if not shows_nothing(clean(line))]


def _with_line_feeds(pasted: str) -> str:
    return pasted.replace("\r\n", "\n").replace("\r", "\n")


def message_of(text: str, here: Message) -> Message:
    """The message of several lines that was typed, like `here` without a command; raises ChatError."""
    first, *middle, last = text.split("\n")
    template, head, tail = _read(first, last, here)
    return replace(template, text=clean_message("\n".join([head, *middle, tail])))


class PasteQuestion:
    """`template` is the message without its text; `here` that of what is typed without a command; `block` all
    of it as the text of one message, None where that has too many lines; `prompt` the question. Raises
    ChatError where several lines make no sense between `before` and `behind`.
    """

    def __init__(self, before: str, behind: str, pasted: str, here: Message = _TO_ALL) -> None:
        self.template, self._before, self._behind = _read(before, behind, here)
        self._lines: list[str] = []
        self._texts: list[str] = []
        self.block: str | None = None
        self.prompt = ""
        self.add(pasted)

    def add(self, pasted: str) -> None:
        """Further lines, pasted while the question is open; raises ChatError when there are too many."""
        lines = lines_of(pasted)
        if len(self._lines) + len(lines) > MAX_UNANSWERED:
            raise ChatError(
                Code.TOO_LONG,
                f"a paste has at most {MAX_UNANSWERED:,} lines; chat send sends a file, however long it is",
            )
        self._lines += lines
        self._texts.append(_with_line_feeds(pasted).strip("\n"))
        text = self._before + "\n".join(self._texts) + self._behind
        self.block = text if text.count("\n") < DEFAULT.message_lines else None
        block = "" if self.block is None else ", o as one message"
        self.prompt = f"send {len(self._lines)} lines to {_reader(self.template)}? y/n{block} "

    @property
    def lines(self) -> list[str]:
        """The lines, each of which is sent as a message."""
        first, *others = self._lines
        *others, last = [self._before + first, *others]
        return [*others, last + self._behind]


def _reader(message: Message) -> str:
    if isinstance(message, Direct):
        return message.to
    return "everyone" if message.room == LOBBY else f"#{message.room}"


def _read(before: str, behind: str, here: Message) -> tuple[Message, str, str]:
    """The message that it goes into, without its text, and the text before and behind it."""
    line = commands.bare(f"{before}{_PLACE}{behind}")
    request = None if commands.parse(line) else TEXT.parse(line.encode(errors="replace"))
    if not isinstance(request, Say | Direct) or _PLACE not in request.text:
        raise ChatError(Code.USAGE, f"several lines can only be a message, as behind {Direct.command} NAME")
    head, _, tail = request.text.partition(_PLACE)
    return replace(said_here(request, here), text=""), head, tail


def said_here(message: Message, here: Message) -> Message:
    """The message that was typed, said where `here` is, if it does not say where; raises ChatError."""
    if isinstance(message, Direct) or message.room != HERE:
        return message if isinstance(message, Direct) else replace(message, room=fold_room(message.room))
    if isinstance(here, Say):
        return replace(message, room=here.room)
    if message.kind is not None:
        raise ChatError(Code.USAGE, f"/me is for rooms; please write to {here.to} without it")
    return replace(here, text=message.text)
