"""Wrapping, the scrollback, colours, the status line: what stays in its cells."""

import itertools

import pytest
from wcwidth import wcswidth

from chatd_client.screen.cells import LONGEST, MARKS, shown, width
from chatd_client.screen.colours import PALETTE, colour
from chatd_client.screen.line_kinds import BareLine
from chatd_client.screen.scrollback import MOST_LINES, MOST_TEXT, Scrollback
from chatd_client.screen.status import Part, fit, plain
from chatd_client.screen.wrapping import TextRow, wrap


def texts(rows: list[TextRow]) -> list[str]:
    return ["".join(text for _, text in row) for row in rows]


def wrapped(text: str, columns: int, indent: int = 0) -> list[str]:
    return texts(wrap([("", text)], columns, indent))


# -- wrapping ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "columns", "rows"),
    [
        ("", 10, [""]),
        ("short", 10, ["short"]),
        ("exactly 10", 10, ["exactly 10"]),
        ("one two three", 8, ["one two ", "three"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("你好世界", 5, ["你好", "世界"]),
        ("a👍b👍", 3, ["a👍", "b👍"]),
        ("你a", 1, ["a"]),
        ("a b", 0, ["a", "b"]),  # a terminal that is being made larger
        ("two   spaces", 5, ["two  ", "space", "s"]),
        ("bob 你好世界", 9, ["bob 你好", "世界"]),
        ("bob 你好。世", 8, ["bob 你", "好。世"]),
        ("bob「你好」", 7, ["bob「你", "好」"]),
        ("bob सावित्री", 9, ["bob ", "सावित्री"]),
        ("bob abcdefghijkl", 8, ["bob abcd", "efghijkl"]),
    ],
)
def test_rows_are_as_wide_as_the_terminal_draws_them(text: str, columns: int, rows: list[str]) -> None:
    assert wrapped(text, columns) == rows


def test_further_rows_are_indented_where_there_is_room() -> None:
    assert wrapped("12:30 " + "word " * 9, 36, indent=6)[1].startswith("      word")
    assert wrapped("12:30 " + "word " * 9, 20, indent=6)[1].startswith("word")


def test_a_style_stays_with_its_text() -> None:
    assert wrap([("a", "one "), ("b", "two"), ("b", "!")], 4) == [[("a", "one ")], [("b", "two!")]]


def test_marks_stay_on_their_letter_and_are_few() -> None:
    pile = "x" + "\u0301" * 200 + "y"
    assert wrapped(pile, 10) == ["x" + "\u0301" * MARKS + "y"]
    assert wrapped("\u0301" * 200, 10) == [""]
    assert width(shown(pile)) == 2


def test_no_code_point_leaves_the_area() -> None:
    everything = "".join(map(chr, range(0x10000)))
    for start in range(0, len(everything), 4096):
        text = shown(everything[start : start + 4096])
        assert text.encode()  # no surrogate is left
        for columns in (1, 2, 7, 20):
            for row in wrapped(text, columns):
                assert 0 <= wcswidth(row) <= columns, ascii(row)


def test_what_joins_hides_or_reorders_is_taken_out() -> None:
    assert shown("\x1b]0;title\x07a\u202eb\u200dc\ufe0fd\u200ee\ud800") == "]0;titleabcde\ufffd"
    assert shown("👩\u200d👩\u200d👧") == "👩👩👧"
    assert shown("👍🏻👍🏿 🇦🇿") == "👍👍 AZ"
    assert shown("x" * (LONGEST + 5)) == "x" * LONGEST + "…"


# -- the scrollback ----------------------------------------------------------------------------------------


def numbered(count: int, most_lines: int = MOST_LINES, most_text: int = MOST_TEXT) -> Scrollback:
    back = Scrollback(most_lines, most_text)
    for number in range(count):
        back.append(BareLine(f"line {number}"))
    return back


def seen(back: Scrollback, columns: int = 20, height: int = 3) -> list[str]:
    return texts(back.view(columns, height))


def test_the_newest_is_at_the_bottom() -> None:
    back = Scrollback()
    assert seen(back) == []
    back.scroll(3, 20, 3)  # there is nothing to scroll
    assert not back.scrolled
    assert seen(numbered(2)) == ["line 0", "line 1"]
    assert seen(numbered(9)) == ["line 6", "line 7", "line 8"]
    assert seen(numbered(9), height=0) == []


def test_scrolled_up_it_stays_whatever_comes_in() -> None:
    back = numbered(9)
    back.scroll(2, 20, 3)
    assert seen(back) == ["line 4", "line 5", "line 6"]
    back.append(BareLine("new"))
    assert (seen(back), back.unread, back.scrolled) == (["line 4", "line 5", "line 6"], 1, True)
    back.scroll(-2, 20, 3)
    assert seen(back) == ["line 6", "line 7", "line 8"]
    back.scroll(-5, 20, 3)
    assert (seen(back), back.unread, back.scrolled) == (["line 7", "line 8", "new"], 0, False)


def test_the_oldest_line_is_as_far_as_it_goes() -> None:
    back = numbered(9)
    for _ in range(3):
        back.scroll(100, 20, 3)
        assert seen(back) == ["line 0", "line 1", "line 2"]
    back = numbered(2)
    back.scroll(1, 20, 3)
    assert (seen(back), back.scrolled) == (["line 0", "line 1"], False)


def test_long_lines_scroll_by_rows_and_survive_another_width() -> None:
    back = Scrollback()
    back.append(BareLine("abcdefghij"))
    back.append(BareLine("klmnop"))
    assert seen(back, 4) == ["ij", "klmn", "op"]
    back.scroll(1, 4, 3)
    assert seen(back, 4) == ["efgh", "ij", "klmn"]
    assert seen(back, 2) == ["gh", "ij", "kl"]
    assert seen(back, 20) == ["abcdefghij", "klmnop"]


def test_both_bounds_hold_and_a_view_of_what_went_moves_on() -> None:
    back = numbered(9, most_lines=5)
    assert len(back) == 5
    back.scroll(99, 20, 3)
    assert seen(back) == ["line 4", "line 5", "line 6"]
    for number in range(9, 13):
        back.append(BareLine(f"line {number}"))
    assert seen(back) == ["line 8", "line 9", "line 10"]
    assert len(numbered(9, most_text=20)) == 3
    assert len(numbered(1, most_text=2)) == 1


def test_search_goes_towards_the_past_and_round() -> None:
    back = numbered(30)
    for found in ("line 29", "line 19", "line 9", "line 29"):
        assert back.search("9", 20)
        assert seen(back)[-1] == found
        assert [("class:found" in style) for style, _ in back.view(20, 3)[-1]] == [True]
    assert back.search("LINE 1", 20)
    assert not back.search("nowhere", 20)
    back.scroll(-1, 20, 3)
    assert not any("class:found" in style for row in back.view(20, 30) for style, _ in row)


def test_search_begins_with_the_lowest_line_that_is_seen() -> None:
    back = numbered(30)
    back.scroll(10, 20, 3)
    for found in ("line 19", "line 9", "line 29"):
        assert back.search("9", 20)
        assert seen(back)[-1] == found
    back.scroll(15, 20, 3)
    assert back.search("9", 20)
    assert seen(back)[-1] == "line 9"


def test_clear_forgets_and_goes_on() -> None:
    back = numbered(9)
    back.scroll(4, 20, 3)
    back.clear()
    assert (seen(back), len(back), back.scrolled) == ([], 0, False)
    back.append(BareLine("new"))
    assert seen(back) == ["new"]


def test_a_line_costs_the_same_at_any_length() -> None:
    """Counted, not timed: what a view wraps does not grow with what is kept."""
    wrapped_lines = itertools.count()

    class Counted(BareLine):
        def fragments(self) -> tuple[TextRow, int]:
            next(wrapped_lines)
            return super().fragments()

    costs = []
    for kept in (100, 10_000):
        back = Scrollback()
        for number in range(kept):
            back.append(Counted(f"line {number}"))
        before = next(wrapped_lines)
        back.view(80, 24)
        back.scroll(24, 80, 24)
        costs.append(next(wrapped_lines) - before)
    assert costs[0] == costs[1]
    assert len(back) == 10_000


# -- colours and the status line ---------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance of #rrggbb."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", PALETTE)
def test_every_colour_can_be_read_on_black_and_on_white(colour: str) -> None:
    assert (luminance(colour) + 0.05) / 0.05 > 3.9
    assert 1.05 / (luminance(colour) + 0.05) > 3.9


def test_a_name_keeps_its_colour() -> None:
    assert colour("Alice") == colour("alice") == "#005fff"
    assert len({colour(f"person{number}") for number in range(200)}) == len(PALETTE)


def fitted(parts: list[Part], columns: int) -> str:
    return "".join(text for _, text in fit(parts, columns))


def test_the_status_line_keeps_what_matters() -> None:
    parts = [plain(1, "server"), plain(3, "alice"), plain(2, ""), plain(5, "online")]
    assert fitted(parts, 30) == "server · alice · online".ljust(30)
    assert fitted(parts, 16) == "alice · online".ljust(16)
    assert fitted(parts, 8) == "online  "
    assert fitted(parts, 3) == "onl"
    assert fitted([], 3) == "   "


def test_a_part_is_shortened_before_what_weighs_more_goes() -> None:
    steps = ((6, 4), (1, 9))
    list_part = Part(2, [("", "a long list")], lambda columns: [("", "a long list"[:columns])], steps)
    parts = [plain(3, "alice"), list_part, plain(5, "online")]
    assert fitted(parts, 28) == "alice · a long list · online"
    assert fitted(parts, 26) == "alice · a long li · online"
    assert fitted(parts, 22) == "a long list · online  "
    assert fitted(parts, 14) == "a lon · online"
    assert fitted(parts, 9) == "a long li"
