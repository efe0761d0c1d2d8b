"""The tools that make the documentation: a change of what they read changes what they write."""

import argparse
import re
import xml.etree.ElementTree as ET
from dataclasses import fields, replace
from math import nan
from typing import Annotated, Literal

import msgspec
import pytest

from chatd.protocol.events import Welcome
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.limits import DEFAULT, MIB, Limits
from chatd.protocol.vocabulary import REQUESTS, WIRE_EVENTS
from loadtests.measure.result import Document, Run
from tests.support.documents import SERVERS, document
from tools.docs import bars, figures, limits, marks, options, records, wire, words
from tools.docs.servers_table import peers_table

PAGE = "before\n<!-- a: begin -->\nold\n<!-- a: end -->\nafter\n"


def test_a_block_is_replaced_and_nothing_else() -> None:
    assert marks.put(PAGE, "a", "new\n") == PAGE.replace("old", "new")
    assert marks.block(PAGE, "a") == "old\n" and marks.names(PAGE) == ["a"]


@pytest.mark.parametrize(
    "text", ["", PAGE + PAGE, "<!-- a: end -->\n<!-- a: begin -->\n", "<!-- a: begin -->\n"]
)
def test_a_page_without_one_whole_block_is_refused(text: str) -> None:
    with pytest.raises(marks.Unmarked):
        marks.put(text, "a", "new")


def test_what_would_end_a_cell_of_a_table_is_escaped() -> None:
    assert marks.table(("a", "b"), [("x|y", "z")]).splitlines()[-1] == "| x\\|y | z |"


# -- limits --------------------------------------------------------------------------------------------


def test_every_field_of_the_limits_is_in_a_table_once_with_a_unit_and_a_reason() -> None:
    names = [field.name for field in fields(Limits)]
    rows = [row for table in limits.tables() for row in table]
    assert sorted(name for row in rows for name in row.fields) == sorted(names)
    assert sorted(limits.UNITS) == sorted(names)
    assert all(row.why for row in rows) and len(limits.tables()) == 2


def test_a_limit_that_changes_changes_the_table() -> None:
    before, after = (
        limits.limits(),
        limits.limits(replace(DEFAULT, line=8192, stall=0.5, room_waiting=2 * MIB)),
    )
    changed = [line for line in after.splitlines() if line not in before]
    assert [line.split(" | ")[1] for line in changed] == ["8,192 bytes", "2 MiB", "500 ms"]
    assert limits.rhythm(replace(DEFAULT, slow_share=0.2)) != limits.rhythm()


def test_numbers_are_told_in_the_unit_in_which_one_thinks_of_them() -> None:
    assert [limits.time(value) for value in (0.25, 75.0, 86_400.0, 90 * 86_400.0)] == [
        *("250 ms", "75 s", "86400 s", "90 days")
    ]
    assert [limits.rate(value) for value in (10, 0.5, 0.2, 3 / 60)] == [
        *("10 a second", "0.5 a second", "12 a minute", "3 a minute")
    ]


def test_comments_are_given_to_the_fields_below_them() -> None:
    source = (
        "class Limits:\n    #: One,\n    #: of two lines.\n    a: int = 1\n    b: int = 2\n"
        "    # Else.\n    #: More than this ...\n    c: int = 3\n    #: ... and that.\n    d: int = 4\n"
    )
    assert limits.tables(source) == [
        [limits.LimitRow(("a", "b"), "One, of two lines.")],
        [limits.LimitRow(("c", "d"), "More than this and that.")],
    ]
    with pytest.raises(ValueError, match="the limit a has no comment"):
        limits.tables("class Limits:\n    a: int = 1\n")


# -- the protocol's objects ----------------------------------------------------------------------------


class _Base(msgspec.Struct):
    ref: str | None = None  #: yours


class _Inner(msgspec.Struct):
    size: int  #: how large


class _Outer(_Base, tag="outer", kw_only=True):
    """What it is
    for."""

    sender: str = msgspec.field(name="from")  #: who
    #: of both, in a line
    #: of its own
    inner: list[_Inner]
    kind: Literal["a", "b"] = "a"  #: which
    most: Annotated[int, msgspec.Meta(ge=1)] = 50  #: how many


class _Untold(msgspec.Struct, tag="untold"):
    told: bool  #: whether
    untold: bool = False


_WIRE = """\
### `outer`
What it is for.

| field | type | default | what it means |
| --- | --- | --- | --- |
| `from` | string | required | who |
| `inner` | list of objects | required | of both, in a line of its own |
| `inner[].size` | integer | required | how large |
| `ref` | string | none | yours |
| `kind` | `"a"`, `"b"` | `"a"` | which |
| `most` | integer, 1 or more | `50` | how many |
"""


def test_an_object_is_described_by_its_struct_and_the_comments_of_its_fields() -> None:
    assert wire.described(_Outer) == _WIRE
    assert "| `limits.line` | integer | required |" in wire.described(Welcome)
    assert "| `messages` | list of `said`, `dm`, `topic`, `acted` | required |" in wire.described(HistoryPage)


def test_a_field_that_nobody_explains_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"_Untold\.untold has no comment"):
        wire.described(_Untold)


def test_every_object_of_the_protocol_is_described_once() -> None:
    assert wire.requests().count("### ") == len(REQUESTS)
    assert wire.events().count("### ") == len(WIRE_EVENTS.__args__)


# -- options -------------------------------------------------------------------------------------------


def test_options_are_read_from_the_parser() -> None:
    parser = argparse.ArgumentParser(prog="program")
    parser.add_argument("where", nargs="?", default="", metavar="[A@]B", help="a place")
    parser.add_argument("-n", "--number", type=int, default=3, help="how many")
    parser.add_argument("--kind", choices=["x", "y"], help="which (default: %(prog)s's own)")
    parser.add_argument("--sound", action=argparse.BooleanOptionalAction, help="whether it can be heard")
    text = options.described(parser)
    assert "usage: program [-h] [[A@]B] [-n NUMBER] [--kind {x,y}] [--sound | --no-sound]" in " ".join(
        text.split()
    )
    assert all(len(line) <= 80 for line in options.usage(parser).splitlines())
    for row in (
        "| `[A@]B` | a place |",
        "| `-n NUMBER`, `--number NUMBER` | how many (default 3) |",
        "| `--kind {x,y}` | which (default: program's own) |",
        "| `--sound`, `--no-sound` | whether it can be heard |",
    ):
        assert row in text


def test_targets_are_those_with_a_description() -> None:
    assert words.targets("a: b ## first\n\tx\nc:\n\ty\nd-e: ## last\n.F: ## no\n") == [
        ("a", "first"),
        ("d-e", "last"),
    ]


# -- figures -------------------------------------------------------------------------------------------


def peers(**capacities: float) -> Document:
    runs = [
        Run(server, {"capacity/s": value}, scenario="saturate", options={"size": 100, "readers": 1000})
        for server, value in capacities.items()
    ]
    return Document({"cpu": "X", "kernel": "6", "python": "3", "gevent": "26"}, "", "", runs)


def test_bars_are_sorted_and_as_long_as_their_values() -> None:
    tree = ET.fromstring(figures.picture(peers(redis=5e6, chatd=50e6, floor=100e6)))
    rects = [rect for rect in tree.iter() if rect.tag.endswith("rect")][1:]
    assert [rect.get("class") for rect in rects] == ["floor", "ours", "peer"]
    widths = [float(rect.get("width", "")) for rect in rects]
    assert widths[1] == pytest.approx(widths[0] / 2, rel=0.01) and widths[2] == pytest.approx(
        widths[0] / 20, rel=0.01
    )
    (told,) = (each.text for each in tree.iter() if each.tag.endswith("desc"))
    assert told == "floor: C, no parsing 100 M; chatd 50 M; Redis pub/sub 5 M"
    assert "100-byte messages to 1,000 readers" in "".join(tree.itertext())


def test_what_is_void_or_failed_is_no_bar_and_nothing_is_compared_with_it() -> None:
    document = peers(chatd=50e6, redis=nan, nats=9e6, ngircd=2e6)
    document.runs[2].faults.append("it fell")
    chart = figures.bars(document)
    assert [(bar.name, bar.value) for bar in chart.bars][:2] == [("chatd", 50e6), ("ngIRCd", 2e6)]
    assert {bar.name: bar.told for bar in chart.bars if bar.value is None} == {
        "Redis pub/sub": "void: the load generator was saturated",
        "NATS": "failed",
    }
    assert bars.render(chart).count("<rect") == 1 + 2
    text = figures.claim(document, document)
    assert "**50 million deliveries" in text and "the best peer, ngIRCd, reaches 2 million" in text
    assert "2 FAULTS: this is no record" in text  # the one document is both records here


def test_a_void_figure_of_ours_is_never_a_plain_number() -> None:
    bench = Document({}, "", "", [Run("chatd", {"µs/delivery": 0.5}, scenario="broadcast", void=True)])
    text = figures.claim(bench, peers(chatd=nan))
    assert "**0.5 µs void of server CPU" in text
    assert "of server CPU, saturated: void: the load generator was saturated." in text
    assert "peer" not in figures.claim(bench, peers(chatd=5e6, floor=9e6)).split("![")[0]
    assert figures.claim(bench, peers(chatd=5e6)) != figures.claim(bench, peers(chatd=6e6))


def growing(scenario: str, server: str, costs: tuple[float, float], *, void: bool = False) -> list[Run]:
    few, many = (
        Run(f"{server}, {readers} readers", {"µs/delivery": cost}, scenario=scenario, void=void)
        for readers, cost in zip(("100", "10,000"), costs, strict=True)
    )
    many.figures["growth"] = costs[1] / costs[0]
    return [few, many]


def test_what_a_delivery_costs_with_ever_more_readers_is_a_table_and_a_claim() -> None:
    runs = [*growing("growth", "chatd", (6, 7.5)), *growing("growth", "floor", (4, 6))]
    runs += growing("growth-rate", "chatd", (9, 0.75), void=True)
    document = Document({}, "", "", runs)
    table = records.growth(document)
    assert re.search(r"\| 100 readers +\| +6 +\| +4 +\| +9 void \| +- \|", table)
    assert re.search(r"\| 10,000 readers \| +7.5 +\| +6 +\| +0.75 void \| +- \|\n\nVoid: ", table)
    claim = figures.claim(document, peers(chatd=5e6))
    assert "costs 1.25 times as much as to one of 100** (6 µs and 7.5 µs, " in claim
    assert "the floor 1.5 times" in claim


def test_nothing_is_claimed_of_growth_that_was_not_measured() -> None:
    for void, servers in ((True, ("chatd", "floor")), (False, ("chatd",)), (False, ())):
        runs = [run for server in servers for run in growing("growth", server, (6, 7), void=void)]
        assert "10,000 readers" not in figures.claim(Document({}, "", "", runs), peers(chatd=5e6))


def test_what_storing_costs_is_told_beside_what_it_costs_not_to() -> None:
    stored = {"µs/delivery": 0.6, "p99 ms": 30.0}
    rooms = {"µs/delivery": 12.0, "one room µs": 10.0, "rooms ratio": 1.2}
    runs = [
        Run("chatd", {"µs/delivery": 0.5, "p99 ms": 24.0}, scenario="log"),
        Run("chatd-always", stored, scenario="log"),
        Run("chatd", rooms, scenario="rooms"),
    ]
    text = records.figures(Document(document().machine, "", "", runs))
    assert "stored: server CPU per delivery" in text
    assert "| 0.6 µs; nothing stored 0.5 µs; ratio 1.20 |" in text
    assert "| 30 ms; nothing stored 24 ms; ratio 1.25" in text
    assert "| 12 µs; in one room 10 µs; ratio 1.2" in text


def test_what_a_delivery_to_devices_costs_is_told_beside_one_to_guests() -> None:
    both = {"µs/delivery": 0.3, "guests µs": 0.2, "devices ratio": 1.5}
    run = Run("chatd-always", both, scenario="devices")
    text = records.figures(Document(document().machine, "", "", [run]))
    assert "| 0.3 µs; to as many guests 0.2 µs; ratio 1.5 " in text


def test_the_picture_needs_nothing_from_elsewhere_and_has_two_sets_of_colours() -> None:
    text = figures.picture(peers(chatd=1))
    assert "prefers-color-scheme: dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "") and "<script" not in text
    assert bars.render(bars.Bars("<a>", "", "", (bars.Bar("<b>", 1, "1"),))).count("&lt;b&gt;") == 2


def test_the_peers_table_has_each_server_and_marks_what_is_no_figure() -> None:
    whole = document()
    for one in whole.runs:  # of those of the document only one is void, and the others' median stands
        one.void = one.void or (one.scenario, one.server) == ("saturate", "inspircd")
    lines = peers_table(whole).splitlines()
    table = [
        [part.strip() for part in line.strip("|").split(" | ")] for line in lines if line.startswith("|")
    ]
    assert table[0] == [
        "server",
        "broadcast: CPU µs a delivery",
        "broadcast: p99 ms",
        "saturate: deliveries/s",
    ]
    rows = {name: cells for name, *cells in table[2:]}
    assert list(rows) == [server for server, *_ in SERVERS]
    assert rows["chatd"][0] == "0.581 ±2 % ×1.14" and rows["floor"][0] == "0.508 ±2 %"
    assert rows["ngircd"][2] == "FAULT" and "void" not in " ".join(rows["floor"])
    assert rows["inspircd"][2] == "999,600 ±2 % void"
