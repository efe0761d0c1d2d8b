"""The words of texts, and where they are found again."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import found_in, phrases_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Hello, World_x 42!", ["hello", "world", "x", "42"]),
        ("ÉTÉ e\u0301te\u0301 Straße", ["ete", "ete", "strasse"]),
        ("日本語 too", ["日", "本", "語", "too"]),
        ("が 한국어", ["が", "한", "국", "어"]),
        ("ＡＢ１", ["ab1"]),
        ("タロ・ウ", ["タ", "ロ", "ウ"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("ёлка Ώρα", ["елка", "ωρα"]),
        ("3½ kg", ["31", "2", "kg"]),
        ("😀👍🏽 … ***", []),
        ("a\nb", ["a", "b"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("build green", (("build",), ("green",))),
        ('"the build" is', (("the", "build"), ("is",))),
        ("“the build”", (("the", "build"),)),
        ("build-42 build", (("build", "42"), ("build",))),
        ('" " * NEAR( a"b AND', (("near",), ("a",), ("b",), ("and",))),
        ("Build BUILD", (("build",),)),
        ("日本 語", (("日", "本"), ("語",))),
        ("?!", ()),
    ],
)
def test_phrases(text: str, phrases: tuple[tuple[str, ...], ...]) -> None:
    assert phrases_of(text) == phrases


def test_too_many_words() -> None:
    most = DEFAULT.search_words
    assert len(phrases_of(" ".join(map(str, range(most))))) == most
    with pytest.raises(ChatError) as caught:
        phrases_of(f'"{"x " * most}" y')
    assert caught.value.code is Code.TOO_LONG


def test_one_word_of_a_whole_line() -> None:
    assert phrases_of("x" * DEFAULT.line) == (("x" * DEFAULT.line,),)


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("The build is green; the Builds too", "build", ["build"]),
        ("the build, the build", '"the build"', ["the", "build", "the", "build"]),
        ("ÉTÉ e\u0301te\u0301 ete", "été", ["ÉTÉ", "e\u0301te\u0301", "ete"]),
        ("こんにちは日本語です", "日本語", ["日", "本", "語"]),
        ("ﷺ x", "صلى", ["ﷺ"]),
        ("3½ kg", '"31 2"', ["3½"]),
        ("nothing", "else", []),
    ],
)
def test_where_they_are_found(text: str, wanted: str, found: list[str]) -> None:
    assert [text[begin:end] for begin, end in found_in(text, phrases_of(wanted))] == found


@settings(max_examples=200)
@given(st.text(max_size=30))
def test_every_word_of_a_text_is_found_in_it_in_order(text: str) -> None:
    words = words_of(text)
    spans = found_in(text, tuple((word,) for word in words))
    assert bool(spans) == bool(words)
    assert all(begin < end for begin, end in spans)
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(spans))
    assert all(words_of(text[begin:end]) for begin, end in spans)


@settings(max_examples=100)
@given(st.text(alphabet=st.characters(max_codepoint=127), max_size=30))
def test_ascii_is_folded_like_everything_else(text: str) -> None:
    assert words_of(text) == words_of(f"{text} é")[:-1]
