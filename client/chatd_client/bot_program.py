"""How a bot ends that is a program of its own: a goodbye or a sentence, never a traceback."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import gevent

from chatd.protocol.errors import ConfigError
from chatd_client.console import CUT_OFF, WRONG_USAGE, print_error
from chatd_client.link import LinkError

#: What ends a program that is asked to, from the keyboard or by who started it.
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def program() -> Iterator[None]:
    """A block that Ctrl-C and SIGTERM leave quietly: KeyboardInterrupt is raised in the greenlet that entered
    it, so that a `Chat` inside says goodbye, and goes no further than this block. A LinkError and a
    ConfigError are printed as one sentence, and end the program with 1 and 2.
    """
    with _interruptible():
        try:
            yield
        except KeyboardInterrupt:
            return
        except LinkError as error:
            print_error(str(error))
            sys.exit(CUT_OFF)
        except ConfigError as error:
            print_error(str(error))
            sys.exit(WRONG_USAGE)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Python's own handler raises in whatever greenlet runs, mostly gevent's hub, which prints it."""
    if threading.current_thread() is not threading.main_thread():  # only that one may have handlers
        yield
        return
    caller, hub = gevent.getcurrent(), gevent.get_hub()
    left = False  # the block has ended meanwhile

    def throw() -> None:
        if not left:
            caller.throw(KeyboardInterrupt)

    def interrupt(number: int, frame: FrameType | None) -> None:
        # Never from here: the caller may be running, in the middle of anything. Its next wait is interrupted.
        hub.loop.run_callback_threadsafe(throw)

    before = {number: signal.signal(number, interrupt) for number in _ENDING}
    try:
        yield
    finally:
        left = True
        for number, handler in before.items():
            signal.signal(number, handler)
