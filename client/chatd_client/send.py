"""`chat send`: a message a line, from an argument or a pipe, and an exit code that tells whether all arrived.

Lines are text, never commands: a log may begin a line with `/`. What is no UTF-8 becomes U+FFFD, and lines
in which nothing is left to say are left out. A line that the server would not take is split, at a word where
it has any. While the pipe is silent the link is still read, or the server would take us for stuck.
"""

import os
from bisect import bisect_right
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby
from typing import Final

import gevent
import msgspec
from msgspec.structs import replace

from chatd.protocol.requests import Direct, Say
from chatd.protocol.sanitize import clean
from chatd_client.chat import Chat
from chatd_client.console import STDERR, UNDELIVERED, tell
from chatd_client.link import LinkError
from chatd_client.outgoing import Message

#: Characters of an unfinished line that are kept; past it what has come is sent.
LONGEST: Final = 64 * 1024
#: The longest character in JSON, controls apart.
SMALLEST: Final = 4
#: Seconds between two looks at the progress.
PROGRESS: Final = 0.2


def text_lines(read: Callable[[], bytes]) -> Iterator[list[str]]:
    """The lines that each `read` completed, until it returns b""."""
    decoder = getincrementaldecoder("utf-8")("replace")
    rest = ""
    while data := read():
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        if len(rest) > LONGEST:
            cut = rest.rfind(" ") + 1 or len(rest)
            whole.append(rest[:cut])
            rest = rest[cut:]
        yield whole
    yield [rest + decoder.decode(b"", final=True)]


def pieces(text: str, room: int) -> Iterator[str]:
    """The text in parts of at most `room` bytes of JSON (SMALLEST or more), split at words where it can."""
    while _size(text) > room:
        # A character takes at least a byte, so no more than `room` of them can fit.
        most = bisect_right(range(1, room + 1), room, key=lambda length: _size(text[:length]))
        cut = max(text.rfind(" ", 0, most + 1), 0)
        if not text[:cut].strip():
            cut = most
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


def _size(text: str) -> int:
    return len(msgspec.json.encode(text)) - 2


class Sending:
    """Make one, and `run` it."""

    def __init__(self, chat: Chat, lines: Iterator[list[str]], to: str | None) -> None:
        self._chat = chat
        self._lines = lines
        self._like: Message = Say(text="") if to is None else Direct(to=to, text="")
        self._room = chat.room(self._like)
        self._line_of: list[int] = []  # for each message, the number of the line that it came from

    def run(self, progress: bool) -> int:
        """The exit code. Raises LinkError when cut off."""
        if self._room < SMALLEST:
            raise LinkError("the server's longest line is too short to say anything")
        shown = gevent.spawn(self._progress) if progress else None
        try:
            for _ in self._chat.alongside(self._send_all):
                pass  # who does not listen is a slow reader to the server
        except LinkError as error:
            missing = self._chat.sent - self._chat.answered
            raise LinkError(f"{error}; {missing} not acknowledged" if missing else str(error)) from None
        finally:
            if shown is not None:
                shown.kill()
                _show("\r\x1b[K")
            self._report()
        return UNDELIVERED if self._chat.refused else 0

    def _send_all(self) -> None:
        count = 0
        for lines in self._lines:
            ready = [
                (number, piece)
                for number, line in enumerate(lines, count + 1)
                for piece in pieces(clean(line).rstrip(), self._room)
                if piece.strip()
            ]
            count += len(lines)
            self._line_of.extend(number for number, _ in ready)  # all that are known, for the progress
            for _, piece in ready:
                self._chat.send(replace(self._like, text=piece))
        self._chat.leave()

    def _report(self) -> None:
        """A sentence for each run of messages that were refused for the same reason."""
        places = ((int(each.message.ref or 0), each.why) for each in self._chat.refused)
        runs = groupby(enumerate(places), key=lambda item: (item[1][0] - item[0], item[1][1]))
        for (_, why), run in runs:
            numbers = [self._line_of[place - 1] for _, (place, _) in run]
            first, last = numbers[0], numbers[-1]
            which = f"line {first} was" if first == last else f"lines {first} to {last} were"
            tell(f"{which} not delivered: {why}")

    def _progress(self) -> None:
        while True:
            gevent.sleep(PROGRESS)
            _show(f"\r{self._chat.answered:,} of {len(self._line_of):,} sent")


def _show(text: str) -> None:
    with suppress(OSError):
        os.write(STDERR, text.encode())
