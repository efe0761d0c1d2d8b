"""The list of windows in the status line, at every width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd_client.screen.cells import width
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import ControllerFixture, direct, entered, said

THIRTY = [f"room{number}" for number in range(1, 29)]


def crowded() -> ControllerFixture:
    """In 29 rooms and with a person: something is new in three."""
    controller = entered(*THIRTY)
    controller.on_updates(
        [said("x", room="room4"), *(said("x", room="room9") for _ in range(120)), direct("x")]
    )
    controller.types("/w 1")
    return controller


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        (20, "[1:lobby] +29!"),
        (26, "[1:lobby] 30:bob(1!) +28"),
        (40, "[1:lobby] 5:#room4(1) 30:bob(1!) +27"),
        (70, "alice · [1:lobby] 5:#room4(1) 10:#room9(99+) 30:bob(1!) +26 · online"),
        (60, "[1:lobby] 5:#room4(1) 10:#room9(99+) 30:bob(1!) +26 · online"),
    ],
)
def test_what_is_important_is_shown_first(columns: int, status: str) -> None:
    assert crowded().status_text(columns) == status.ljust(columns)


def test_nothing_is_shown_in_place_of_what_is_more_important() -> None:
    controller = entered("a", *THIRTY)
    controller.on_updates([direct("x")])
    controller.types("/w 1")
    assert controller.status_text(22).rstrip() == "[1:lobby] +30!"  # not 2:#a, which would fit


def test_trouble_is_told_before_windows() -> None:
    controller = crowded()
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 3.0)])
    assert controller.status_text(20).rstrip() == "[1:lobby] +29!"
    assert controller.status_text(40).rstrip() == "[1:lobby] +29! · reconnecting in 3 s"


@given(st.integers(0, 120), st.sampled_from(["x", "你" * 20, "bob", "e\u0301" * 32]))
def test_it_is_never_wider_than_the_terminal(columns: int, title: str) -> None:
    controller = _KEPT.setdefault("crowded", crowded())
    controller.windows.all[3].subject = controller.windows.all[3].subject._replace(room=title)
    controller.windows.go(controller.windows.all[columns % 30])
    row = controller.status(columns)
    assert sum(width(text) for _, text in row) == columns
    current = [text for style, text in row if style == "class:current"]
    assert current or columns < 4


_KEPT: dict[str, ControllerFixture] = {}


def test_mentions_have_a_style_of_their_own() -> None:
    styles = {text: style for style, text in crowded().status(200) if style}
    assert styles["30:bob(1!)"] == "class:mentioned"
    assert styles["5:#room4(1)"] == "class:unread"
    assert styles["[1:lobby]"] == "class:current"
