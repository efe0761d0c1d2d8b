"""Addresses of web pages in a line: where they are, and how a terminal is told that they can be opened.

A terminal opens an address that it finds in a row. One that goes over several rows it opens only if it is
told (OSC 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda), which is done only where
that is known to work: other terminals print what they do not know.

prompt_toolkit knows nothing of it, and draws only the cells that have changed. So the cells of an address
carry a mark, a variation selector that no other text has and that takes no column, and `output` puts the
address around each run of cells that it writes with one.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import quote

from chatd_client.screen.cells import FREE_MARKS, Cells

#: In the style of a fragment: it is an address.
LINK: Final = "class:link"
#: Characters of an address that is told to the terminal. VTE takes 2,083.
LONGEST_TARGET: Final = 2000

_FOUND: Final = re.compile(
    r"(?<![A-Za-z0-9])https?://[^\s<>\"“”«»「」『』【】（）《》、。，！？；：]+", re.IGNORECASE
)
_SCHEME: Final = re.compile("https?://", re.IGNORECASE)
#: What belongs to the sentence and not to the address, at its end: a bracket, if the address did not open it.
_BEHIND: Final = frozenset(".,;:!?'*_~`|…’")
_BRACKETS: Final = {")": "(", "]": "[", "}": "{"}
_PRINTABLE: Final = "".join(map(chr, range(0x21, 0x7F)))


class LinkCells(Cells):
    """A part of an address, which has to be on one row."""

    url: str

    @classmethod
    def of(cls, text: str, parts: Iterable[str], url: str) -> "LinkCells":
        """The cells `parts` of the address `url`."""
        made = cls(text, parts)
        made.url = url
        return made


def with_links(style: str, text: str) -> list[tuple[str, str]]:
    """The text as fragments, each address as one of its own."""
    fragments, done = [], 0
    for found in _FOUND.finditer(text) if "://" in text else ():
        url = _trimmed(found[0])
        if _SCHEME.fullmatch(url):
            continue
        if found.start() > done:
            fragments.append((style, text[done : found.start()]))
        fragments.append((f"{style} {LINK}", url))
        done = found.start() + len(url)
    return [*fragments, (style, text[done:])] if done < len(text) or not fragments else fragments


def _trimmed(url: str) -> str:
    unopened = {close: url.count(close) - url.count(opening) for close, opening in _BRACKETS.items()}
    end = len(url)
    while url[end - 1] in _BEHIND or unopened.get(url[end - 1], 0) > 0:
        end -= 1
        if url[end] in unopened:
            unopened[url[end]] -= 1
    return url[:end]


def target(url: str) -> str:
    """The address in printable ASCII, as it may be told to a terminal; "" if it is too long."""
    encoded = quote(url, safe=_PRINTABLE)
    return encoded if len(encoded) <= LONGEST_TARGET else ""


class LinkTable:
    """Which address each mark stands for. There are 240 marks; what is past them is drawn without."""

    def __init__(self) -> None:
        self._frame = 0
        self._drawn: dict[str, tuple[str, int]] = {}  # by address, the least recent first: mark, frame
        self._free = list(FREE_MARKS)
        self._targets: dict[str, str] = {}

    def target(self, mark: str) -> str:
        """The address of a mark that `marked` gave."""
        return self._targets[mark]

    def marked(self, rows: list[list[tuple[str, str]]]) -> list[list[tuple[str, str]]]:
        """The rows of the next frame, with marks in the cells of addresses."""
        self._frame += 1
        return [[(style, self._with_mark(text)) for style, text in row] for row in rows]

    def _with_mark(self, text: str) -> str:
        mark = self._mark(text.url) if isinstance(text, LinkCells) else ""
        return Cells(text, (cell + mark for cell in text)) if mark else text

    def _mark(self, url: str) -> str:
        """A mark that, in the last frame, stood for this address or none: cells that keep their mark are not
        drawn again.
        """
        mark, _ = self._drawn.pop(url, ("", 0))
        if not mark:
            if not (aim := target(url)):
                return ""
            if not self._free:
                oldest, (mark, frame) = next(iter(self._drawn.items()))
                if frame >= self._frame - 1:
                    return ""
                del self._drawn[oldest]
                self._free.append(mark)
            mark = self._free.pop()
            self._targets[mark] = aim
        self._drawn[url] = mark, self._frame
        return mark


#: Terminals that are known to understand, by the beginning of TERM, which also comes through ssh.
_TERMS: Final = ("xterm-kitty", "xterm-ghostty", "foot", "wezterm", "alacritty", "contour")
_PROGRAMS: Final = ("iTerm.app", "WezTerm", "vscode", "ghostty", "mintty")
#: By a variable that they set, if TERM is xterm or a kind of it.
_VARIABLES: Final[Mapping[str, Callable[[str], bool]]] = {
    "TERM_PROGRAM": lambda value: value in _PROGRAMS,
    "VTE_VERSION": lambda value: _version(value) >= (5200,),  # before, some crashed
    "KONSOLE_VERSION": lambda value: _version(value) >= (210400,),
    "KITTY_WINDOW_ID": bool,
    "WT_SESSION": bool,
}


def known_to_link(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to understand links. What runs in another sees the variables of both."""
    term = environ.get("TERM", "")
    if environ.get("TMUX"):
        program, version = environ.get("TERM_PROGRAM"), environ.get("TERM_PROGRAM_VERSION", "")
        return program == "tmux" and _version(version) >= (3, 4)
    if environ.get("STY") or environ.get("INSIDE_EMACS"):
        return False
    if term.startswith(_TERMS):
        return True
    return term.startswith("xterm") and any(
        understands(environ.get(name, "")) for name, understands in _VARIABLES.items()
    )


def _version(text: str) -> tuple[int, ...]:
    """The numbers of a version like `3.3a` or `next-3.5`."""
    return tuple(map(int, re.findall("[0-9]{1,9}", text)))
