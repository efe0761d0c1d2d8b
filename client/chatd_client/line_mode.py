"""Line mode: one greenlet (the sender) reads standard input and sends, another (the receiver) reads the link
and prints.

The contract between the two:

1. The sender MUST send `quit` once, last, and only when every message is answered (`Exchange.quit`). That may
   take long at the server's rate limit: there is no time-out while the link is up.
2. Only the receiver ends line mode: on a `bye`, when the link breaks, or when standard output is closed.

Output that blocks stops only the receiver. In time that is backpressure on the server, which handles slow
consumers; what the sender reads while it waits for an answer goes into a bounded backlog (`exchange`, rule
3).
"""

from collections.abc import Callable, Iterator

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import (
    Bye,
    Error,
    Event,
    Left,
    Mark,
    RoomInfo,
    UserList,
    Welcome,
)
from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY, Quit
from chatd_client.chat import Chat
from chatd_client.console import own_as_sent, print_error, print_notice, read, rendered, write
from chatd_client.incoming import LineReader, RawLine
from chatd_client.kept_out import KeptOut, kept_out, put_out


class LineMode:
    """`keyboard` and `screen` are file descriptors; `on_rooms` is told which rooms the user is in."""

    def __init__(
        self,
        chat: Chat,
        keyboard: int,
        screen: int,
        on_rooms: Callable[[list[str]], None] = lambda rooms: None,
    ) -> None:
        self._chat = chat
        self._keyboard = keyboard
        self._screen = screen
        self._on_rooms = on_rooms
        self._broke = self._rooms_told = False
        self._kept_out = KeptOut(lambda: chat.coming_back)
        chat.on_break = self._on_break

    def _on_break(self, why: str) -> None:
        self._broke = True
        print_error(f"{why}; connecting again")

    def run(self) -> None:
        """Until the end of input or /quit. Raises LinkError when the link breaks, OSError of the output."""
        if (here := self._chat.rooms[-1]) != LOBBY:
            print_notice(f"what you type goes to #{here}")
        for events in self._chat.batches_while(self._send_lines):
            to_show = [event for event in events if self._is_shown(event, events)]
            shown = [own_as_sent(event, self._chat.nick) for event in to_show]
            write(self._screen, b"".join(map(rendered, shown)))
            for rooms, why in self._kept_out.take():
                print_error(kept_out(rooms, why))
            self._on_rooms(self._chat.rooms)

    def _is_shown(self, event: Event, beside: list[Event]) -> bool:
        """Who comes back is told its rooms, and who is there; it knows them. A bye of which the link makes
        more than this is told by it, and so is a ban that comes with it. `beside`: what came at once.
        """
        match event:
            case Welcome():
                if self._broke and not event.resumed:
                    print_notice("what was said meanwhile may be missing")
                self._rooms_told = event.resumed
            case Mark():
                self._rooms_told = False
            case RoomInfo() | UserList():
                return not self._rooms_told
            case Left(room=str(room), reason=str(why), names=[name]) if fold(name) == fold(self._chat.nick):
                print_error(f"{put_out(room, why)}; what you type is not said before you /join a room")
                return False
            case Error(code=Code.BANNED, ref=None):
                return not any(isinstance(one, Bye) and one.reason == event.text for one in beside)
            case Error():
                return not self._kept_out.takes(event)
            case Bye():
                return self._chat.quit_sent
        return True

    def _send_lines(self) -> None:
        for line in self._input_lines():
            try:
                if isinstance(line, ChatError):
                    raise line
                request = TEXT.parse(line)
                if isinstance(request, Quit):
                    return self._chat.quit(request)
                if request is not None:
                    self._chat.send(request)
            except ChatError as error:
                print_error(error.text)
        return self._chat.quit()

    def _input_lines(self) -> Iterator[RawLine]:
        for lines in LineReader(lambda: read(self._keyboard), self._chat.limit):
            yield from lines
