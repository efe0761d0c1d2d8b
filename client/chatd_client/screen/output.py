"""The terminal as prompt_toolkit writes to it, except that no cell can move what is drawn behind it."""

import sys
from functools import lru_cache
from typing import Final

from prompt_toolkit import utils
from prompt_toolkit.layout import screen
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.utils import get_bell_environment_variable, get_cwidth, get_term_environment_variable

from chatd_client.screen.cells import FREE_MARKS, is_sure
from chatd_client.screen.links import LinkTable

#: DECSC and DECRC: remember where the cursor is, and go back there. Written in pairs, for those who count.
_SAVE, _RESTORE = "\x1b7", "\x1b8"
#: Cells that are remembered; each takes 200 bytes, in prompt_toolkit's caches some more.
_REMEMBERED: Final = 8192

_LINK_MARKS: Final = frozenset(FREE_MARKS)


class CellOutput(Vt100_Output):
    """Writes to a terminal whose idea of a width may differ from ours."""

    #: What the marks of cells stand for.
    links: LinkTable
    _mark = ""

    @classmethod
    def of_terminal(cls, links: LinkTable) -> "CellOutput":
        """Standard output, with the environment that prompt_toolkit heeds."""
        output = cls.from_pty(
            sys.stdout,
            get_term_environment_variable(),
            ColorDepth.from_env(),
            get_bell_environment_variable(),
        )
        assert isinstance(output, cls)  # it is declared to return its base
        bound_caches()
        output.links = links
        return output

    def write(self, data: str) -> None:
        if data.isascii():
            self._begin_link("")
            super().write(data)
        else:
            mark = data[-1] if data[-1] in _LINK_MARKS else ""
            self._begin_link(mark)
            self.write_raw(_placed(data.removesuffix(mark)))

    def reset_attributes(self) -> None:
        """prompt_toolkit calls it before it erases, and when it has drawn all."""
        self._begin_link("")
        super().reset_attributes()

    def _begin_link(self, mark: str) -> None:
        """What is written from now on belongs to the address with this mark, or to none."""
        if mark != self._mark:
            self._mark = mark
            to = f"id={ord(mark):x};{self.links.target(mark)}" if mark else ";"
            self.write_raw(f"\x1b]8;{to}\x1b\\")


def bound_caches() -> None:
    """Bound what prompt_toolkit remembers of cells: a letter with its marks has no end of forms, and somebody
    may say them all. It keeps the width of each text of up to 64 characters for ever, and a million cells.
    """
    widths = getattr(utils, "_CHAR_SIZES_CACHE", None)
    if widths is not None:
        widths.LONG_STRING_MIN_LEN, widths.MAX_LONG_STRINGS = 1, _REMEMBERED
    cells = getattr(screen, "_CHAR_CACHE", None)
    if cells is not None:
        cells.size = 8 * _REMEMBERED  # with styles, and several screens' worth


@lru_cache(_REMEMBERED)
def _placed(cell: str) -> str:
    """What writes a cell so that the cursor stands behind it, however wide the terminal draws it.

    The columns are emptied first, since the terminal may draw less than it has been given.
    """
    if is_sure(cell):
        return cell
    columns = get_cwidth(cell)
    text = cell.rstrip(" ")
    return f"{_SAVE}{' ' * columns}{_RESTORE}{_SAVE}{text}{_RESTORE}\x1b[{columns}C"
