"""The stamp behind a text tells its number, its time, and whether it was changed."""

import pytest

from loadtests.engine import stamps

TEXT = stamps.stamp("alice", "bob", "how is\nthe ~train~?", 7, 123)


def test_a_stamp_is_read_back() -> None:
    assert stamps.read("alice", "bob", TEXT) == ("how is\nthe ~train~?", 7, 123)
    assert stamps.read("a", "b", stamps.stamp("a", "b", "", 0, 0)) == ("", 0, 0)
    assert len(stamps.stamp("a", "b", "", 100, 10**15)) == pytest.approx(stamps.LENGTH, abs=4)


@pytest.mark.parametrize(
    ("sender", "to", "text"),
    [
        ("alice", "bob", TEXT.replace("how", "who")),
        ("alice", "bob", TEXT.replace(".7.", ".8.")),
        ("alice", "bob", TEXT[:-1]),
        ("alice", "bob", TEXT + " "),
        ("carol", "bob", TEXT),
        ("alice", "carol", TEXT),
        ("alice", "bob", "a stranger's ~ text"),
    ],
)
def test_what_was_changed_has_no_stamp(sender: str, to: str, text: str) -> None:
    assert stamps.read(sender, to, text) == (text, -1, 0)


def test_another_machines_time_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "HOST", "0" * 8)
    text = stamps.stamp("alice", "bob", "hi", 7, 123)
    monkeypatch.undo()
    assert stamps.read("alice", "bob", text) == ("hi", 7, 0)
