"""The words of a text, as they are searched for: in small letters, without accents.

`É`, `é` and `e` are one letter, and letters of full width are letters. Chinese, Japanese and Korean are
written without spaces between words, or with endings behind them: there each character is a word, and what is
searched for is a phrase of them. Programs that search and those that mark what was found use the same words.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT

#: Words that stand one behind the other.
Phrase = tuple[str, ...]

_ASCII_WORD: Final = re.compile("[a-z0-9]+")
#: What stands in quotes is one phrase, straight or typographic ones; a quote without its partner is nothing.
_PART: Final = re.compile(r'"([^"]*)"|[“”]([^“”]*)[“”]|([^\s"“”]+)')
#: Accents, which are characters of their own once a letter is taken apart.
_ACCENTS: Final = range(0x0300, 0x0370)
#: Characters that are words: Chinese ideographs with their extensions, Japanese and Korean syllables.
_WORDS_OF_ONE: Final = (
    range(0x3040, 0x3100),
    range(0x31F0, 0x3200),
    range(0x3400, 0x4DC0),
    range(0x4E00, 0xA000),
    range(0xAC00, 0xD7B0),
    range(0xF900, 0xFB00),
    range(0x20000, 0x32000),
)
#: Characters whose words are remembered: more than people use, far fewer than there are.
_REMEMBERED: Final = 20_000


def _folded(char: str) -> str:
    """What a character is in a word; a space where it is not part of any."""
    letters = []
    for one in unicodedata.normalize("NFKC", char):
        if one.isalnum() and any(ord(one) in characters for characters in _WORDS_OF_ONE):
            letters.append(f" {one} ")
        else:
            letters += [part if _in_words(part) else " " for part in _without_accents(one)]
    return "".join(letters)


def _without_accents(char: str) -> Iterator[str]:
    parts = unicodedata.normalize("NFKD", char).casefold()
    return (part for part in parts if ord(part) not in _ACCENTS)


def _in_words(char: str) -> bool:
    """Letters and digits, and what stands above, below or behind them (vowels of Hindi, tones of Thai)."""
    return char.isalnum() or unicodedata.category(char).startswith("M")


class _Folding(dict[int, str]):
    """For `str.translate`: makes what it is asked for."""

    def __missing__(self, code: int) -> str:
        made = _folded(chr(code))
        if len(self) < _REMEMBERED:
            self[code] = made
        return made


_FOLDING: Final = _Folding()


def words_of(text: str) -> list[str]:
    """The words of a text, in order."""
    return _ASCII_WORD.findall(text.lower()) if text.isascii() else text.translate(_FOLDING).split()


def phrases_of(text: str) -> tuple[Phrase, ...]:
    """What is searched for: each word by itself, also `build-42` as a phrase of two, and each phrase in
    quotes; each once. Raises ChatError where there are too many."""
    parts = (words_of("".join(part.groups(""))) for part in _PART.finditer(text))
    phrases = tuple(dict.fromkeys(tuple(words) for words in parts if words))
    if sum(map(len, phrases)) > DEFAULT.search_words:
        most = DEFAULT.search_words
        raise ChatError(Code.TOO_LONG, f"a search has at most {most} words; please give fewer")
    return phrases


def found_in(text: str, phrases: tuple[Phrase, ...]) -> list[tuple[int, int]]:
    """Where the phrases are in a text: from which character to before which; in order, none twice."""
    places = list(_places(text))
    words = [word for word, _, _ in places]
    found: set[int] = set()
    for phrase in phrases:
        for at in range(len(words) - len(phrase) + 1):
            if tuple(words[at : at + len(phrase)]) == phrase:
                found.update(range(at, at + len(phrase)))
    spans: list[tuple[int, int]] = []
    for number in sorted(found):
        _, begin, end = places[number]
        if spans and begin < spans[-1][1]:  # of a character that is several words
            begin, end = spans[-1][0], max(end, spans[-1][1])
            spans.pop()
        spans.append((begin, end))
    return spans


def _places(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word, with where it begins and ends. An accent behind a letter belongs to it."""
    word, begin, end = "", 0, 0
    for at, char in enumerate(f"{text} "):
        letters = _FOLDING[ord(char)]
        if word and not letters:
            end = at + 1
        for letter in letters:
            if letter != " ":
                begin, end = (begin if word else at), at + 1
                word += letter
            elif word:
                yield word, begin, end
                word = ""
