"""A page of history of which nothing is understood: the window gets over it."""

import msgspec

from chatd.protocol.events import Event, RoomInfo
from chatd_client.incoming import NOT_UNDERSTOOD, event_of
from tests.support.pages import begun, line, older, texts


def not_understood(ref: str) -> Event:
    """A page with a kind of message that a newer server has."""
    return event_of(
        msgspec.json.encode({"type": "page", "room": "x", "messages": [{"type": "poll"}], "ref": ref})
    )


def test_a_page_that_is_not_understood_is_told_and_asked_for_again() -> None:
    controller = begun()
    controller.on_updates([not_understood("history new #lobby")])
    assert controller.rows()[-1] == f"T ! {NOT_UNDERSTOOD.text}"
    assert len(controller.link.pages) == 1
    for count in (2, 3):
        controller.scrolled(True)
        assert len(controller.link.pages) == count
        controller.on_updates([not_understood("history old #lobby")])
        assert controller.rows()[-count:] == [f"T ! {NOT_UNDERSTOOD.text}"] * count
    controller.scrolled(True)
    controller.on_updates([older(line(1), more=False)])
    assert texts(controller)[:2] == ["* this is where the lobby begins", "line 1"]


def test_nobody_waits_for_what_may_have_been_the_page() -> None:
    """A line of which nothing is understood, not even whose answer it is."""
    controller = begun()
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert len(controller.link.pages) == 2
    controller.on_updates([NOT_UNDERSTOOD])
    for window in ("lobby", "#dev"):
        assert controller.rows_of(window)[-1] == f"T ! {NOT_UNDERSTOOD.text}"
    controller.scrolled(True)
    assert [asked.ref for asked in controller.link.pages[2:]] == ["history old #dev"]
    controller.on_updates([older(line(1, "dev"), room="dev"), NOT_UNDERSTOOD, NOT_UNDERSTOOD])
    controller.types("/w 1")
    controller.scrolled(True)
    assert [asked.ref for asked in controller.link.pages[3:]] == ["history old #lobby"]
    assert controller.rows().count(f"T ! {NOT_UNDERSTOOD.text}") == 1  # nothing was on its way any more
