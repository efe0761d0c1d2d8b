"""A colour for each name: the same one today and tomorrow, here and on everyone else's screen."""

from typing import Final
from zlib import crc32

from chatd.protocol.names import fold

#: Of the 256 that nearly every terminal has, the hues with a contrast of at least 3.9 on black and on white
#: (4.6 is the most that both can have). Pure red is left to errors.
PALETTE: Final = (
    "#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787", "#0087af", "#005fff",
    "#5f5fd7", "#875fff", "#875faf", "#af00ff", "#af5faf", "#d700af", "#d70087", "#d7005f",
)  # fmt: skip


def colour(name: str) -> str:
    """A style; case does not matter, as it does not in names."""
    return PALETTE[crc32(fold(name).encode(errors="replace")) % len(PALETTE)]


#: Everything else on the screen. What a style says stands in a word or a mark too.
STYLE: Final = {
    "time": "#878787",
    "own": "bold",
    "direct": "italic",
    "notice": "#878787",
    "error": "#ff0000 bold",
    "mention": "bold reverse",
    "found": "underline",
    "status": "reverse",
    "question": "bold",
}
