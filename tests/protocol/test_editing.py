"""What the keys in a line do: backspace in both its forms, and Ctrl-U."""

import unicodedata

import pytest

from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.editing import edited
from chatd.protocol.requests import HERE, Direct, Hello, Say
from tests.protocol.test_framing import FeedBytes, each_way

LINES = [
    ("hello", "hello"),
    ("helo\x08lo", "hello"),
    ("helo\x7flo", "hello"),
    ("\x08\x7f\x08a", "a"),
    ("abc\x08\x08\x08\x08\x08xyz", "xyz"),
    ("abc\x08", "ab"),
    ("\x7f", ""),
    ("wrong\x15right", "right"),
    ("\x15", ""),
    ("a\x15b\x08c", "c"),
    ("né\x08o", "no"),
    ("ne\u0301\x08o", "no"),  # e and an acute accent are seen as one
    ("nie\u0301\u0308\x08\x08o", "no"),
    ("日本\x08", "日"),
    ("कि\x08", ""),
    ("1\ufe0f\u20e3\x08", ""),
    ("l·l\x08\x08", "l"),
    ("\u0301\x08a", "a"),
    ("a_b1\x08\x08", "a_"),
]


@pytest.mark.parametrize(("typed", "seen"), LINES)
def test_keys(typed: str, seen: str) -> None:
    assert edited(typed) == seen


def test_a_line_without_keys_is_returned_as_it_is() -> None:
    assert edited("nothing to do") == "nothing to do"


def test_marks_are_unicodes_but_for_a_few_of_old_books() -> None:
    """Each is taken away together with what it is drawn onto, and nothing else is."""
    points = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE0200)]
    keys = {"\x08", "\x7f", "\x15"}
    marks = {char for char in map(chr, points) if char not in keys and edited(f"a{char}\x08") == ""}
    known = {char for char in map(chr, points) if unicodedata.category(char) in ("Mn", "Mc", "Me")}
    assert marks <= known | set("\u200c\u200d")
    old_books = {chr(point) for point in (0x488, 0x489, 0x1885, 0x1886, 0x1ABE, *range(0xA670, 0xA673))}
    assert known - marks <= old_books


def test_a_line_that_was_taken_back_is_empty() -> None:
    assert TEXT.parse(b"wrong\x15") is TEXT.parse(b"") is None


@each_way
def test_names_messages_and_commands_are_edited(feed: FeedBytes) -> None:
    assert TEXT.parse_first(feed(b"\x08bix\x08b")) == Hello(nick="bib")
    assert TEXT.parse(feed(b"helo\x7flo")) == Say(text="hello", room=HERE)
    assert TEXT.parse(feed(b'/bx\x08c "hi"')) == Say(text="hi")
    assert TEXT.parse(feed(b"x\x15/dm bobb\x7f hi")) == Direct(to="bob", text="hi")


def test_in_json_nothing_is_typed() -> None:
    assert JSONL.parse(b'{"type":"say","text":"a\\u0008b\\u007fc"}') == Say(text="abc")


def test_a_long_line_of_keys() -> None:
    assert edited("a\u0301" * 2000 + "\x08" * 2000) == ""
