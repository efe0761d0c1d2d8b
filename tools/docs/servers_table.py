"""Tables of all servers beside each other, in Markdown: the whole of the peers' record, and what else is made
of its columns."""

from collections.abc import Callable, Sequence
from typing import Final

from loadtests.measure.result import Document
from loadtests.reports.medians import Figure, by_scenario, medians_of
from loadtests.reports.tables import SATURATED, Cell, Table, TableRow, cell

#: (scenario, figure, heading)
Column = tuple[str, str, str]

COLUMNS: Final[tuple[Column, ...]] = (
    ("broadcast", "µs/delivery", "broadcast: CPU µs a delivery"),
    ("broadcast", "p99 ms", "broadcast: p99 ms"),
    ("saturate", "capacity/s", "saturate: deliveries/s of server CPU"),
    ("saturate", "capacity at/s", "saturate: at deliveries/s"),
    ("saturate", "deliveries/s", "saturate: deliveries/s"),
    ("direct", "capacity/s", "direct: messages/s of server CPU"),
    ("direct", "capacity at/s", "direct: at messages/s"),
    ("direct", "messages/s", "direct: messages/s"),
    ("direct-rate", "µs/message", "direct-rate: CPU µs a message"),
    ("storm", "all in s", "storm: all in, s"),
    ("storm", "drops told s", "storm: drops told, s"),
    ("idle", "KiB each", "idle: KiB a connection"),
    ("idle", "idle %", "idle: % of a core"),
)


def servers_by_columns(
    document: Document, columns: Sequence[Column], told: Callable[[Figure | None], Cell], failed: str
) -> Table:
    """A row a server, with those of the columns that the document has; where a run failed it says so."""
    medians = {scenario: medians_of(runs) for scenario, runs in by_scenario(document.runs).items()}
    faulty = {(run.scenario, run.server) for run in document.runs if run.faults}
    shown = [
        column
        for column in columns
        if any(column[1] in figures for figures in medians.get(column[0], {}).values())
    ]

    def cell_of(server: str, scenario: str, figure: str) -> Cell:
        if (scenario, server) in faulty:
            return Cell(failed)
        return told(medians[scenario].get(server, {}).get(figure))

    rows = [
        TableRow(server, [cell_of(server, scenario, figure) for scenario, figure, _ in shown])
        for server in dict.fromkeys(run.server for run in document.runs)
    ]
    return Table(("server", *(heading for *_, heading in shown)), rows)


def machine_line(document: Document) -> str:
    """Where a record was taken, in a few words."""
    on = document.machine
    return f"{on['cpu']}, Linux {on['kernel'].split('-')[0]}, Python {on['python']}, gevent {on['gevent']}"


def peers_table(document: Document) -> str:
    """The median, its spread, and the ratio to the floor."""
    table = servers_by_columns(document, COLUMNS, lambda figure: cell(figure, compared=True), "FAULT")
    interrupted = "It was interrupted before all was measured. " * document.interrupted
    return (
        f"{table.markdown()}\n\nMedians; ± is half of the range over the median, × the ratio to the floor. "
        f"{SATURATED} {interrupted}Taken on two cores of an {machine_line(document)}, {document.began}, by "
        f"`{document.command}`.\n"
    )
