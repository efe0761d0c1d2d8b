"""The styles of the screen. A name's colour depends on the name alone, so it is the same on every screen."""

import os
from collections.abc import Mapping
from typing import Final
from zlib import crc32

from prompt_toolkit.output import ColorDepth

from chatd.protocol.names import fold

#: Those of the 256 terminal colours that have a contrast of at least 3.9 to both black and white (4.6 is the
#: highest that one colour can have to both). Pure red is left to errors.
PALETTE: Final = (
    "#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787", "#0087af", "#005fff",
    "#5f5fd7", "#875fff", "#875faf", "#af00ff", "#af5faf", "#d700af", "#d70087", "#d7005f",
)  # fmt: skip


def colour(name: str) -> str:
    """The style of a name, whatever its case, since names do not differ by case."""
    return PALETTE[crc32(fold(name).encode(errors="replace")) % len(PALETTE)]


#: Terminals with 16 colours; all others have 256 today.
_SIXTEEN: Final = ("linux", "eterm-color")


def depth(coloured: bool, environ: Mapping[str, str] = os.environ) -> ColorDepth | None:
    """How many colours the screen uses; None leaves it to prompt_toolkit.

    Where NO_COLOR is set prompt_toolkit would choose none, so there it is told how many.
    """
    if not coloured:
        return ColorDepth.DEPTH_1_BIT
    if not environ.get("NO_COLOR"):
        return None
    return ColorDepth.DEPTH_4_BIT if environ.get("TERM") in _SIXTEEN else ColorDepth.DEPTH_8_BIT


#: All other styles. A word or a mark always says the same, for terminals without colours.
STYLE: Final = {
    "time": "#878787",
    "own": "bold",
    "direct": "italic",
    "notice": "#878787",
    "error": "#ff0000 bold",
    "mention": "bold reverse",
    "found": "underline",
    "status": "reverse",
    "current": "bold",
    "unread": "bold",
    "mentioned": "bold underline",
    "key": "bold",
    "chosen": "bold",
    "question": "bold",
}
