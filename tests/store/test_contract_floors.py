"""Floors of who asks, with every engine: nothing at or below one is in any answer, nor counted, nor a gap."""

from pathlib import Path

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.protocol.search_words import phrases_of
from chatd.state.rooms import Room
from chatd.state.stored_accounts import UnreadQuestion, UnreadRoom
from chatd.state.stored_entries import Found, Missed, Span, Wanted
from tests.store.test_contract import Opener, every_engine
from tests.support.logs import Journal
from tests.support.people import caught_up, unread
from tests.support.search_model import at_once, indexed

DEV = Room("dev", DEFAULT, 2)


def filled(journal: Journal) -> list[int]:
    """Six messages in dev with three in the lobby between them; the ids of all."""
    for number in range(9):
        journal.say(f"bob x{number}", room=DEV if number % 3 else None)
    journal.wait_for("published", 9)
    return [entry.id for entry in journal.entries("published")]


@every_engine
@pytest.mark.parametrize("floor", range(-1, 9))
def test_21_pages(engine: Opener, tmp_path: Path, floor: int) -> None:
    with engine(tmp_path) as journal:
        ids = filled(journal)
        bound = ids[floor] if floor >= 0 else 0
        visible = [number for number in (1, 2, 4, 5, 7, 8) if number > floor]

        def page(**span: int) -> tuple[list[int], bool]:
            found = journal.page((2, 0), Span(floor=bound, **span))
            assert found is not None
            return [ids.index(entry.id) for entry in found.entries], found.more

        assert page(limit=2) == (visible[-2:], len(visible) > 2)
        assert page(limit=9) == (visible, False)
        assert page(limit=2, before=ids[5]) == (
            [one for one in visible if one < 5][-2:],
            sum(one < 5 for one in visible) > 2,
        )
        assert page(limit=2, after=0) == (visible[:2], len(visible) > 2)
        assert page(limit=2, since=0) == (visible[:2], len(visible) > 2)
        older, newer = [one for one in visible if one <= 4], [one for one in visible if one > 4]
        assert page(limit=2, around=ids[4]) == (older[-1:] + newer[:1], len(older) > 1)


@every_engine
def test_21_what_was_missed(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        ids = filled(journal)

        def missed(most: int | None, *floors: tuple[int, int]) -> list[str]:
            [page] = journal.all_missed(Missed(13, (1, 2), 0, most, floors))
            gaps = [f"{gap.count} of {gap.number}" for gap in page.gaps]
            return [*gaps, "".join(str(ids.index(entry.id)) for entry in page.entries)]

        assert missed(None, (2, ids[4])) == ["035678"]
        assert missed(100, (2, ids[7])) == ["0368"]
        assert missed(2, (2, ids[4])) == ["3 of 1", "1 of 2", "78"]
        assert missed(3, (2, ids[-1])) == ["036"]
        assert missed(0, (1, ids[-1]), (2, ids[-1])) == [""]


@every_engine
def test_21_what_is_unread(engine: Opener, tmp_path: Path) -> None:
    with engine(tmp_path) as journal:
        ids = filled(journal)
        question = UnreadQuestion(7, "bob", (1, 2), 0, ((2, ids[4]),))
        assert unread(journal, question).rooms == (UnreadRoom(1, 3, 3, 0), UnreadRoom(2, 3, 3, 0))
        found = caught_up(journal, question)
        assert [ids.index(entry.id) for entry in found.first] == [0, 3, 5, 6, 7, 8] and not found.more
        assert not caught_up(journal, question, 6).more and caught_up(journal, question, 5).more


@every_engine
def test_21_what_is_found(engine: Opener, tmp_path: Path) -> None:
    with at_once(), engine(tmp_path) as journal:
        ids = filled(journal)
        indexed(journal)

        def found(floor: int, limit: int = 50, words: str = "bob") -> tuple[list[int], bool]:
            floors = ((2, ids[floor]), (9, ids[-1]))
            answer = journal.search(Wanted(phrases_of(words), ((1, 0), (2, 0)), limit, floors=floors))
            assert isinstance(answer, Found)
            return [ids.index(entry.id) for entry in answer.entries], answer.more

        assert found(4) == ([8, 7, 6, 5, 3, 0], False)
        assert found(8, limit=3) == ([6, 3, 0], False) and found(8, limit=2) == ([6, 3], True)
        assert found(4, words="x4") == ([], False) and found(3, words="x4") == ([4], False)
        wanted = Wanted(phrases_of("x5 "), ((2, 0),), 5, context=True, floors=((2, ids[4]),))
        answer = journal.search(wanted)
        assert isinstance(answer, Found) and answer.context is not None
        [(older, newer)] = answer.context
        assert older is None and newer is not None and newer.id == ids[7]
