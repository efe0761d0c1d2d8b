"""Where the two halves of the screen meet: prompt_toolkit's asyncio loop, and the keeper with its greenlets.

Each has a thread of its own, and nothing is patched: that starts twice as fast as `monkey.patch_all` (200 ms
against 355), and a burst that is being read never stops the keyboard. The rules:

1. Only the two thread-safe calls cross: `run_callback_threadsafe` to the greenlets, `call_soon_threadsafe` to
   the screen. What crosses is frozen.
2. At most AHEAD batches wait for the screen; then the reader waits, and in time the server does.
3. An error in this thread ends it, and is handed to the screen.
4. The thread outlives the keeper until `close`, which ends both: a call into the hub of a thread that is gone
   is a crash.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

import gevent
from gevent.lock import Semaphore

from chatd.protocol.requests import Quit, Request
from chatd_client.outgoing import Message
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.updates import Update

#: So that the keyboard has its turn after a few milliseconds, whatever comes in.
AHEAD: Final = 4
#: Seconds for the thread to end when the screen has: one that still ran when Python ends would be a crash.
LAST_WAIT: Final = 5.0

Hear = Callable[[list[Update]], None]


class LinkThread:
    """`make` makes the keeper, given whom to tell; `hear` and `failed` are called in `loop`'s thread."""

    def __init__(
        self,
        make: Callable[[Hear], ReconnectingLink],
        hear: Hear,
        failed: Callable[[BaseException], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._make, self._hear, self._failed, self._loop = make, hear, failed, loop
        self._closed = False
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """The screen is gone: nothing crosses any more."""
        self._closed = True
        self._hub.loop.run_callback_threadsafe(lambda: gevent.spawn(self._end))
        self._closing.set()
        self._thread.join(LAST_WAIT)

    # -- the keeper's methods, from the screen's thread: see keeper.py ---------------------------------

    def post(self, message: Message) -> None:
        self._call(lambda keeper: keeper.post(message))

    def ask(self, request: Request) -> None:
        self._call(lambda keeper: keeper.ask(request))

    def resend(self) -> None:
        self._call(ReconnectingLink.resend)

    def reconnect(self) -> None:
        self._call(ReconnectingLink.reconnect)

    def rename(self, name: str) -> None:
        self._call(lambda keeper: keeper.rename(name))

    def leave(self, farewell: Quit) -> None:
        self._call(lambda keeper: keeper.leave(farewell))

    # -- inside ----------------------------------------------------------------------------------------

    def _call(self, method: Callable[[ReconnectingLink], None]) -> None:
        if not self._closed:
            self._hub.loop.run_callback_threadsafe(lambda: gevent.spawn(method, self.keeper))

    def _run(self) -> None:
        self._hub = gevent.get_hub()
        self._hub.exception_stream = None  # gevent would print over the screen; rule 3 tells what went wrong
        self._ear = self._hub.loop.async_()  # a hub with nothing to wait for gives up; the screen may call
        self._ear.start(lambda: None)
        self._room = Semaphore(AHEAD)
        self.keeper = self._make(self._hand_over)
        self._running = gevent.spawn(self.keeper.run)
        self._ready.set()
        try:
            self._running.get()
        except Exception as error:  # noqa: BLE001 - the screen ends with it
            self._loop.call_soon_threadsafe(self._failed, error)
        self._closing.wait()

    def _end(self) -> None:
        for _ in range(AHEAD):  # whoever waits for room: nobody makes any more
            self._room.release()
        self._running.kill()

    def _hand_over(self, happenings: list[Update]) -> None:
        if happenings and not self._closed:
            self._room.acquire()
            self._loop.call_soon_threadsafe(self._take, happenings)

    def _take(self, happenings: list[Update]) -> None:
        try:
            self._hear(happenings)
        finally:
            if not self._closed:
                self._hub.loop.run_callback_threadsafe(self._room.release)
