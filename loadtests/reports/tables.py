"""The one table of the load suite: headings, and rows of cells that know whether their figure is void, how
far it spreads, and its ratio to the floor. The terminal, Markdown and the HTML report write the same table,
so none of them forgets a mark.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isnan
from textwrap import indent
from typing import Final

import tabulate

from loadtests.measure.result import Run
from loadtests.reports.medians import Figure, by_server, medians_of, number, percent

tabulate.MIN_PADDING = 0  # it adds two blanks to each heading, and the tables are wide

#: The mark after a figure that says nothing about the server.
VOID: Final = "void"
#: What it means, in the words of all reports.
SATURATED: Final = (
    "Void: the load generator was saturated or late, so the figure says nothing about the server."
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, and what stands beside it."""

    text: str
    beside: tuple[str, ...] = ()
    void: bool = False

    def __str__(self) -> str:
        return " ".join(part for part in (self.text, *self.beside, VOID * self.void) if part)


def cell(figure: Figure | None, unit: str = "", *, compared: bool = False) -> Cell:
    """A dash where nothing was measured; with spread and ratio where it is `compared`."""
    if figure is None:
        return Cell("-")
    ratio = "" if isnan(figure.floor) else f"×{figure.floor:.2f}"
    beside = tuple(part for part in (percent(figure.spread), ratio) if part) if compared else ()
    return Cell(f"{number(figure.median)} {unit}".rstrip(), beside, figure.void)


@dataclass(frozen=True, slots=True)
class TableRow:
    """`marks` are what a reader must know of it."""

    name: str
    cells: Sequence[Cell | str] = ()
    marks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """`head` has the heading of the rows' names, too; the columns that are words are aligned `left`."""

    head: Sequence[str]
    rows: Sequence[TableRow]
    left: tuple[int, ...] = (0,)

    def terminal(self) -> str:
        """Columns below each other, indented."""
        text = self._written("plain", [[str(one) for one in (row.name, *row.cells)] for row in self.rows])
        return indent(text, "  ")

    def markdown(self) -> str:
        """Nothing in a cell is taken for Markdown's own."""
        rows = [[_plain(str(one)) for one in (row.name, *row.cells)] for row in self.rows]
        return self._written("pipe", rows)

    def _written(self, form: str, rows: list[list[str]]) -> str:
        align = ["left" if column in self.left else "right" for column in range(len(self.head))]
        return tabulate.tabulate(rows, list(self.head), tablefmt=form, disable_numparse=True, colalign=align)


def listed(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what they mean, below each other, indented."""
    return indent(tabulate.tabulate(list(rows), tablefmt="plain", disable_numparse=True), "  ")


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def servers(runs: Sequence[Run], figures: Sequence[str], *, compared: bool = True) -> list[TableRow]:
    """A row a server, of one scenario's runs."""
    grouped = by_server(runs)
    rows = []
    for server, found in medians_of(runs).items():
        cells = [cell(found.get(name), compared=compared) for name in figures]
        rows.append(TableRow(server, cells, marks(grouped[server])))
    return rows


def marks(runs: Sequence[Run]) -> list[str]:
    """What to say beside a row, each with how many of its repetitions it is true of."""
    counted = {
        "fault": sum(bool(run.faults) for run in runs),
        VOID: sum(run.void for run in runs),
        "disturbed": sum(run.disturbed for run in runs),
        "interrupted": sum(run.interrupted for run in runs),
    }
    return [
        word if count == len(runs) else f"{word} ({count} of {len(runs)})"
        for word, count in counted.items()
        if count
    ]
