"""The link in a thread of its own, and the only place where it and prompt_toolkit's asyncio loop meet.

gevent's event loop and asyncio's run in one thread each, and nothing is monkey-patched: that starts twice as
fast as `monkey.patch_all` (200 ms against 355), and reading a burst never blocks the keyboard. The rules:

1. Only the two thread-safe calls cross: `run_callback_threadsafe` into gevent's hub,
   `call_soon_threadsafe` into asyncio's loop. Everything passed with them is immutable.
2. At most MAX_PENDING batches are queued for the screen. Past that the reader blocks, which in time is
   backpressure on the server.
3. An exception in the link ends it, and is passed to the screen.
4. The thread outlives the link until `close`, which ends both: a call into the hub of a thread that has
   ended crashes the process.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable
from typing import Final

import gevent
from gevent.lock import Semaphore

from chatd.protocol.requests import Quit, Request
from chatd_client.outgoing import Message
from chatd_client.reconnecting_link import ReconnectingLink
from chatd_client.updates import Update

#: Batches. So few that a key is handled after a few milliseconds, whatever comes in.
MAX_PENDING: Final = 4
#: Seconds to wait in `close` for the thread to end: one that still ran when Python exits would crash it.
JOIN_TIME: Final = 5.0

OnUpdates = Callable[[list[Update]], None]


class LinkThread:
    """`make` creates the link, given its `on_updates`; `on_updates` and `on_error` are called in the thread
    of `loop`.
    """

    def __init__(
        self,
        make: Callable[[OnUpdates], ReconnectingLink],
        on_updates: OnUpdates,
        on_error: Callable[[BaseException], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._make, self._on_updates, self._on_error, self._loop = make, on_updates, on_error, loop
        self._closed = False
        self._closing = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        """End the link and the thread; no call crosses in either direction any more."""
        self._closed = True
        self._hub.loop.run_callback_threadsafe(lambda: gevent.spawn(self._end))
        self._closing.set()
        self._thread.join(JOIN_TIME)

    # -- the link's methods, called from the screen's thread: see reconnecting_link.py -----------------

    def post(self, message: Message) -> None:
        self._call(lambda link: link.post(message))

    def ask(self, request: Request) -> None:
        self._call(lambda link: link.ask(request))

    def cancel(self, refs: Iterable[str]) -> None:
        self._call(lambda link: link.cancel(refs))

    def reconnect(self) -> None:
        self._call(ReconnectingLink.reconnect)

    def rename(self, name: str) -> None:
        self._call(lambda link: link.rename(name))

    def give_password(self, password: str) -> None:
        self._call(lambda link: link.give_password(password))

    def leave(self, request: Quit) -> None:
        self._call(lambda link: link.leave(request))

    # -- inside ----------------------------------------------------------------------------------------

    def _call(self, method: Callable[[ReconnectingLink], None]) -> None:
        if not self._closed:
            self._hub.loop.run_callback_threadsafe(lambda: gevent.spawn(method, self.link))

    def _run(self) -> None:
        self._hub = gevent.get_hub()
        self._hub.exception_stream = None  # gevent would print over the screen; see rule 3 instead
        # A hub without any watcher exits as deadlocked, but a call from the screen may still come.
        self._watcher = self._hub.loop.async_()
        self._watcher.start(lambda: None)
        self._slots = Semaphore(MAX_PENDING)
        self.link = self._make(self._queue_batch)
        self._running = gevent.spawn(self.link.run)
        self._ready.set()
        try:
            self._running.get()
        except Exception as error:  # noqa: BLE001 - the screen ends with it
            self._loop.call_soon_threadsafe(self._on_error, error)
        self._closing.wait()

    def _end(self) -> None:
        for _ in range(MAX_PENDING):  # wake greenlets that wait for a slot: the screen frees none any more
            self._slots.release()
        self._running.kill()

    def _queue_batch(self, updates: list[Update]) -> None:
        if updates and not self._closed:
            self._slots.acquire()
            self._loop.call_soon_threadsafe(self._handle_batch, updates)

    def _handle_batch(self, updates: list[Update]) -> None:
        try:
            self._on_updates(updates)
        finally:
            if not self._closed:
                self._hub.loop.run_callback_threadsafe(self._slots.release)
