"""`chat send`: send each line of an argument or of standard input as a message, or with `--block` many lines
as one; the exit code says whether all were acknowledged.

Lines are text, never commands, since a log may have lines that begin with `/`; see `input_lines`. What shows
nothing is left out. A line longer than the server's limit is split, at a space where it has one. The link is
read all the time, also while standard input is silent, or the server would see a slow consumer.

With `--reconnect` it comes back when the link breaks, and sends again what was not acknowledged
(`exchange`, rule 5); meanwhile it reads no more input than the window takes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

import gevent
from msgspec.structs import replace

from chatd.protocol.errors import ChatError
from chatd.protocol.events import Ack, Error, Event, Sent
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import LOBBY, Direct, Say
from chatd_client.chat import Chat
from chatd_client.console import STDERR, UNDELIVERED, print_error, print_notice
from chatd_client.input_lines import SMALLEST, NumberedLine
from chatd_client.link import LinkError
from chatd_client.outgoing import Message
from chatd_client.packing import NumberedText, Packer

#: Seconds between two updates of the progress line.
PROGRESS_TIME: Final = 0.2
#: Empties the line on which the progress stands.
_CLEAR: Final = "\r\x1b[K"


class Refusals:
    """Prints a sentence for each run of consecutive messages that were refused for the same reason, as soon
    as the run is over: so every one of them is told, in bounded memory.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._why: str | None = None
        self._first = self._last = 0
        self.any = False

    def answered(self, first: int, last: int, why: str | None) -> None:
        """The answer to a message of these lines: why it was refused, or None."""
        if why != self._why:
            self.end_run()
        if why is not None:
            self._first = self._first if self._why is not None else first
            self._why, self._last, self.any = why, last, True

    def end_run(self) -> None:
        """Tell what is not told yet."""
        if self._why is not None:
            first, last = self._first, self._last
            which = f"line {first} was" if first == last else f"lines {first} to {last} were"
            self._show(f"{which} not delivered: {self._why}")
        self._why = None


class Sending:
    """One run of `chat send`: to one person, or to a room, which is joined first, or to everyone."""

    def __init__(
        self,
        chat: Chat,
        lines: Iterator[list[NumberedLine]],
        to: str | None,
        room: str | None = None,
        block: bool = False,
    ) -> None:
        self._chat = chat
        self._lines = lines
        self._packer = Packer(DEFAULT.message_lines if block else 1)
        self._room = room
        self._template: Message = Say(text="", room=room or LOBBY) if to is None else Direct(to=to, text="")
        self._known = 0  # how many messages there are, those included that wait for the window
        self._lines_of: dict[str, tuple[int, int]] = {}  # of each message without an answer, by its ref
        self._refusals = Refusals(lambda sentence: self._tell(print_error, sentence))
        self._shown: gevent.Greenlet[..., None] | None = None
        chat.on_break = lambda why: self._tell(print_notice, f"{why}; connecting again")

    def run(self, progress: bool) -> int:
        """Send everything; returns the exit code. Raises LinkError when the link breaks."""
        if self._chat.text_limit(self._template) < SMALLEST:
            raise LinkError("the server's longest line is too short to say anything")
        if self._room is not None:
            try:
                self._chat.join(self._room)
            except ChatError as error:
                print_error(f"nothing was sent: {error.text}")
                return UNDELIVERED
        self._shown = gevent.spawn(self._progress) if progress else None
        try:
            for events in self._chat.batches_while(self._send_all):
                self._match_answers(events)
        except LinkError as error:
            missing = self._chat.sent - self._chat.answered
            raise LinkError(f"{error}; {missing} not acknowledged" if missing else str(error)) from None
        finally:
            if self._shown is not None:
                self._shown.kill()
                _show(_CLEAR)
            self._refusals.end_run()
        return UNDELIVERED if self._refusals.any else 0

    def _send_all(self) -> None:
        for lines in self._lines:
            limit = max(SMALLEST, self._chat.text_limit(self._template))  # that of the server as it is now
            self._send(list(self._packer.pack(lines, limit)))
        self._send(list(self._packer.rest()))
        self._chat.quit()

    def _send(self, ready: list[NumberedText]) -> None:
        self._known += len(ready)
        for first, last, text in ready:
            self._lines_of[self._chat.next_ref] = first, last
            self._chat.send(replace(self._template, text=text))

    def _match_answers(self, events: list[Event]) -> None:
        self._chat.refused.clear()  # the same is told here, by line
        for event in events:
            if isinstance(event, Ack | Sent | Error):
                lines = self._lines_of.pop(str(event.ref), None)
                if lines is not None:
                    self._refusals.answered(*lines, event.text if isinstance(event, Error) else None)

    def _tell(self, show: Callable[[str], None], sentence: str) -> None:
        """Print it in the place of the progress line."""
        if self._shown is not None:
            _show(_CLEAR)
        show(sentence)

    def _progress(self) -> None:
        while True:
            gevent.sleep(PROGRESS_TIME)
            _show(f"\r{self._chat.answered:,} of {self._known:,} sent")


def _show(text: str) -> None:
    with suppress(OSError):
        os.write(STDERR, text.encode())
