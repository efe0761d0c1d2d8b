"""From bytes to messages, cheaply enough to look at every one.

All readers of a room get nearly the same bytes, and a reader that keeps up gets them in the same pieces. So
whole lines are parsed by the shared dialect once, and remembered by their bytes: for every further reader of
the process a block costs one hash and one comparison, however many messages are in it. Equal bytes parse
equally, so nothing is sampled by this.

A message of the load test is the text `load NUMBER TIME padding`, TIME being `time.monotonic_ns()` when it
was said: the same clock in every process of one machine. A talker's numbers begin at 0 and have no gaps; its
last message says `end` in place of the padding, so that its number is also the count of those before it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from chatd.dialects.jsonl import JsonLines
from chatd.errors import ChatError, Code
from chatd.events import Error, Event, Joined, Left, Lost, Said
from chatd.limits import DEFAULT

JSONL: Final = JsonLines()

_MARK: Final = "load"
_END: Final = "end"
#: Blocks that are remembered: a process reads far fewer different ones at any one time.
_REMEMBERED: Final = 256
#: Told to everyone at every join: nothing that a delivery is counted by.
_IGNORED: Final = (Joined, Left, Lost)


class Message(NamedTuple):
    """One message of the load test, as a reader gets it. `id` is the room's, `sent` nanoseconds."""

    talker: str
    number: int
    sent: int
    is_last: bool
    id: int


class Run(NamedTuple):
    """A talker's messages of one block: numbers `first` to `after` less one, with no gap."""

    talker: str
    first: int
    after: int


@dataclass(frozen=True, slots=True)
class Block:
    """What stood in some whole lines."""

    messages: tuple[Message, ...]
    #: The messages' times, in order.
    sent: tuple[int, ...]
    #: One for each talker; None where the block by itself is out of order or has gaps.
    runs: tuple[Run, ...] | None
    #: Talkers whose last message is here.
    ended: tuple[str, ...]
    #: Everything else that a user has to look at.
    events: tuple[Event, ...]


def message_text(number: int, sent: int, size: int, *, is_last: bool = False) -> str:
    """The text of a message, of `size` characters where they suffice."""
    head = f"{_MARK} {number} {sent} "
    return head + (_END if is_last else "x" * max(1, size - len(head)))


def _message(said: Said) -> Message | None:
    """None for what somebody else says in the room."""
    match said.text.split(" ", 3):
        case [mark, number, sent, rest] if mark == _MARK and number.isdecimal() and sent.isdecimal():
            return Message(said.sender, int(number), int(sent), rest == _END, said.id)
        case _:
            return None


def _runs(messages: Iterable[Message]) -> tuple[Run, ...] | None:
    runs: dict[str, Run] = {}
    last_id = -1
    for message in messages:
        talker, number = message.talker, message.number
        run = runs.get(talker, Run(talker, number, number))
        if number != run.after or message.id <= last_id:
            return None
        runs[talker] = Run(talker, run.first, number + 1)
        last_id = message.id
    return tuple(runs.values())


def _parse_line(line: bytes) -> Event | None:
    """None for lines of the text dialect that are no errors: those before the welcome."""
    if line.startswith(b"{"):
        return JSONL.parse_event(line)
    if line.startswith(b"! "):
        return Error(code=Code.BAD_LINE, text=line[2:].decode(errors="replace"))
    return None


@lru_cache(_REMEMBERED)
def parse(lines: bytes) -> Block:
    """The block in these whole lines; raises ChatError for a line that is nothing we know."""
    messages: list[Message] = []
    events: list[Event] = []
    for line in lines.splitlines():
        event = _parse_line(line)
        message = _message(event) if isinstance(event, Said) else None
        if message is not None:
            messages.append(message)
        elif event is not None and not isinstance(event, _IGNORED):
            events.append(event)
    return Block(
        messages=tuple(messages),
        sent=tuple(message.sent for message in messages),
        runs=_runs(messages),
        ended=tuple(message.talker for message in messages if message.is_last),
        events=tuple(events),
    )


class BlockReader:
    """One reader's bytes, cut at the ends of lines."""

    __slots__ = ("_tail",)

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> Block | None:
        """What is complete by now, or None. Raises ChatError."""
        end = data.rfind(b"\n") + 1
        if not end:
            self._tail += data
            if len(self._tail) > DEFAULT.line_to_client:
                raise ChatError(Code.TOO_LONG, f"a line has more than {DEFAULT.line_to_client} bytes")
            return None
        lines = self._tail + data[:end]
        self._tail = data[end:]
        return parse(lines)
