"""An entry as words of the index, and a question as FTS5 reads it.

Beside the words of its text an entry has some that nobody can say, as they begin with a character that is
part of no word: where it was said, and by whom. A question is phrases in quotes between AND and OR: no word
of a text can hold a quote, so none is ever an operator of FTS5.
"""

import unicodedata
from typing import Final

import msgspec

from chatd.protocol.names import fold
from chatd.protocol.search_words import words_of
from chatd.state.stored_entries import UNSAID, Conversation, EntryKind, Wanted

#: FTS5 makes the same words as words_of: of what that returns, and of plain English by itself. Letters,
#: digits, what stands with them, and characters that are for private use or not known to it.
TOKENIZER: Final = "unicode61 remove_diacritics 0 categories 'L* N* M* Co Cn'"
#: Another one makes other words, perhaps: then the index is made anew.
WORDS_VERSION: Final = unicodedata.unidata_version

_UNSAYABLE: Final = "\ue000"


class IndexRow(msgspec.Struct, frozen=True, array_like=True):
    """What the index has to know of an entry."""

    id: int
    first: int
    second: int
    sender: str
    text: str
    kind: EntryKind = EntryKind.MESSAGE

    @property
    def is_indexed(self) -> bool:
        """Whether it has words there. (It has not, also where it had: see the table `unindexed`.)"""
        return self.kind not in UNSAID


def indexed_words(row: IndexRow) -> str:
    """As the index gets it. It must be the same again when the entry is taken out."""
    text = row.text if row.text.isascii() else " ".join(words_of(row.text))
    places = " ".join(_places(row.first, row.second))
    return f"{text} {places} {_by(fold(row.sender))}"


def _places(first: int, second: int) -> list[str]:
    if not second:
        return [_in((first, 0))]
    persons = (first,) if first == second else (first, second)
    return [*(_in((0, person)) for person in persons), _in((first, second))]


def _in(conversation: Conversation) -> str:
    """A room; all direct messages of a person; those of two."""
    first, second = conversation
    if not second:
        return f"{_UNSAYABLE}r{first}"
    return f"{_UNSAYABLE}d{first}x{second}" if first else f"{_UNSAYABLE}p{second}"


def _by(sender: str) -> str:
    return f"{_UNSAYABLE}n{sender.encode().hex()}"


def match_of(wanted: Wanted) -> str:
    """The question. There has to be a conversation."""
    parts = [_quoted(" ".join(phrase)) for phrase in wanted.phrases]
    if wanted.sender:
        parts.append(_quoted(_by(wanted.sender)))
    places = dict.fromkeys(map(_in, wanted.conversations))
    parts.append(f"({' OR '.join(map(_quoted, places))})")
    return " AND ".join(parts)


def _quoted(words: str) -> str:
    return f'"{words}"'
