"""The threads of the log: what their jobs may raise, and how often they get the interpreter's lock."""

import sqlite3
import sys
from collections.abc import Iterable
from time import monotonic
from typing import Final

import msgspec

from chatd.store.worker_thread import WorkerThread

#: What a job of ours may raise (the second: where a value is not what was written); anything else is a bug.
StoreError = (sqlite3.Error, msgspec.DecodeError, OSError)
#: A busy loop gives the interpreter's lock to another thread after so long; Python's 5 ms would have each
#: statement wait for several of them.
SWITCH_INTERVAL: Final = 0.0005


def switch_every(seconds: float) -> float:
    """How long another thread waits for the interpreter's lock; returns what it was before."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(seconds)
    return before


class StoreThread(WorkerThread):
    """Its jobs may raise StoreError."""

    def __init__(self, name: str) -> None:
        super().__init__(name, StoreError)


def stop_all(threads: Iterable[StoreThread], seconds: float) -> bool:
    """Let go of them; whether all of them ended within so many seconds."""
    deadline = monotonic() + seconds
    ended = [thread.stop(max(0.0, deadline - monotonic())) for thread in threads]
    return all(ended)
