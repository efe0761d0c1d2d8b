"""Text of messages: what is removed, what becomes a space, what is refused."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chatd.protocol import events
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.editing import edited
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Event
from chatd.protocol.requests import Direct, Quit, Request, Say
from chatd.protocol.sanitize import clean, clean_message, clean_reason

#: The design's list, once more, by its own words.
C0 = {chr(point) for point in range(0x20)}
C1 = {chr(point) for point in range(0x80, 0xA0)}
BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FORBIDDEN = C0 | C1 | BIDI | {"\x7f", "\u2028", "\u2029"}

#: What UTF-8 can carry, rich in what is forbidden, and text of it. (hypothesis' own characters take seconds
#: to tabulate on a machine where they were never used.)
CHARACTERS = (st.integers(0, 0xD7FF) | st.integers(0xE000, sys.maxunicode)).map(chr) | st.sampled_from(
    sorted(FORBIDDEN)
)
TEXTS = st.lists(CHARACTERS, max_size=20).map("".join)
#: Any text at all, lone surrogates included.
ANYTHING = st.lists(CHARACTERS | st.sampled_from("\ud800\udfff"), max_size=20).map("".join)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("hello", "hello"),
        ("", ""),
        ("  spaces stay  ", "  spaces stay  "),
        ("a\tb", "a b"),
        ("a\nb", "a b"),
        ("a\r\nb", "a b"),
        ("a\x00b", "ab"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b31m\x85", "31m"),
        ("a\x7fb\x08", "ab"),
        ("\x0b\x0c", ""),
        ("\u202eabc\u202c", "abc"),
        ("\u2066abc\u2069", "abc"),
        ("a\u2028b\u2029c", "abc"),
        ("grüße 你好 שלום 👩‍👩‍👧 “quoted”", "grüße 你好 שלום 👩‍👩‍👧 “quoted”"),
        ("a\xa0b\u3000c\u200d", "a\xa0b\u3000c\u200d"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_every_code_point() -> None:
    for point in range(0x10000):
        character = chr(point)
        if character in "\t\n":
            wanted = " "
        elif character in FORBIDDEN:
            wanted = ""
        else:
            wanted = character
        assert clean(character) == wanted, hex(point)
    beyond = "".join(map(chr, range(0x10000, sys.maxunicode + 1)))
    assert clean(beyond) == beyond


def test_the_printable_is_returned_as_it_is() -> None:
    text = "not even a copy is made"
    assert clean(text) is text
    assert clean_message(text) is text


@given(ANYTHING)
def test_nothing_forbidden_is_left_and_nothing_else_is_touched(text: str) -> None:
    cleaned = clean(text)
    assert FORBIDDEN.isdisjoint(cleaned)
    assert clean(cleaned) == cleaned
    spaced = text.replace("\t", " ").replace("\n", " ")
    assert cleaned == "".join(character for character in spaced if character not in FORBIDDEN)


def _points(ranges: str) -> set[str]:
    """The characters of `FIRST-LAST` and `ONE`, in hex."""
    found: set[str] = set()
    for each in ranges.split():
        first, _, last = each.partition("-")
        found.update(map(chr, range(int(first, 16), int(last or first, 16) + 1)))
    return found


#: Where characters that show nothing may be looked for: both planes in use, and the tags.
LOOKED_AT = [*range(0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE1100)]
#: Format characters that do show something: signs of numbers and verses that other characters stand in.
SHOWN = _points("600-605 6DD 70F 890-891 8E2 110BD 110CD 13430-1343F")
#: By their category, and by name what is a letter or a mark, or not assigned yet.
NOTHING = {
    char
    for char in map(chr, LOOKED_AT)
    if unicodedata.category(char) in ("Cc", "Zs", "Zl", "Zp", "Cf") and char not in SHOWN
} | _points("34F 115F-1160 17B4-17B5 180B-180F 2065 2800 3164 FE00-FE0F FFA0 FFF0-FFF8 1D159 E0000-E0FFF")


def is_empty(text: str) -> bool:
    try:
        clean_message(text)
    except ChatError as error:
        return error.code is Code.EMPTY
    return False


def test_what_shows_nothing_is_no_message() -> None:
    assert {char for char in map(chr, LOOKED_AT) if is_empty(char)} == NOTHING
    assert is_empty("".join(NOTHING))


@pytest.mark.parametrize(
    "text", ["", " ", "\t", "\n", "\r\n", "\x00", "\x1b", "\u202e", "\u2028 \u3000", "\u200b\u2800"]
)
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(ChatError) as caught:
        clean_message(text)
    assert caught.value.code is Code.EMPTY
    assert caught.value.text == "the message is empty; write something to say"


@pytest.mark.parametrize(
    "text", ["a", "é", "😀", "\u200bа", "👍\U0001f3fd", "❤\ufe0f", "\u0301", "م", "\u2801"]
)
def test_a_message_that_shows_something_is_said_as_it_is(text: str) -> None:
    assert clean_message(text) == text


def test_a_reason_that_shows_nothing_is_none() -> None:
    assert [clean_reason(text) for text in ("", " ", "\u200b", "\x1b\u2800 ")] == [""] * 4
    assert clean_reason(" so\tlong\x1b ") == "so long"
    for parsed in (TEXT.parse("/quit \u200b".encode()), JSONL.parse(b'{"type":"quit","reason":"\\u2060"}')):
        assert parsed == Quit()


@given(ANYTHING)
def test_a_message_is_cleaned_or_refused(text: str) -> None:
    if set(clean(text)) - NOTHING:
        assert clean_message(text) == clean(text)
    else:
        with pytest.raises(ChatError):
            clean_message(text)


# -- through the dialects: no field carries to another what could end a line or move a cursor --------------

LISTS = st.lists(TEXTS, max_size=5)
NUMBERS = st.integers(0, 2**63 - 1)
REFS = st.none() | TEXTS
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        events.Welcome,
        nick=TEXTS,
        token=TEXTS,
        server=TEXTS,
        users=NUMBERS,
        limits=st.builds(events.LineLimits, line=NUMBERS, name=NUMBERS),
    ),
    st.builds(events.Said, room=TEXTS, id=NUMBERS, sender=TEXTS, text=TEXTS, at=NUMBERS),
    st.builds(events.DirectMessage, id=NUMBERS, sender=TEXTS, to=TEXTS, text=TEXTS, at=NUMBERS),
    st.builds(events.Joined, names=LISTS, count=NUMBERS),
    st.builds(events.Left, names=LISTS, count=NUMBERS, reason=REFS),
    st.builds(events.Lost, names=LISTS, count=NUMBERS, cause=TEXTS),
    st.builds(events.UserList, names=LISTS, count=NUMBERS, ref=REFS),
    st.builds(
        events.HelpList, commands=st.lists(st.builds(events.CommandHelp, syntax=TEXTS, help=TEXTS)), ref=REFS
    ),
    st.builds(events.Error, code=st.sampled_from(Code), text=TEXTS, ref=REFS),
    st.builds(events.Skipped, room=TEXTS, count=NUMBERS),
    st.builds(events.Ack, ref=TEXTS, id=NUMBERS),
    st.builds(events.Pong, ref=REFS),
    st.builds(events.Bye, reason=TEXTS),
)


@given(EVENTS)
def test_an_event_is_one_line_and_comes_back_as_it_was(event: Event) -> None:
    data = JSONL.encode(event)
    assert data.endswith(b"\n")
    assert min(data[:-1]) >= 0x20
    assert JSONL.parse_event(data[:-1]) == event


@given(st.builds(Say, text=TEXTS, room=TEXTS, ref=REFS) | st.builds(Direct, to=TEXTS, text=TEXTS, ref=REFS))
def test_a_message_comes_back_cleaned_or_is_refused(message: Say | Direct) -> None:
    line = JSONL.encode_request(message)[:-1]
    try:
        parsed = JSONL.parse(line)
    except ChatError as error:
        assert error.code in (Code.EMPTY, Code.BAD_REF)
    else:
        assert isinstance(parsed, Say | Direct)
        assert (FORBIDDEN - {"\n"}).isdisjoint(parsed.text)
        assert parsed == replace(message, text=parsed.text)


@given(st.binary() | st.binary().map(lambda data: b'{"type":"say","text":"' + data + b'"}'))
def test_any_json_line_is_a_request_or_an_error(line: bytes) -> None:
    try:
        parsed = JSONL.parse(line)
    except ChatError as error:
        assert FORBIDDEN.isdisjoint(error.text)
    else:
        assert isinstance(parsed, Request) or (parsed, line) == (None, b"")


@given(
    st.binary().filter(lambda line: b"\n" not in line)
    | st.text([*'/bcdmquit “”"\\x', *sorted(FORBIDDEN - {"\n"})]).map(str.encode)
)
def test_any_typed_line_is_a_clean_request_or_an_error(line: bytes) -> None:
    try:
        parsed = TEXT.parse(line)
    except ChatError as error:
        assert FORBIDDEN.isdisjoint(error.text)
    else:
        assert isinstance(parsed, Request) or (parsed is None and not edited(line.decode()))
        assert FORBIDDEN.isdisjoint(getattr(parsed, "text", "") + getattr(parsed, "reason", ""))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\nb", "a\nb"),
        ("a\r\nb\r\n", "a\nb"),
        ("a\n\n\x1b[31mb\n\n", "a\n\n[31mb"),
        ("\na", "\na"),
        ("a\n\tb", "a\n b"),
        ("a\n" * 100, "\n".join("a" * 100)),
    ],
)
def test_a_message_keeps_its_lines(text: str, cleaned: str) -> None:
    assert clean_message(text) == cleaned


@pytest.mark.parametrize(("text", "code"), [("\n \n\t\n", Code.EMPTY), ("a\n" * 100 + "b", Code.TOO_LONG)])
def test_a_message_has_something_to_say_in_few_lines(text: str, code: Code) -> None:
    with pytest.raises(ChatError) as caught:
        clean_message(text)
    assert caught.value.code is code
