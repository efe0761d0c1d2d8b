"""`chat send`: send each line of an argument or of standard input as a message; the exit code says whether
all were acknowledged.

Lines are text, never commands, since a log may have lines that begin with `/`. Invalid UTF-8 becomes U+FFFD;
empty lines are left out. A line longer than the server's limit is split, at a space where it has one. The
link is read all the time, also while standard input is silent, or the server would see a slow consumer.
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
from chatd_client.console import STDERR, UNDELIVERED, print_error
from chatd_client.link import LinkError
from chatd_client.outgoing import Message

#: Characters of a line without its end: a longer one is cut, and its beginning sent.
LONGEST: Final = 64 * 1024
#: Bytes of the longest character in JSON, control characters apart.
SMALLEST: Final = 4
#: Seconds between two updates of the progress line.
PROGRESS_TIME: Final = 0.2


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


def pieces(text: str, limit: int) -> Iterator[str]:
    """Split the text, at spaces where it has them, into parts of at most `limit` bytes of JSON.

    `limit` is at least SMALLEST.
    """
    while _size(text) > limit:
        # A character takes at least a byte, so no more than `limit` of them can fit.
        most = bisect_right(range(1, limit + 1), limit, key=lambda length: _size(text[:length]))
        cut = max(text.rfind(" ", 0, most + 1), 0)
        if not text[:cut].strip():
            cut = most
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


def _size(text: str) -> int:
    return len(msgspec.json.encode(text)) - 2


class Sending:
    """One run of `chat send`."""

    def __init__(self, chat: Chat, lines: Iterator[list[str]], to: str | None) -> None:
        self._chat = chat
        self._lines = lines
        self._template: Message = Say(text="") if to is None else Direct(to=to, text="")
        self._text_limit = chat.text_limit(self._template)
        self._line_of: list[int] = []  # the line number of each message

    def run(self, progress: bool) -> int:
        """Send everything; returns the exit code. Raises LinkError when the link breaks."""
        if self._text_limit < SMALLEST:
            raise LinkError("the server's longest line is too short to say anything")
        shown = gevent.spawn(self._progress) if progress else None
        try:
            for _ in self._chat.batches_while(self._send_all):
                pass  # only read, so that the server sees no slow consumer
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
                for piece in pieces(clean(line).rstrip(), self._text_limit)
                if piece.strip()
            ]
            count += len(lines)
            # Before they are sent: the progress line shows how many are known.
            self._line_of.extend(number for number, _ in ready)
            for _, piece in ready:
                self._chat.send(replace(self._template, text=piece))
        self._chat.leave()

    def _report(self) -> None:
        """Print a sentence for each run of consecutive messages that were refused for the same reason."""
        places = ((int(each.message.ref or 0), each.why) for each in self._chat.refused)
        runs = groupby(enumerate(places), key=lambda item: (item[1][0] - item[0], item[1][1]))
        for (_, why), run in runs:
            numbers = [self._line_of[place - 1] for _, (place, _) in run]
            first, last = numbers[0], numbers[-1]
            which = f"line {first} was" if first == last else f"lines {first} to {last} were"
            print_error(f"{which} not delivered: {why}")

    def _progress(self) -> None:
        while True:
            gevent.sleep(PROGRESS_TIME)
            _show(f"\r{self._chat.answered:,} of {len(self._line_of):,} sent")


def _show(text: str) -> None:
    with suppress(OSError):
        os.write(STDERR, text.encode())
