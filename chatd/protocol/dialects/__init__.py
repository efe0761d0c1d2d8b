"""The languages that clients speak: see `contract` for what each promises.

Which of them a client speaks is told from its first bytes, in `net/sniffing`.
"""

from chatd.protocol.dialects.contract import Dialect
from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.dialects.text import TextLines

TEXT = TextLines()
JSONL = JsonLines()

__all__ = ["JSONL", "TEXT", "Dialect"]
