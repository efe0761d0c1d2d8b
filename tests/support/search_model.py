"""What a search finds, worked out of a plain list of all entries; and texts and questions to try."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from hypothesis import strategies as st

from chatd.protocol.search_words import Phrase, phrases_of, words_of
from chatd.state.entry_rows import stored
from chatd.state.message_log import IDS_A_MILLISECOND
from chatd.state.rooms import Room
from chatd.state.sessions import Session
from chatd.state.stored_entries import Conversation, Found, NotFound, StoredEntry, Wanted
from chatd.store.sqlite.engine import SqliteLog
from chatd.store.sqlite.search import upkeep
from tests.support.faulty_disk import until
from tests.support.logs import Journal
from tests.support.missed_model import DEV, LOBBY, OPS, PEOPLE

#: Few, so that they meet often: with accents, in several scripts, and whatever an index may take for its own.
WORDS = st.sampled_from(
    [
        "build",
        "Build",
        "deploy",
        "Ünïcode",
        "unicode",
        "ΔΕΛΤΑ",
        "straße",
        "STRASSE",
        "漢字",
        "漢",
        "字仮",
        "かな",
        "한국어",
        "नमस्ते",
        "สวัสดี",
        "👍",
        "👨\u200d👩\u200d👧",
        "ﬁne",
        "fine",
        "I",
        "ı",
        "İ",
        "x1",
        "１",
        "é",
        "é",
        "a_b",
        "2²",
        '"',
        "*",
        "NEAR(",
        "AND",
        "OR",
        "NOT",
        "^",
        ":",
        "-",
        "+",
        "words:",
        "{",
        "}",
        "(",
        "'",
        "\\",
        "%",
        "build*",
    ]
)
TEXTS = st.lists(
    st.tuples(WORDS, st.sampled_from([" ", "", "-", ", ", "\n", "…"])), min_size=1, max_size=6
).map(lambda parts: "".join(word + behind for word, behind in parts))


@dataclass(frozen=True)
class Remark:
    """Somebody says a text in a room, or else to somebody; `later`: the clock has moved by then."""

    by: Session
    text: str
    room: Room | None
    to: Session
    later: int

    def said(self, journal: Journal) -> StoredEntry:
        if self.room is None:
            return stored(journal.write(self.text, self.to, self.by))
        return stored(journal.say(self.text, room=self.room, by=self.by))


REMARKS = st.builds(
    Remark,
    st.sampled_from(PEOPLE),
    TEXTS,
    st.sampled_from([LOBBY, LOBBY, DEV, OPS, None]),
    st.sampled_from(PEOPLE),
    st.sampled_from([0, 0, 1, 7]),
)

_PHRASES = st.one_of(TEXTS, TEXTS.map(lambda text: '"' + text.replace('"', "") + '"'), st.just("")).map(
    phrases_of
)
_CONVERSATIONS = st.sampled_from(
    [
        ((1, 0),),
        ((2, 0), (1, 0)),
        ((1, 0), (2, 0), (0, 7)),
        ((0, 11),),
        ((7, 11),),
        ((11, 11), (3, 0)),
        ((9, 0),),
        (),
    ]
)
_NUMBERS = st.one_of(st.none(), st.integers(-2, 60), st.just(2**80))
_IDS = st.builds(lambda at, more: at * IDS_A_MILLISECOND + more, st.integers(0, 20), st.integers(0, 4))
_FLOORS = st.dictionaries(st.sampled_from([1, 2, 3]), _IDS, max_size=3).map(
    lambda floors: tuple(floors.items())
)
WANTED = st.builds(
    Wanted,
    _PHRASES,
    _CONVERSATIONS,
    st.sampled_from([0, 1, 2, 5, 500]),
    st.sampled_from(["", "", "p7", "nobody"]),
    _NUMBERS,
    _NUMBERS,
    _NUMBERS,
    st.booleans(),
    _FLOORS,
)


def indexed(journal: Journal) -> None:
    """Wait until everything that was published can be found."""
    if isinstance(journal.log, SqliteLog):
        state = journal.log._searches._upkeep
        until(lambda: not state._coming)


@contextmanager
def at_once() -> Iterator[None]:
    """What is new gets into the index without a wait."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "_NEXT", 0.0)
        patch.setattr(upkeep, "_SOON", 0.0)
        yield


def what_is_found(everything: list[StoredEntry], wanted: Wanted) -> Found:
    fitting = [entry for entry in reversed(everything) if _fits(entry, wanted)]
    hits = fitting[: wanted.limit]
    context = [_around(everything, hit, _floor(hit, wanted)) for hit in hits] if wanted.context else None
    return Found(hits, len(hits) < len(fitting), 0, context)


def _fits(entry: StoredEntry, wanted: Wanted) -> bool:
    bounds = (
        wanted.before is None or entry.id < wanted.before,
        wanted.since is None or entry.at >= wanted.since,
        wanted.until is None or entry.at < wanted.until,
        not wanted.sender or entry.sender.lower() == wanted.sender,
        entry.id > _floor(entry, wanted),
    )
    there = any(_is_in(entry, conversation) for conversation in wanted.conversations)
    words = words_of(entry.text)
    return there and all(bounds) and all(_has(words, phrase) for phrase in wanted.phrases)


def _floor(entry: StoredEntry, wanted: Wanted) -> int:
    return 0 if entry.second else dict(wanted.floors).get(entry.first, 0)


def _is_in(entry: StoredEntry, conversation: Conversation) -> bool:
    first, second = conversation
    if not first:
        return entry.second != 0 and second in (entry.first, entry.second)
    return conversation == (entry.first, entry.second)


def _has(words: list[str], phrase: Phrase) -> bool:
    size = len(phrase)
    return any(tuple(words[at : at + size]) == phrase for at in range(len(words)))


def _around(
    everything: list[StoredEntry], hit: StoredEntry, floor: int
) -> tuple[StoredEntry | None, StoredEntry | None]:
    place = (hit.first, hit.second)
    same = [entry for entry in everything if (entry.first, entry.second) == place and entry.id > floor]
    at = same.index(hit)
    return same[at - 1] if at else None, same[at + 1] if at + 1 < len(same) else None


def compare(everything: list[StoredEntry], wanted: Wanted, found: Found | NotFound) -> None:
    """Whether it is the answer, however long it took."""
    expected = what_is_found(everything, wanted)
    assert isinstance(found, Found)
    assert (wanted, found.entries, found.more, found.context) == (
        wanted,
        expected.entries,
        expected.more,
        expected.context,
    )
