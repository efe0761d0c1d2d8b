"""What the desk does with what is typed, and with what happens to the link and to those who are here."""

import pytest
from chatd_client.updates import LinkChanged, LinkState

from chatd.protocol.events import Joined, Left, Lost, UserList, Welcome
from chatd.protocol.requests import Quit, Users
from tests.support.screen_seat import LIMITS, ONLINE, Seat, direct, said


def test_what_is_typed_and_wrong_is_said_here() -> None:
    desk = Seat()
    desk.types("", "  ", "/nope", "/dm bob", "/clear all")
    assert desk.rows() == [
        "T ! there is no command /nope; /help lists the commands",
        'T ! please write /dm NAME "MESSAGE"',
        "T ! please write /clear",
    ]
    assert desk.wire.asked == []


def test_local_commands() -> None:
    desk = Seat()
    desk.types("/ignore BOB", "/unignore carol")
    desk.heard([said("ignored"), direct("ignored"), said("shown", "Carol")])
    assert len(desk.rows()) == 3
    desk.types("/unignore bob", "/clear")
    desk.heard([said("shown again")])
    assert desk.rows() == ["T   <bob> shown again"]
    desk.types("/search nowhere", "/search AGAIN", "/reconnect", "/name dave", "/name 4")
    assert desk.wire.asked == ["reconnect", "rename dave"]
    assert desk.rows()[1] == "T ! nowhere was not found"
    assert desk.rows()[2].startswith("T ! a name has 1 to 32")
    desk.types("/clear", "/help")
    assert "T *   /resend - send the lines marked ? again" in desk.rows()


def test_commands_of_the_server() -> None:
    desk = Seat()
    desk.types("/users", "/quit so long")
    assert desk.wire.asked == [Users(), Quit(reason="so long")]
    desk.leave()
    assert desk.wire.asked[-1] == Quit()
    desk.heard([LinkChanged(LinkState.RECONNECTING, "cut off", 4.0)])
    desk.types("/users")
    assert desk.rows() == ["T ! cut off", "T ! there is no link to the server at the moment"]


def test_leaving_tells_what_it_waits_for() -> None:
    desk = Seat()
    desk.heard([LinkChanged(LinkState.ONLINE)])
    desk.types("one", "two", "/quit")
    assert desk.rows()[-1] == "T * leaving when 2 of your lines were answered; Ctrl-C leaves at once"
    assert desk.leaving
    desk.heard([said(f"line {number}") for number in range(50)])
    desk.scrollback.scroll(5, 80, 20)
    desk.leave()  # Ctrl-C
    assert not desk.scrollback.scrolled


def test_the_name_is_asked_for() -> None:
    desk = Seat()
    desk.heard([LinkChanged(LinkState.NAMELESS, "alice is taken")])
    assert desk.rows() == ["T ! alice is taken", "T * which name do you want? type it, and press Enter"]
    assert desk.status(60).rstrip() == "host:1 · alice · lobby · offline"
    desk.types("not a name", "dave")
    assert desk.wire.asked == ["rename dave"]
    desk.heard([ONLINE, Welcome(nick="dave", token="t", server="s", users=1, limits=LIMITS), said("hi dave")])
    assert desk.rows()[-1] == "T » <bob> hi dave"
    assert desk.wire.asked[-1] == Users(ref="roster")


def test_the_same_trouble_is_told_once() -> None:
    desk = Seat()
    for _ in range(3):
        desk.heard([LinkChanged(LinkState.CONNECTING), LinkChanged(LinkState.RECONNECTING, "refused", 1.0)])
    desk.heard([ONLINE, LinkChanged(LinkState.RECONNECTING, "refused", 1.0)])
    assert desk.rows() == ["T ! refused"] * 2


def test_what_to_do_when_the_own_name_is_refused_on_coming_back() -> None:
    desk = Seat()
    refused = LinkChanged(LinkState.RECONNECTING, "the name alice is taken", 6.0, refused=True)
    desk.heard([LinkChanged(LinkState.CONNECTING), refused, LinkChanged(LinkState.CONNECTING), refused])
    assert desk.rows() == [
        "T ! the name alice is taken",
        "T * /name NAME comes in under another name; until then yours is tried again",
    ]


def test_the_status_line() -> None:
    desk = Seat()
    assert desk.status(60).rstrip() == "host:1 · alice · lobby · 3 here · online"
    desk.heard(
        [
            Joined(["dave"], 1),
            Left(["bob"], 1),
            Lost(["Carol"], 1, "reset"),
            LinkChanged(LinkState.RECONNECTING, "", 3.5),
        ]
    )
    desk.now = 1.0
    assert desk.status(60).rstrip() == "host:1 · alice · lobby · reconnecting in 3 s"
    desk.now = 9.0
    assert "in 0 s" in desk.status(60)
    desk.heard([ONLINE, *(said(f"line {number}") for number in range(30))])
    desk.scrollback.scroll(5, 80, 20)
    assert "2 here · online · scrolled up" in desk.status(60)
    desk.heard([said("new")])
    assert "1 new below" in desk.status(60)
    desk.types("hello")
    assert not desk.scrollback.scrolled


def test_a_farewell_goes_to_the_keeper_as_it_is() -> None:
    desk = Seat()
    desk.types("/quit " + "x" * 1000)
    assert desk.wire.asked == [Quit(reason="x" * 1000)]


def test_a_pasted_line_is_a_message_whatever_it_begins_with() -> None:
    desk = Seat()
    desk.heard([LinkChanged(LinkState.NAMELESS, "alice is taken")])
    for line in ("/quit", ' "two" ', "three\x1b\udcff", "\x1b"):
        desk.say(line)
    assert [message.text for message in desk.wire.asked] == ["/quit", ' "two" ', "three?"]
    assert desk.rows()[-1] == "T ! the message is empty; write something to say"


@pytest.mark.parametrize("typed", ["/nope", "/search", "/search nowhere", "/ignore bob", "/help", "/users"])
def test_what_comes_of_something_typed_is_to_be_seen(typed: str) -> None:
    desk = Seat()
    desk.heard([said(f"line {number}") for number in range(50)])
    desk.scrollback.scroll(5, 80, 20)
    assert desk.scrollback.scrolled
    desk.types(typed)
    assert not desk.scrollback.scrolled


def test_a_search_goes_up_from_what_is_seen() -> None:
    desk = Seat()
    desk.heard([said(f"line {number}") for number in range(50)])
    desk.scrollback.scroll(15, 80, 20)
    desk.types("/search 5")
    assert "".join(text for _, text in desk.scrollback.view(80, 20)[-1]) == "T   <bob> line 25"


def test_tab_offers_the_others() -> None:
    desk = Seat()
    desk.heard([said("hi", "Carol"), said("own", "alice")])
    assert desk.names() == ["Carol", "bob"]


def test_names_are_shown_like_all_that_comes_from_a_server() -> None:
    desk = Seat()
    desk.heard([UserList(["al\x1bice", "b\u202eob"], 2), Joined(["d\nave"], 1), said("hi", "e\u200dve")])
    assert desk.names() == ["eve", "bob"]  # nobody is called d ave
    desk.types("/ignore eve", "/clear")
    desk.heard([Left(["bo\u202eb"], 1), said("ignored", "e\u200dve")])
    assert desk.names() == ["eve"]
    assert desk.rows() == ["T * bob left"]
