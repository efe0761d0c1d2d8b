"""`Chat`: the client as a library, used by bots, `chat send` and line mode.

    from contextlib import suppress

    from chatd_client import Chat, ChatError, program
    from chatd.protocol.events import DirectMessage, Said

    with program(), Chat("echo@127.0.0.1:5050", reconnect=True) as chat:
        for event in chat:
            with suppress(ChatError):  # what no server would take: an empty message, one that is too long
                if isinstance(event, Said) and event.text.startswith("echo "):
                    chat.say(event.text.removeprefix("echo "))
                elif isinstance(event, DirectMessage):
                    chat.direct(event.sender, event.text)

Events are those of `chatd.protocol.events`, the welcome first. What holds when two greenlets use it, when the
link breaks and when nobody reads: see `exchange`.
"""

from collections.abc import Iterator
from typing import Final, Self

import gevent

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Error, Event
from chatd.protocol.requests import LOBBY, Direct, Join, Leave, Quit, Say, Topic
from chatd.protocol.sanitize import clean_message, clean_topic
from chatd_client.exchange import Exchange
from chatd_client.in_flight import Undelivered

#: Seconds that saying goodbye takes at most after Ctrl-C.
GOODBYE_TIME: Final = 2.0


class Chat(Exchange):
    """A connection to `[chats://][NAME@]HOST[:PORT]`, by TLS unless the host is this machine. At the end of a
    `with` block it waits until every message is answered, then quits; after Ctrl-C it quits at once; if the
    block raises anything else, it only closes the connection.

    `others` are names to try if the first is refused, `rooms` are joined from the start, the current one
    last. A name that is registered needs its `password`, or the `token` that the welcome has for who gave it:
    keep that, and come with it the next time. A certificate for which nobody vouches is taken where its
    SHA-256 is this `fingerprint`, or where `chat` was told to trust it. With `reconnect` it comes back by
    itself when the link breaks (not when the first attempt fails), under the same name: the events go on with
    another `Welcome`. `on_break` is told why it broke. Raises ConfigError, and LinkError when there is no
    link, or its name is somebody else's when it comes back.
    """

    @property
    def nick(self) -> str:
        """The name that we have."""
        return self._redial.name

    def say(self, text: str, room: str = LOBBY) -> str:
        """Send to everyone, or to those in a `room` that was joined. Returns, once it is written, the `ref`
        that the server's answer will have.

        Raises ChatError for text that no server accepts, and LinkError.
        """
        return str(self.send(Say(text=clean_message(text), room=room)))

    def direct(self, to: str, text: str) -> str:
        """Send to one user; otherwise like `say`."""
        return str(self.send(Direct(to=to, text=clean_message(text))))

    def join(self, room: str) -> None:
        """Go to a room, which is made where there is none. From now on what is said there is among the
        events, also after coming back. Raises ChatError when the server refuses, and LinkError.
        """
        self._ask(Join(room=room))

    def leave(self, room: str) -> None:
        """Leave a room; otherwise like `join`."""
        self._ask(Leave(room=room))

    def topic(self, room: str, text: str) -> str:
        """Say what a room is about; nothing, with an empty text. Otherwise like `say`."""
        return str(self.send(Topic(room=room, text=clean_topic(text))))

    def _ask(self, request: Join | Leave) -> None:
        answer = self.ask(request)
        if isinstance(answer, Error):
            code = next((code for code in Code if code == answer.code), Code.BAD_ROOM)
            raise ChatError(code, answer.text)

    def flush(self) -> list[Undelivered]:
        """Wait for all answers; returns what was refused since the last call. Raises LinkError."""
        self._read_until(lambda: not self._in_flight)
        refused = list(self.refused)
        self.refused.clear()
        return refused

    def __iter__(self) -> Iterator[Event]:
        """Yield events up to and including the server's bye. Raises LinkError when the link breaks.

        The `Ack` of a direct message is replaced with a `Sent`, which has its text.
        """
        while self._has_more():
            yield self._backlog.take()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc_info: object) -> None:
        try:
            if kind is None and self._end is None:
                self.quit()
                self._read_until(lambda: self._end is not None)
            elif kind is not None and issubclass(kind, KeyboardInterrupt):
                self._leave_at_once()
        finally:
            self._link.__exit__(kind, *exc_info)

    def _leave_at_once(self) -> None:
        """Quit behind what was written; nothing but the server's bye is waited for, and that shortly."""
        if self._broken is None and self._end is None:
            self.quit_sent = True
            self._link.send(self._link.encode(Quit()))
            with gevent.Timeout(GOODBYE_TIME, False):  # type: ignore[arg-type]  # no exception
                self._read_until(lambda: self._end is not None)
