"""Which engine keeps the log: what `--data` and `--sync` say."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from chatd.config import IN_MEMORY, Config
from chatd.protocol.limits import Limits
from chatd.state.message_log import MessageLog
from chatd.store.age_clock import AgeClock
from chatd.store.memory import MemoryLog
from chatd.store.sqlite.engine import SqliteLog
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.folder import DataFolder

#: When an entry is acknowledged: when the disk has it, or a second before that at most.
SYNCS: Final = ("always", "everysec")


def time_of_day() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def open_log(config: Config, limits: Limits, fatal: Callable[[], None]) -> MessageLog:
    """The log of a server; `fatal` is called when it cannot go on. Raises ConfigError."""
    ages = AgeClock(time_of_day)
    if config.data == IN_MEMORY:
        return MemoryLog(time.time_ns, limits.recent, limits, config.keep, ages)
    files = LogFiles(DataFolder(Path(config.data)), time_of_day(), limits)
    always = config.sync == SYNCS[0]
    return SqliteLog(
        files,
        limits,
        now=time_of_day,
        clock=time.monotonic,
        always=always,
        fatal=fatal,
        keep=config.keep,
        ages=ages,
    )
