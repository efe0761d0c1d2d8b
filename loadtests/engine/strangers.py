"""Somebody else on the server, who belongs to no client of the run, is not the server's fault.

Whoever joins or talks while a server is measured puts lines into streams in which the engine expects its own
messages only. So what a client got instead of those is looked through for such people before the server is
blamed. Where a protocol does not tell who sent a message (NATS, Redis), it cannot be known.
"""

import re
from typing import Final

from chatd.protocol.sanitize import clean
from loadtests.measure.errors import Fault, Unusable

#: What the engine calls its own clients: `t001`, `r00001`, `p00001`, …
_OURS: Final = re.compile(rb"[a-z]\d{3}(?:\d\d)?")
#: How the text of the engine's own messages begins: a name that was changed on the way is no stranger's.
_OWN_TEXT: Final = rb"(?!\d{8}\ \d{19}\ )"
#: The lines of all protocols that tell of somebody; the groups are names, or lists of them.
_NAMING: Final = re.compile(
    rb"""^(?:
        \*\ ([^\n]+?)(?:\ and\ \d+\ others?)?\ (?:joined|left|lost\ connection)
      | (?:\#\S+\ )?<([^>\s]+)>\ TEXT
      | \[dm\ from\ (\S+)\]\ TEXT
      | \{"type":"(?:joined|left|lost)","names":\[([^]]*)\]
      | \{"type":"(?:said|dm)",[^\n]*?"from":"([^"]+)",(?:"to":"[^"]*",)?"text":"TEXT
      | :([^\s!]+)!\S+\ (?:JOIN|PART|QUIT|NICK|(?:PRIVMSG|NOTICE)\ \S+\ :TEXT)
    )""".replace(b"TEXT", _OWN_TEXT),
    re.MULTILINE | re.VERBOSE,
)
_NAME: Final = re.compile(rb'[^",\s]+')


class Odd(Fault):
    """A client received what it must not. `lines` are the bytes in question, from the beginning of a line,
    and `others` what the other clients got there."""

    def __init__(self, sentence: str, lines: bytes, others: bytes = b"") -> None:
        super().__init__(sentence)
        self.lines = lines
        self.others = others


def stranger(lines: bytes | bytearray) -> str:
    """The first of whom these lines tell and who is none of ours; empty where there is none."""
    for match in _NAMING.finditer(lines):
        for name in _NAME.findall(match[match.lastindex or 0]):
            if not _OURS.fullmatch(name):
                return words(name)
    return ""


def check_company(lines: bytes | bytearray) -> None:
    """Raises Unusable where the lines tell of somebody else."""
    if name := stranger(lines):
        raise Unusable(f"somebody else, {name}, is on this server; please measure one that nobody else uses")


def words(data: bytes) -> str:
    """Words of a server for people: the first of them, without line ends and other control characters."""
    return clean(data[:120].decode(errors="replace")).strip()
