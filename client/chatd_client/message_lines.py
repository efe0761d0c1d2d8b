"""Messages as `chat tail` and `chat log` print them: a line each as text behind its local time, or as JSON.

As JSON an object of the server's is passed through, with control characters escaped.
"""

import time

from chatd.protocol.dialects import JSONL
from chatd.protocol.events import DirectMessage, Event, Said, TopicSet
from chatd.protocol.moderation_events import Acted
from chatd.protocol.sanitize import clean
from chatd_client.console import rendered
from chatd_client.times import local_time, seconds_of

_TIMED = Said | DirectMessage | TopicSet | Acted


def as_text(event: Event, time_format: str) -> bytes:
    """The event, each of its lines behind the time: its own, or else this moment's. An empty `time_format`
    shows no times.
    """
    if not time_format:
        return rendered(event)
    at = seconds_of(event.at) if isinstance(event, _TIMED) else time.time()
    stamp = f"{clean(local_time(at, time_format))} ".encode()
    return b"".join([stamp + each for each in rendered(event).splitlines(keepends=True)])


def as_json(event: Event, line: bytes = b"") -> bytes:
    """The event in the server's own words, the `line` in which it came; else as this program has it."""
    return escaped(line or JSONL.encode(event).rstrip(b"\n"))


def escaped(line: bytes) -> bytes:
    """In JSON a raw TAB or CR can only be whitespace; any other control character can only be in a string."""
    text = line.decode(errors="replace").replace("\t", " ").replace("\r", " ")
    if not text.isprintable():
        text = "".join(char if clean(char) == char else f"\\u{ord(char):04x}" for char in text)
    return f"{text}\n".encode()
