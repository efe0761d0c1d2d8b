"""What docs/figures.md says of the records, in tables of Markdown; no figure is typed by hand."""

import re
from collections.abc import Callable
from math import isnan
from typing import Final

from loadtests.measure.result import Document
from loadtests.reports.glossary import GLOSSARY
from loadtests.reports.medians import Medians, by_scenario, by_server, medians_of
from loadtests.reports.tables import SATURATED, VOID, Table, TableRow, cell
from tools.docs.servers_table import Column, machine_line, servers_by_columns

#: What the table says of a scenario; None where the record does not have it.
Sentence = Callable[[Medians], str | None]
#: What a server to compare with is called, where that is not its name.
_BASES: Final = {"chatd": "nothing stored"}


def _of(server: str, figure: str) -> Sentence:
    def told(medians: Medians) -> str | None:
        found = medians.get(server, {}).get(figure)
        return str(cell(found, GLOSSARY[figure].unit)) if found else None

    return told


def _pair(figure: str, server: str = "chatd", base: str = "floor") -> Sentence:
    """One server's and another's, by default chatd's and the floor's, and the ratio."""

    def both(medians: Medians) -> str | None:
        ours, other = (medians.get(name, {}).get(figure) for name in (server, base))
        if ours is None:
            return None
        unit, ratio = GLOSSARY[figure].unit, ours.over(other)
        share = "" if ratio.void or isnan(ratio.median) else f"; ratio {ratio.median:.2f}"
        return f"{cell(ours, unit)}; {_BASES.get(base, base)} {cell(other, unit)}{share}"

    return both


def _rooms(medians: Medians) -> str | None:
    many, one, ratio = (
        _of("chatd", figure)(medians) for figure in ("µs/delivery", "one room µs", "rooms ratio")
    )
    return many and f"{many}; in one room {one or '-'}; ratio {ratio or '-'}"


def _devices(medians: Medians) -> str | None:
    devices, guests, ratio = (
        _of("chatd-always", figure)(medians) for figure in ("µs/delivery", "guests µs", "devices ratio")
    )
    return devices and f"{devices}; to as many guests {guests or '-'}; ratio {ratio or '-'}"


def _beside(server: str) -> Sentence:
    def both(medians: Medians) -> str | None:
        slow, without = (_of(server, figure)(medians) for figure in ("p99 ms", "p99 without ms"))
        return slow and f"{slow}; without them {without or '-'}"

    return both


#: (scenario, what the table calls it, the figure); those that the record has are shown.
ROWS: Final[tuple[tuple[str, str, Sentence], ...]] = (
    (
        "broadcast",
        "1,000 messages a second to 1,000 readers: server CPU per delivery",
        _pair("µs/delivery"),
    ),
    ("broadcast", "… p99 latency, from when a message was due", _pair("p99 ms")),
    ("light-10", "10 messages a second to 1,000 readers: p50 latency", _pair("p50 ms")),
    ("saturate", "saturated, 1,000 readers: deliveries a second", _of("chatd", "deliveries/s")),
    (
        "saturate",
        "… per second of server CPU, at the highest rate that is not void",
        _pair("capacity/s"),
    ),
    ("saturate", "… and that rate, in deliveries a second", _pair("capacity at/s")),
    (
        "overload",
        "50 talkers with 16 unacknowledged messages each: p99 latency",
        _of("chatd, 50 talkers", "p99 ms"),
    ),
    (
        "overload",
        "100 talkers with 16 unacknowledged messages each: p99 latency",
        _of("chatd, 100 talkers", "p99 ms"),
    ),
    (
        "log",
        "1,000 messages a second to 1,000 readers, stored: server CPU per delivery",
        _pair("µs/delivery", "chatd-always", "chatd"),
    ),
    ("log", "… p99 latency", _pair("p99 ms", "chatd-always", "chatd")),
    (
        "log-saturate",
        "stored, on the disk and acknowledged, to 100 readers: messages a second",
        _of("chatd-always", "messages/s"),
    ),
    ("log-saturate", "… server CPU for each, all threads together", _of("chatd-always", "µs/message")),
    ("recover", "10,000 people: kill -9, and all are back after", _of("chatd-always", "resumed s")),
    ("devices", "1,000 accounts with 3 devices each, 1,000 messages a second: CPU per delivery", _devices),
    (
        "return",
        "10,000 accounts come back after a restart: all have their counts after",
        _of("chatd-always", "returned s"),
    ),
    (
        "passwords",
        "10,000 wrong passwords from one address in a minute: tried",
        _of("chatd", "hashed"),
    ),
    ("passwords", "… how much longer others' p99 is meanwhile", _of("chatd", "p99 growth ms")),
    ("passwords", "… longest time without an answer to a ping", _of("chatd", "ping worst ms")),
    (
        "search",
        "10 searches a second in a million messages, under 1,000 a second to 1,000 readers: p99 of answers",
        _of("chatd-always", "answer p99 ms"),
    ),
    ("search", "… what was acknowledged is found after, at most", _of("chatd-always", "lag worst s")),
    ("search", "… the index of a million is made anew in", _of("chatd-always", "rebuilt s")),
    ("search", "… server CPU for each of them", _of("chatd-always", "index µs")),
    ("search", "… p99 latency of the others' deliveries", _of("chatd-always", "p99 ms")),
    (
        "paging",
        "10 pages a second of a room, under the same load: p99 of answers",
        _of("chatd-always", "answer p99 ms"),
    ),
    ("rooms", "1,000 rooms of 10, 5,000 messages a second: server CPU per delivery", _rooms),
    ("direct", "direct messages between 1,000 people, a second", _of("chatd, window 16", "messages/s")),
    (
        "direct",
        "… per second of server CPU, at the highest rate that is not void",
        _of("chatd, window 16", "capacity/s"),
    ),
    ("storm", "10,000 people join at once: all are in after", _of("chatd", "all in s")),
    ("storm", "… drop, and all who remain are told after", _of("chatd", "drops told s")),
    ("idle", "10,000 connections that do nothing: resident memory each", _of("chatd", "KiB each")),
    ("idle", "… share of a core", _of("chatd", "idle %")),
    ("idle-few", "1,000 connections that do nothing: resident memory each", _of("chatd", "KiB each")),
    ("slow", "10 frozen readers among 1,000: the others' p99", _beside("chatd, frozen")),
    ("slow", "10 readers at 1 KiB/s among 1,000: the others' p99", _beside("chatd, 1 KiB/s")),
)

#: The columns of the short table of servers.
_SHORT: Final[tuple[Column, ...]] = (
    ("broadcast", "µs/delivery", "1,000 msg/s to 1,000 readers: CPU µs per delivery"),
    ("broadcast", "p99 ms", "… p99 ms"),
    ("saturate", "capacity/s", "saturated: deliveries per second of server CPU"),
    ("saturate", "capacity at/s", "… at deliveries a second"),
    ("direct", "messages/s", "direct messages a second"),
    ("direct", "capacity/s", "… per second of server CPU"),
    ("direct", "capacity at/s", "… at messages a second"),
    ("storm", "all in s", "1,000 join: all in, s"),
    ("idle", "KiB each", "KiB per connection"),
)


def figures(document: Document) -> str:
    """chatd's figures, a row each, beside the floor's where it was measured, too."""
    scenarios = by_scenario(document.runs)
    told = ((what, figure(medians_of(scenarios.get(scenario, ())))) for scenario, what, figure in ROWS)
    rows = [TableRow(what, (text,)) for what, text in told if text is not None]
    repetitions = len(by_server(scenarios.get("broadcast", ())).get("chatd", ()))
    faults = sum(len(run.faults) for run in document.runs)
    lost = f"{faults} FAULTS: this is no record." if faults else "Nothing was lost."
    if document.interrupted:
        lost += " It was interrupted before all was measured."
    return _with_void(
        Table(("what", "measured"), rows, left=(0, 1)).markdown()
        + f"\n\nMedians of up to {repetitions} interleaved runs on two cores of an {machine_line(document)}."
        + f"\nMessages have 100 bytes, beside slow readers 2,000. {lost}\n"
    )


#: The columns of the table of growth: the row of the bench, whose CPU per delivery, and its heading.
_GROWN: Final = (
    ("growth", "chatd", "100,000 deliveries a second: chatd, CPU µs per delivery"),
    ("growth", "floor", "… floor"),
    ("growth-rate", "chatd", "100 messages a second: chatd, CPU µs per delivery"),
    ("growth-rate", "floor", "… floor"),
)


def growth(document: Document) -> str:
    """What a delivery costs with ever more readers, a row for each number of them."""
    scenarios = by_scenario(document.runs)
    medians = {name: medians_of(scenarios.get(name, ())) for name, _, _ in _GROWN}
    crowds = dict.fromkeys(case.partition(", ")[2] for figures in medians.values() for case in figures)
    rows = [
        TableRow(
            crowd,
            [
                cell(medians[name].get(f"{server}, {crowd}", {}).get("µs/delivery"))
                for name, server, _ in _GROWN
            ],
        )
        for crowd in crowds
    ]
    return _with_void(Table(("", *(heading for _, _, heading in _GROWN)), rows).markdown() + "\n\n")


def peers(document: Document) -> str:
    """The short table of servers: medians of what the record has, and nothing beside them."""
    return _with_void(servers_by_columns(document, _SHORT, cell, "fails").markdown() + "\n\n")


def _with_void(text: str) -> str:
    """With the word explained, where a figure has it."""
    marked = any(re.search(rf"\b{VOID}\b", line.split("|", 2)[-1]) for line in text.splitlines())
    return f"{text}{SATURATED}\n" if marked else text


def meanings() -> str:
    """What the figures mean, for docs/measuring.md."""
    rows = [TableRow(f"`{name}`", (meaning.text, meaning.better)) for name, meaning in GLOSSARY.items()]
    return Table(("figure", "what it is", "better"), rows, left=(0, 1, 2)).markdown() + "\n"
