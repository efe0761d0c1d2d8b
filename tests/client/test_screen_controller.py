"""What the controller does with typed lines and with updates."""

import pytest

from chatd.protocol.events import Joined, Left, Lost, UserList, Welcome
from chatd.protocol.requests import Direct, Quit, Say, Users
from chatd_client.outgoing import DeliveryState
from chatd_client.updates import Cancelled, DeliveryChanged, LinkChanged, LinkState, Update
from tests.support.controller_fixture import LIMITS, ONLINE, ControllerFixture, direct, said


def test_what_is_typed_and_wrong_is_said_here() -> None:
    controller = ControllerFixture()
    controller.types("", "  ", "/nope", "/dm bob", "/clear all")
    assert controller.rows() == [
        "T ! there is no command /nope; /help lists the commands",
        'T ! please write /dm NAME "MESSAGE"',
        "T ! please write /clear",
    ]
    assert controller.link.asked == []


def test_local_commands() -> None:
    controller = ControllerFixture()
    controller.types("/ignore BOB", "/unignore carol")
    controller.on_updates([said("ignored"), direct("ignored"), said("shown", "Carol")])
    assert len(controller.rows()) == 3
    controller.types("/unignore bob", "/clear")
    controller.on_updates([said("shown again")])
    assert controller.rows() == ["T   <bob> shown again"]
    controller.types("/find nowhere", "/find AGAIN", "/reconnect", "/name dave", "/name 4")
    assert controller.link.asked == ["reconnect", "rename dave"]
    assert controller.rows()[1] == "T ! nowhere was not found"
    assert controller.rows()[2].startswith("T ! a name has 1 to 32")
    controller.types("/clear", "/help")
    assert "T *   /reconnect - connect anew, now" in controller.rows()


@pytest.mark.parametrize("before", [" ", "  ", "\t", "\u00a0", "\u3000", "\u200b", "\ufeff \u2060"])
def test_what_stands_before_a_command_does_not_make_it_public(before: str) -> None:
    controller = ControllerFixture()
    controller.types(f"{before}/dm bob psst", f"{before}/nope", f"{before}/clear", f"{before}//x")
    controller.types(" text / text", "text /dm bob psst")
    assert controller.link.asked == [
        Direct(to="bob", text="psst", ref="1"),
        Say(text="/x", ref="2"),
        Say(text=" text / text", ref="3"),
        Say(text="text /dm bob psst", ref="4"),
    ]


def test_no_name_is_given_by_a_command_behind_a_space() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.NAMELESS, "alice is taken")])
    controller.types(" /dm bob psst")
    assert controller.link.asked == [Direct(to="bob", text="psst", ref="1")]


def test_commands_of_the_server() -> None:
    controller = ControllerFixture()
    controller.types("/users", "/quit so long")
    assert controller.link.asked == [Users(ref="typed 1"), Quit(reason="so long")]
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut off", 4.0)])
    controller.types("/users")
    assert controller.rows() == ["T ! cut off", "T ! there is no link to the server at the moment"]


def test_whoever_left_was_not_cut_off_however_often_it_is_said() -> None:
    """A terminal that goes away says so twice: by a signal, and by an error."""
    controller = ControllerFixture()
    controller.types("/quit so long")
    controller.on_updates([LinkChanged(LinkState.OFFLINE)])
    controller.leave()
    assert not controller.cut_off
    assert controller.link.asked == [Quit(reason="so long")]


def test_who_leaves_without_a_link_was_cut_off() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut off", 4.0)])
    controller.leave()
    assert controller.cut_off


def test_leaving_tells_what_it_waits_for() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.ONLINE)])
    controller.types("one", "two", "/quit")
    assert controller.rows()[-1] == "T * leaving when 2 of your lines were answered; Ctrl-C leaves at once"
    assert controller.leaving
    controller.on_updates([said(f"line {number}") for number in range(50)])
    controller.scrollback.scroll(5, 80, 20)
    controller.leave()  # Ctrl-C
    assert not controller.scrollback.scrolled


def test_the_name_is_asked_for() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.NAMELESS, "alice is taken")])
    assert controller.rows() == ["T ! alice is taken", "T * which name do you want? type it, and press Enter"]
    assert controller.status_text(60).rstrip() == "host:1 · alice · [1:lobby] · offline"
    controller.types("not a name", "dave")
    assert controller.link.asked == ["rename dave"]
    controller.on_updates(
        [ONLINE, Welcome(nick="dave", token="t", server="s", users=1, limits=LIMITS), said("hi dave")]
    )
    assert controller.rows()[-1] == "T » <bob> hi dave"
    assert controller.link.asked[-1] == Users(ref="roster")


def test_the_same_trouble_is_told_once() -> None:
    controller = ControllerFixture()
    for _ in range(3):
        controller.on_updates(
            [LinkChanged(LinkState.CONNECTING), LinkChanged(LinkState.RECONNECTING, "refused", 1.0)]
        )
    controller.on_updates([ONLINE, LinkChanged(LinkState.RECONNECTING, "refused", 1.0)])
    assert controller.rows() == ["T ! refused"] * 2


def test_what_to_do_when_the_own_name_is_refused_on_coming_back() -> None:
    controller = ControllerFixture()
    refused = LinkChanged(LinkState.RECONNECTING, "the name alice is taken", 6.0, refused=True)
    controller.on_updates(
        [LinkChanged(LinkState.CONNECTING), refused, LinkChanged(LinkState.CONNECTING), refused]
    )
    assert controller.rows() == [
        "T ! the name alice is taken",
        "T * /name NAME comes in under another name; until then yours is tried again",
    ]


def test_the_status_line() -> None:
    controller = ControllerFixture()
    assert controller.status_text(60).rstrip() == "host:1 · alice · [1:lobby] · 3 here · online"
    controller.on_updates(
        [
            Joined(["dave"], 1),
            Left(["bob"], 1),
            Lost(["Carol"], 1, "reset"),
            LinkChanged(LinkState.RECONNECTING, "", 3.5),
        ]
    )
    controller.now = 1.0
    assert controller.status_text(60).rstrip() == "host:1 · alice · [1:lobby] · reconnecting in 3 s"
    controller.now = 9.0
    assert "in 0 s" in controller.status_text(60)
    controller.on_updates([ONLINE, *(said(f"line {number}", "dave") for number in range(30))])
    controller.scrollback.scroll(5, 80, 20)
    assert "2 here · online · scrolled up" in controller.status_text(60)
    controller.on_updates([said("new", "dave")])
    assert "1 new below" in controller.status_text(60)
    controller.types("hello")
    assert not controller.scrollback.scrolled


@pytest.mark.parametrize("late", [True, False])
def test_who_comes_back_under_another_name_is_counted_once(late: bool) -> None:
    """The old name's departure is told before the list, or behind it."""
    controller = ControllerFixture()
    welcome = Welcome(nick="dave", token="t", server="s", users=4, limits=LIMITS)
    events = [Left(["alice"], 1, "now dave"), UserList(["bob", "Carol", "dave"], 3, ref="roster")]
    controller.on_updates([ONLINE, welcome, *(reversed(events) if late else events)])
    assert "3 here" in controller.status_text(60)


def test_a_quit_goes_to_the_link_as_it_is() -> None:
    controller = ControllerFixture()
    controller.types("/quit " + "x" * 200)
    assert controller.link.asked == [Quit(reason="x" * 200)]


def test_a_pasted_line_is_a_message_whatever_it_begins_with() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.NAMELESS, "alice is taken")])
    controller.typed.send_pasted(["/quit", ' "two" ', "three\x1b\udcff", "\x1b"])
    assert [message.text for message in controller.link.asked] == ["/quit", ' "two" ', "three?"]
    assert controller.rows()[-1] == "T ! the message is empty; write something to say"


def changed(state: DeliveryState, *refs: str) -> list[Update]:
    return [DeliveryChanged(ref, state) for ref in refs]


def test_a_paste_tells_how_far_it_is() -> None:
    controller = ControllerFixture()
    assert not controller.sending
    controller.types("typed")
    controller.typed.send_pasted(["two", "three", "four", "five"])
    controller.types("typed")
    assert "online · sending 0 of 4, Ctrl-C stops it" in controller.status_text(80)
    controller.on_updates(changed(DeliveryState.ACKNOWLEDGED, "1", "2"))
    assert "sending 1 of 4" in controller.status_text(80)
    controller.on_updates(changed(DeliveryState.REFUSED, "3"))
    controller.typed.send_pasted(["seven"])
    assert "sending 2 of 5" in controller.status_text(80)
    controller.on_updates(changed(DeliveryState.ACKNOWLEDGED, "4", "5", "7"))
    assert not controller.sending
    assert "sending" not in controller.status_text(80)
    controller.typed.send_pasted(["eight"])
    assert "sending 0 of 1" in controller.status_text(80)


def test_a_paste_is_cancelled_as_far_as_it_is_not_sent() -> None:
    controller = ControllerFixture()
    controller.typed.send_pasted(["one", "two", "three", "four"])
    controller.on_updates(changed(DeliveryState.ACKNOWLEDGED, "1"))
    controller.messages.stop_paste()
    assert controller.link.asked[4:] == [("cancel", "2", "3", "4")]
    assert not controller.sending
    controller.on_updates([Cancelled(("3", "4")), *changed(DeliveryState.ACKNOWLEDGED, "2")])
    assert controller.rows() == [
        "T > <alice> one",
        "T > <alice> two",
        "T - <alice> three",
        "T - <alice> four",
        "T * 2 of 4 lines were sent; those marked - were not",
    ]
    controller.typed.send_pasted(["five"])
    controller.messages.stop_paste()
    controller.on_updates([Cancelled(())])
    assert controller.rows()[-1] == "T * 1 of 1 lines were sent"


def test_who_leaves_waits_for_a_paste() -> None:
    controller = ControllerFixture()
    controller.typed.send_pasted(["one", "two"])
    controller.leave()
    assert controller.rows()[-1] == "T * leaving when 2 of your lines were answered; Ctrl-C leaves at once"
    assert not controller.sending
    assert controller.status_text(80).rstrip().endswith("sending 0 of 2")


@pytest.mark.parametrize("typed", ["/nope", "/find", "/find nowhere", "/ignore bob", "/help", "/users"])
def test_what_comes_of_something_typed_is_to_be_seen(typed: str) -> None:
    controller = ControllerFixture()
    controller.on_updates([said(f"line {number}") for number in range(50)])
    controller.scrollback.scroll(5, 80, 20)
    assert controller.scrollback.scrolled
    controller.types(typed)
    assert not controller.scrollback.scrolled


def test_a_search_goes_up_from_what_is_seen() -> None:
    controller = ControllerFixture()
    controller.on_updates([said(f"line {number}") for number in range(50)])
    controller.scrollback.scroll(15, 80, 20)
    controller.types("/find 5")
    assert "".join(text for _, text in controller.scrollback.view(80, 20)[-1]) == "T   <bob> line 25"


def test_tab_offers_the_others() -> None:
    controller = ControllerFixture()
    controller.on_updates([said("hi", "Carol"), said("own", "alice")])
    assert controller.names() == ["Carol", "bob"]


def test_names_are_shown_like_all_that_comes_from_a_server() -> None:
    controller = ControllerFixture()
    controller.on_updates(
        [UserList(["al\x1bice", "b\u202eob"], 2), Joined(["d\nave"], 1), said("hi", "e\u200dve")]
    )
    assert controller.names() == ["eve", "bob"]  # nobody is called d ave
    controller.types("/ignore eve", "/clear")
    controller.on_updates([Left(["bo\u202eb"], 1), said("ignored", "e\u200dve")])
    assert controller.names() == ["eve"]
    assert controller.rows() == ["T * bob left"]
