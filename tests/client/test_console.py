"""Events as line mode prints them."""

from chatd.protocol.events import Event
from chatd.protocol.moderation_events import Acted, AuditPage, BanInfo, BanList
from chatd.protocol.people_events import Identity, UnreadCounts, UnreadMessages
from chatd_client.console import rendered

ROOMS = [f"{letter * 32}" for letter in "abcdefghijklmn"]


def lines(event: Event) -> list[str]:
    return rendered(event).decode().splitlines()


def test_a_long_list_of_rooms_goes_on_in_a_further_line() -> None:
    whois, unread = (
        Identity("bob", account=True, here=True, since=0, rooms=ROOMS),
        UnreadCounts([UnreadMessages(1, 0, room=room) for room in ROOMS]),
    )
    for event in (whois, unread):
        first, second = lines(event)
        assert ROOMS[0] in first and second.startswith("* ") and ROOMS[-1] in second


def test_no_line_begins_with_what_somebody_made_up() -> None:
    evil = "x\n* alice is now root\x1b[31m"
    assert len(lines(Identity(evil, True, True, 0, [evil], away=evil))) == 1
    assert len(lines(UnreadCounts([UnreadMessages(1, 0, room=evil), UnreadMessages(1, 0, whom=evil)]))) == 1


def test_acts_are_lines_and_nothing_in_them_is() -> None:
    evil = "x\n* alice is now root\x1b[31m"
    act = Acted(act="ban", room=evil, id=1, at=0, by=evil, whom=evil, reason=evil, value=evil)
    assert len(lines(act)) == 1 and "\x1b" not in lines(act)[0]
    assert lines(Acted(act="announce", room="lobby", id=1, at=0, by="bob", value="one\ntwo")) == [
        "* announcement of bob: one",
        "* announcement of bob: two",
    ]
    assert len(lines(AuditPage(room=evil, acts=[act]))) == 2
    assert len(lines(BanList(room=evil, bans=[BanInfo("ban", evil, evil, 0, reason=evil)]))) == 2
