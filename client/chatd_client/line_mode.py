"""RawLine mode: the typist reads the keyboard and sends, the listener reads the link and prints.

Where the two meet:

1. The typist MUST send `quit` once, last, and only when nothing is unanswered (`Chat.leave`). However long
   the server's rate limit makes that: there is no time-out while the link lives.
2. The listener alone ends the talk: on a `bye`, on the link's end, or when nobody reads the screen.

A stuck screen stops only the listener, and thereby, in time, the server, which knows how to deal with slow
readers; what the typist reads while it waits for an answer is kept within bounds (`chat`, rule 3).
"""

from collections.abc import Iterator

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Bye
from chatd.protocol.requests import Quit
from chatd_client.chat import Chat
from chatd_client.console import read, rendered, tell, write
from chatd_client.link import RawLine, batches


class LineMode:
    """Make one, and `talk`."""

    def __init__(self, chat: Chat, keyboard: int, screen: int) -> None:
        self._chat = chat
        self._keyboard = keyboard
        self._screen = screen

    def talk(self) -> None:
        """Until the end of input or /quit. Raises LinkError when cut off, OSError when the screen is gone."""
        for events in self._chat.alongside(self._type):
            heard = [event for event in events if self._chat.left or not isinstance(event, Bye)]
            write(self._screen, b"".join(map(rendered, heard)))

    def _type(self) -> None:
        for line in self._typed():
            try:
                if isinstance(line, ChatError):
                    raise line
                request = TEXT.parse(line)
                if isinstance(request, Quit):
                    return self._chat.leave(request)
                if request is not None:
                    self._chat.send(request)
            except ChatError as error:
                tell(error.text)
        return self._chat.leave()

    def _typed(self) -> Iterator[RawLine]:
        for lines in batches(lambda: read(self._keyboard), self._chat.limit):
            yield from lines
