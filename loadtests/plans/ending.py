"""What an engineer wants to hear of a run, in one sentence: whether all arrived, how late, for how much CPU.

Figures that were not measured are left out, as are those that say nothing about the server.
"""

import re
from math import isnan, nan
from typing import Final

from loadtests.engine.ledger import TOLD
from loadtests.measure.result import Run
from loadtests.reports.medians import number

_FIGURE: Final = r"{(.+?)}"
_ALL: Final = "all {deliveries} deliveries arrived, in order"
_P99: Final = "p99 {p99 ms} ms"
_CPU: Final = "{µs/delivery} µs of server CPU each"

_READ: Final = (
    _ALL,
    _P99,
    "all {answers} answers were right, p99 {answer p99 ms} ms",
    "what was said was found {lag worst s} s later at most",
    "the index was made in {rebuilt s} s",
)

#: What is said of each scenario; a part without one of its figures is left out.
_PARTS: Final = {
    "broadcast": (_ALL, _P99, _CPU, "OpenSSL alone needs {OpenSSL µs} µs for the same bytes"),
    "mixed": (_ALL, _P99, _CPU),
    "saturate": (
        "all deliveries arrived, in order",
        "{deliveries/s} a second at the knee",
        _P99,
        "{capacity/s} for each second of server CPU",
    ),
    "rooms": (
        _ALL,
        _P99,
        _CPU,
        "{rooms ratio} times what the same deliveries cost in one room ({one room µs} µs)",
    ),
    "direct": (
        "all {deliveries} direct messages arrived, in order",
        "{messages/s} a second",
        _P99,
        "{µs/message} µs of server CPU each",
    ),
    "storm": (
        "all were in after {all in s} s",
        "everyone was told of all who came and of all who went, {drops told s} s after they dropped",
        "join p99 {join p99 ms} ms",
    ),
    "slow": (
        _ALL,
        "the slow readers got {delivered} and were told of {skipped} skipped",
        "the others' p99 {p99 ms} ms ({p99 without ms} ms without slow ones)",
    ),
    "recover": (
        _ALL,
        "the server listened again {listened s} s after it was killed",
        "all were back after {resumed s} s",
        "{missed} deliveries that they had missed were made good, {sent again} messages were sent again",
    ),
    "devices": (
        _ALL,
        _P99,
        _CPU,
        "{devices ratio} times what the same deliveries cost to guests ({guests µs} µs)",
    ),
    "return": (
        "all were back {returned s} s after the server's start",
        "all {counts} counts of what they had not read were right",
        "return p99 {return p99 ms} ms",
        "{return µs} µs of server CPU each",
    ),
    "passwords": (
        _ALL,
        "of {tries} wrong passwords {hashed} were tried",
        "p99 {p99 ms} ms ({p99 before ms} ms before)",
        "no ping waited for more than {ping worst ms} ms",
        "refusals for names that are registered and for others differ by {names differ %} %",
    ),
    "bans": (
        "with {bans} bans a guest's join costs {guest join ratio} times what it costs without",
        "that of an account {account join ratio} times",
        "who is banned was turned away, and was not once the ban was lifted",
    ),
    "range-ban": (
        _ALL,
        "all {put out} who came from the range had read why and gone {put out s} s after its ban was typed",
        "the others' p99 {p99 ms} ms ({p99 before ms} ms before)",
    ),
    "raid": (
        _ALL,
        "nobody shouted {locked s} s after the lockdown was typed",
        "all {put out} had read why and gone {put out s} s after their ban was typed",
        "the others' p99 {p99 ms} ms ({p99 before ms} ms before)",
    ),
    "search": _READ,
    "paging": _READ,
    "handshakes": (
        "all {handshakes} handshakes were made",
        "{handshakes/CPU s} for each second of server CPU",
        "p99 {handshake p99 ms} ms",
    ),
    "idle": (
        "all {connections} connections stayed",
        "{KiB each} KiB each",
        "{idle %} % of a core for all",
    ),
}


def ending(run: Run, scenario: str) -> str:
    """The run as a sentence."""
    if run.faults:
        least = "at least " * (len(run.faults) == TOLD)
        more = f", and {least}{len(run.faults) - 1} more" if run.faults[1:] else ""
        return f"FAILED: {run.faults[0]}{more}"
    if run.interrupted:
        reached = f" after {run.samples[-1].deliveries:,} {run.noun}" if run.samples else ""
        return f"interrupted{reached}; nothing was wrong until then, but whether all arrived was not seen"
    figures = {name: nan if run.struck(name) else value for name, value in run.figures.items()}
    figures["deliveries"] = run.figures.get("deliveries", nan)  # counted, however fast the generator was
    if "deliveries" in run.figures and not run.figures["deliveries"]:
        return "nothing was said, so nothing was delivered"
    said = [
        re.sub(_FIGURE, lambda found: number(figures[found[1]]), part)
        for part in _PARTS[scenario]
        if not any(isnan(figures.get(name, nan)) for name in re.findall(_FIGURE, part))
    ]
    if run.void:
        said.append("the load generator was saturated or late, so other figures are not the server's")
    return "; ".join(said)
