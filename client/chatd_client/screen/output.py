"""The terminal as prompt_toolkit writes to it, except that no cell can move what is drawn behind it."""

import sys
from functools import lru_cache
from typing import Final

from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.utils import get_bell_environment_variable, get_cwidth, get_term_environment_variable

from chatd_client.screen.cells import is_sure

#: DECSC and DECRC: remember where the cursor is, and go back there. Written in pairs, for those who count.
_SAVE, _RESTORE = "\x1b7", "\x1b8"
#: Cells that are remembered; each takes 200 bytes.
_REMEMBERED: Final = 8192


class CellOutput(Vt100_Output):
    """Writes to a terminal whose idea of a width may differ from ours."""

    @classmethod
    def of_terminal(cls) -> "CellOutput":
        """Standard output, with the environment that prompt_toolkit heeds."""
        return cls.from_pty(
            sys.stdout,
            get_term_environment_variable(),
            ColorDepth.from_env(),
            get_bell_environment_variable(),
        )  # type: ignore[return-value]  # it is declared to return its base

    def write(self, data: str) -> None:
        if data.isascii():
            super().write(data)
        else:
            self.write_raw(_placed(data))


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
