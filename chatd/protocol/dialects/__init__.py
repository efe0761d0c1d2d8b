"""The languages that clients speak: see `contract` for what each promises.

Which of them a client speaks is told from its first bytes, in `net/sniffing`; JSON in frames follows a
handshake of HTTP (`net/web`).
"""

from chatd.protocol.dialects.contract import Dialect
from chatd.protocol.dialects.json_frames import JsonFrames
from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.dialects.text import TextLines

TEXT = TextLines()
JSONL = JsonLines()
FRAMES = JsonFrames()

__all__ = ["FRAMES", "JSONL", "TEXT", "Dialect"]
