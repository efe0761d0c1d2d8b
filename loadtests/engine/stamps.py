"""The stamp at the end of each message's text, by which whoever receives it can check and time it.

Any text can be said: ` ~HOST.NUMBER.TIME.SUM` is put behind it. NUMBER counts its sender's messages to that
room or person, TIME is `time.monotonic_ns()` when it was due, and HOST names the machine's run, in which all
processes share that clock. SUM is a checksum of all before it, and of who wrote it to whom: a changed text
has no valid stamp, and neither has a stranger's.
"""

import re
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
#: This machine since it was started.
HOST: Final = f"{crc32(_BOOT.read_bytes()):08x}"

#: Characters that it usually adds.
LENGTH: Final = 40

_STAMPED: Final = re.compile(r"(.*) ~([0-9a-f]{8})\.(\d{1,15})\.(\d{1,19})\.([0-9a-f]{8})", re.DOTALL)


class Stamped(NamedTuple):
    """The text without its stamp; `number` is -1 where it has no valid one, `due` is 0 where its time is of
    another machine."""

    text: str
    number: int
    due: int


def _sum(sender: str, to: str, text: str) -> str:
    return f"{crc32(f'{sender}>{to}:{text}'.encode()):08x}"


def stamp(sender: str, to: str, text: str, number: int, due: int) -> str:
    """What is sent in place of `text`; `to` is a room or a person."""
    text = f"{text} ~{HOST}.{number}.{due}"
    return f"{text}.{_sum(sender, to, text)}"


def read(sender: str, to: str, text: str) -> Stamped:
    """The stamp of a received text."""
    match = _STAMPED.fullmatch(text)
    if match is None or _sum(sender, to, text[: match.end(4)]) != match[5]:
        return Stamped(text, -1, 0)
    return Stamped(match[1], int(match[3]), int(match[4]) if match[2] == HOST else 0)
