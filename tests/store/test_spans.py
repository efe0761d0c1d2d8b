"""Pages since a time, and around an id: as a plain list has them, with every engine."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace as with_limits
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace

from chatd.protocol.limits import DEFAULT
from chatd.state.entry_rows import stored
from chatd.state.stored_entries import Page, Span, StoredEntry
from chatd.store.memory import MemoryLog
from tests.support.logs import Journal, sqlite
from tests.support.missed_model import DEV, LOBBY

OpenerAt = Callable[[Path, Callable[[], int]], contextlib.AbstractContextManager[Journal]]


@contextlib.contextmanager
def memory(path: Path, now: Callable[[], int]) -> Iterator[Journal]:
    yield Journal(MemoryLog(lambda: now() * 1_000_000))


def with_recent(recent: int) -> OpenerAt:
    limits = with_limits(DEFAULT, recent=recent)
    return lambda path, now: sqlite(path, now=now, limits=limits)


def as_a_list_has_it(entries: list[StoredEntry], span: Span) -> Page:
    entries = [entry for entry in entries if entry.id > span.floor]
    if span.around is not None:
        newer = span.limit // 2
        old = [entry for entry in entries if entry.id <= span.around]
        new = [entry for entry in entries if entry.id > span.around]
        kept = old[max(0, len(old) - (span.limit - newer)) :]
        return Page(kept + new[:newer], len(kept) < len(old))
    after = -1 if span.after is None else span.after
    since = -1 if span.since is None else span.since
    found = [entry for entry in entries if entry.at >= since and entry.id > after]
    if span.before is not None:
        found = [entry for entry in found if entry.id < span.before]
    if not span.from_old:
        return Page(found[max(0, len(found) - span.limit) :], len(found) > span.limit)
    return Page(found[: span.limit], len(found) > span.limit)


def places(numbers: list[int]) -> list[int]:
    """Those, what lies beside them, and what is far away."""
    return sorted({number + more for number in numbers for more in (-1, 0, 1)} | {-5, 2**53, 2**80})


@pytest.mark.parametrize("engine", [memory, *map(with_recent, (0, 4, 50))])
def test_pages_since_a_time_and_around_an_id(engine: OpenerAt, tmp_path: Path) -> None:
    """The clock stands still, goes back, and jumps."""
    clock = [0]
    with engine(tmp_path, lambda: clock[0]) as journal:
        for clock[0] in (5, 5, 5, 6, 6, 4, 9, 9, 1000, 5, 10**9):
            journal.say("x", room=LOBBY)
            journal.say("x", room=DEV)
        journal.wait_for("published", 22)
        everything = [stored(entry) for entry in journal.entries("published")]
        ours = [entry for entry in everything if entry.first == DEV.number]
        ids, times = [entry.id for entry in everything], [entry.at for entry in everything]
        spans = [Span(limit, around=id) for limit, id in product((0, 1, 2, 3, 6, 500), places(ids[::2]))]
        spans += [Span(limit, since=at) for limit, at in product((0, 1, 3, 500), places(times))]
        spans += [
            Span(2, before=before, after=after, since=at)
            for at, after, before in product(
                times[::4], (None, ids[3], ids[12], 2**80), (None, ids[5], ids[19])
            )
        ]
        spans += [
            Span(limit, before=before, after=after)
            for limit, before, after in product((1, 4), (None, ids[17], ids[9]), (None, ids[3], ids[9]))
        ]
        for floor in (ids[0], ids[7], ids[8], ids[-1], 2**60):
            spans += [replace(span, floor=floor) for span in spans if not span.floor]
        for span in spans:
            assert (span, journal.page((DEV.number, 0), span)) == (span, as_a_list_has_it(ours, span))
        assert journal.page((9, 0), Span(5, since=0)) == Page([], False)
        assert journal.page((9, 0), Span(5, around=ids[2])) == Page([], False)


def test_newer_pages_are_read_from_memory(tmp_path: Path) -> None:
    """Where what is forgotten cannot belong to them."""
    now = 0
    with with_recent(6)(tmp_path, lambda: now) as journal:
        for now in range(1, 11):
            journal.say(str(now))
        journal.wait_for("published", 10)
        ids = [entry.id for entry in journal.entries("published")]
        whole = journal.log._questions.recent.whole  # type: ignore[attr-defined]
        known = {
            at: (page := whole((1, 0), Span(50, since=at))) and [entry.text for entry in page.entries]
            for at in (5, 6, 9, 11)
        }
        assert known == {5: None, 6: ["6", "7", "8", "9", "10"], 9: ["9", "10"], 11: []}
        assert whole((1, 0), Span(6, around=ids[6])) is None
        assert whole((1, 0), Span(6, around=ids[7])) == journal.page((1, 0), Span(6, around=ids[7]))
        assert whole((1, 0), Span(6, around=ids[2])) is None
