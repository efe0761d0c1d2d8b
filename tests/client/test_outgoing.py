"""The queue of typed messages."""

import pytest

from chatd.protocol.requests import Direct, Say
from chatd_client import outgoing
from chatd_client.outgoing import Message, Outgoing


def filled(*refs: str) -> Outgoing:
    lines = Outgoing()
    for ref in refs:
        assert lines.add(Say(text=f"line {ref}", ref=ref))
    return lines


def taken(lines: Outgoing) -> list[str | None]:
    """Take everything that is waiting; returns the refs."""
    found: list[str | None] = []
    while (message := lines.take()) is not None:
        found.append(message.ref)
    return found


def test_lines_leave_in_order_and_once() -> None:
    lines = filled("1", "2")
    message: Message = Direct(to="bob", text="psst", ref="3")
    assert lines.add(message)
    assert taken(lines) == ["1", "2", "3"]
    assert taken(lines) == []
    assert len(lines) == 3


def test_an_answer_removes_a_message_in_any_state() -> None:
    lines = filled("1", "2", "3")
    taken(lines)
    lines.link_broken()
    assert lines.take() is not None
    assert [lines.answered(ref) for ref in ("1", "2", "3", "3", "nobody's")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert len(lines) == 0


def test_what_was_written_when_the_link_broke_is_written_again_first() -> None:
    lines = filled("1", "2", "3", "4")
    lines.take(), lines.take()
    lines.answered("1")
    lines.link_broken()
    lines.take(), lines.take()
    lines.link_broken()
    lines.add(Say(text="new", ref="5"))
    assert taken(lines) == ["2", "3", "4", "5"]


def test_what_may_have_arrived_cannot_be_cancelled() -> None:
    lines = filled("1", "2", "3")
    lines.take()
    lines.link_broken()
    assert lines.cancel(["1", "3"]) == ["3"]
    assert taken(lines) == ["1", "2"]


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_UNANSWERED", 2)
    lines = filled("1", "2")
    assert not lines.add(Say(text="too many", ref="3"))
    assert taken(lines) == ["1", "2"]


def test_no_more_are_written_than_may_be_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_WRITTEN", 2)
    lines = filled("1", "2", "3", "4", "5")
    assert taken(lines) == ["1", "2"]
    lines.answered("1")
    assert taken(lines) == ["3"]
    lines.put_back("3")
    assert taken(lines) == ["3"]
    lines.link_broken()
    assert taken(lines) == ["2", "3"]


def test_who_leaves_waits_for_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "MAX_WRITTEN", 1)
    lines = filled("1", "2", "3")
    found = [lines.take(leaving=True) for _ in range(4)]
    assert [message and message.ref for message in found] == ["1", "2", "3", None]


def test_what_is_not_written_can_be_cancelled() -> None:
    lines = filled("1", "2", "3")
    lines.take()
    assert lines.cancel(["1", "3", "nobody's"]) == ["3"]
    assert lines.cancel(["3"]) == []
    assert taken(lines) == ["2"]
    assert len(lines) == 2
