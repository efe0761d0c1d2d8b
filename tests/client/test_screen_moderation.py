"""Acts of those who keep a room or the server civil, as the screen shows them."""

import re
from typing import Any

from msgspec.structs import replace

from chatd.protocol.errors import Code
from chatd.protocol.events import Error, Left, RoomInfo, Said, UserList
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted, AuditPage, BanInfo, BanList
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Delete,
    InvitePerson,
    SetKey,
    SetSlow,
)
from chatd.protocol.people_events import Renamed
from chatd.protocol.requests import Join, Leave
from chatd_client.outgoing import DeliveryState
from chatd_client.screen.nick_panel import panel_rows
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState
from tests.support.controller_fixture import NOON, WELCOME, ControllerFixture, entered, said


def act(act: str, id: int = 1_000_000, by: str = "bob", room: str = "dev", **fields: Any) -> Acted:
    return Acted(act=act, room=room, id=id, at=NOON, by=by, **fields)


def deleted(message: Said, by: str = "bob", id: int = 1_000_001) -> Acted:
    return act("delete", id, by, message.room, whom=message.sender, message=message.id)


def meant(controller: ControllerFixture) -> list[Said]:
    """What starts the command for what is meant for the user, from now on."""
    told: list[Any] = []
    controller.arrivals.on_mention = told.append
    return told


# -- where acts are shown --------------------------------------------------------------------------------


def test_an_act_is_told_in_the_window_of_its_room_once() -> None:
    controller = entered("dev")
    controller.types("/window 1")
    controller.on_updates([act("moderated", value="on"), act("op", 1_000_001, whom="carol")])
    assert controller.rows_of("#dev") == [
        "T * bob lets only who has a role speak in #dev",
        "T * bob made carol an operator of #dev",
    ]
    assert controller.rows() == [] and controller.windows.all[1].unread == 0
    controller.types("/window dev")
    page = [act("moderated", value="on"), act("slow", 1_000_002, value="10 s")]
    controller.on_updates([HistoryPage(room="dev", messages=page, more=False, ref="history new #dev")])
    controller.on_updates([act("slow", 1_000_002, value="10 s")])
    assert [row for row in controller.rows() if "this is where" not in row] == [
        "T * bob lets only who has a role speak in #dev",
        "T * bob made carol an operator of #dev",
        "T * bob slowed #dev down: each one speaks once in 10 s",
    ]


def test_one_on_the_server_is_told_in_the_lobby_and_where_its_author_is() -> None:
    controller = entered("dev")
    controller.on_updates([act("ban", room="lobby", whom="eve", seconds=1800, reason="spam")])
    assert controller.rows_of("lobby") == ["T * bob banned eve from the server for 30 min (spam)"]
    assert controller.rows() == []
    controller.types("/kill eve bye")
    controller.on_updates([act("kill", 1_000_002, "alice", "lobby", whom="eve", reason="bye")])
    assert controller.rows() == ["T * alice ended the connections of eve (bye)"]


def test_an_announcement_is_as_conspicuous_as_a_mention() -> None:
    controller = entered("dev")
    told = meant(controller)
    assert controller.on_updates([act("announce", room="lobby", value="a new disk\nat noon")])
    lines = ["T » announcement of bob: a new disk", "T » announcement of bob: at noon"]
    assert controller.rows() == lines == controller.rows_of("lobby")
    assert "class:mention" in controller.styles() and controller.windows.lobby.unread == 0
    assert [event.text for event in told] == ["announcement of bob: a new disk\nannouncement of bob: at noon"]
    assert not controller.on_updates([act("announce", 1_000_002, "alice", "lobby", value="mine")])
    assert controller.rows()[-1] == "T * announcement of alice: mine"


def test_a_lockdown_is_shown_everywhere() -> None:
    controller = entered("dev")
    controller.on_updates([act("lockdown", room="lobby", value="on")])
    assert controller.rows() == controller.rows_of("lobby")
    assert controller.rows()[0].startswith("T * bob locked the server down")
    assert "locked down" in controller.status_text(100)
    controller.on_updates([act("lockdown", 1_000_002, room="lobby", value="off")])
    assert "locked down" not in controller.status_text(100)
    controller.on_updates([Error(code=Code.LOCKED_DOWN, text="no", ref="9")])
    assert "locked down" in controller.status_text(100)
    controller.on_updates([RoomInfo(room="lobby", users=2, topic="")])
    assert "locked down" not in controller.status_text(100)
    controller.on_updates([RoomInfo(room="lobby", users=2, topic="", lockdown=True)])
    assert "locked down" in controller.status_text(100)


def test_what_is_done_to_the_user_counts_as_a_mention() -> None:
    controller = entered("dev", "ops")
    told = meant(controller)
    assert controller.on_updates([act("mute", whom="Alice", seconds=60), act("op", 1_000_001, whom="eve")])
    dev = controller.windows.all[1]
    assert (dev.unread, dev.mentions, len(told)) == (1, 1, 1)
    controller.types("/window dev")
    assert "T » bob muted Alice in #dev for 1 min" in controller.rows()


def test_who_is_invited_reads_it_where_they_are_and_how_to_come() -> None:
    controller = ControllerFixture()
    assert controller.on_updates([act("invite", whom="alice")])
    assert controller.rows() == ["T » bob invited alice to #dev", "T * /join dev goes there"]
    controller = entered("dev")
    controller.on_updates([act("invite", whom="carol")])
    assert controller.rows() == ["T * bob invited carol to #dev"]


def test_acts_of_ignored_people_are_shown() -> None:
    controller = entered("dev")
    controller.types("/ignore bob", "/clear")
    controller.on_updates([act("moderated", value="on")])
    assert len(controller.rows()) == 1


# -- who is put out --------------------------------------------------------------------------------------


def test_the_window_of_who_is_put_out_stays_and_says_so() -> None:
    controller = entered("dev", "ops")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", slow=10)])
    controller.scrollback.clear()
    controller.on_updates([said("hello", room="dev"), act("kick", whom="alice", reason="spam")])
    controller.on_updates([Left(names=["alice"], count=1, room="dev", reason="kicked")])
    dev = controller.windows.all[1]
    assert controller.titles() == ["lobby", "#dev", "[#ops]"] and (dev.unread, dev.mentions) == (2, 1)
    controller.types("/window dev")
    assert controller.rows()[1:] == [
        "T   <bob> hello",
        "T » bob put alice out of #dev (spam)",
        "T ! you are not in #dev any more: kicked; /join dev goes back",
    ]
    assert "not in it" in controller.status_text(100) and "slow" not in controller.status_text(100)
    controller.link.pages.clear()
    controller.scrolled(up=True)
    assert controller.link.pages == []  # nobody there would be answered
    controller.types("/join dev")
    controller.on_updates([RoomInfo(room="dev", users=2, topic="", ref="join dev")])
    assert "not in it" not in controller.status_text(100)


def test_a_window_out_of_which_one_was_put_closes_like_any_other() -> None:
    controller = entered("dev")
    controller.on_updates([Left(names=["alice"], count=1, room="dev", reason="banned")])
    why = "you are banned from #dev until 2026-11-27 10:00 UTC, by bob (spam)"
    controller.types("/window 1")
    controller.on_updates([Error(code=Code.BANNED, text=why), Error(code=Code.BANNED, text="other")])
    assert controller.rows() == ["T ! other"]
    controller.types("/window dev")
    assert controller.rows() == ["T ! you are not in #dev any more: banned", f"T ! {why}"]
    controller.link.asked.clear()
    controller.types("/leave")
    assert controller.titles() == ["[lobby]"]
    assert not [each for each in controller.link.asked if isinstance(each, Leave)]


def test_somebody_else_is_put_out() -> None:
    controller = entered("dev")
    controller.on_updates(
        [act("kick", whom="eve"), Left(names=["eve"], count=1, room="dev", reason="kicked")]
    )
    assert controller.rows() == ["T * bob put eve out of #dev", "T * eve left #dev (kicked)"]


def test_rooms_that_do_not_have_one_back_are_told_once() -> None:
    controller = entered("dev", "ops")
    controller.on_updates([LinkChanged(LinkState.ONLINE), WELCOME])
    controller.on_updates(
        [
            Error(code=Code.PRIVATE_ROOM, text="it is private", ref="rejoin dev"),
            Error(code=Code.WRONG_KEY, text="it has a key", ref="rejoin ops"),
        ]
    )
    assert [row for row in controller.rows() if "ops" in row] == [
        "T ! you are not in #ops any more: it has a key"
    ]
    assert controller.rows_of("#dev")[-1] == "T ! you are not in #dev any more: it is private"


def test_who_is_banned_from_the_server_is_turned_away() -> None:
    controller = entered("dev")
    controller.on_updates([LinkChanged(LinkState.OFFLINE, "you are banned for good, by bob")])
    assert controller.turned_away == "you are banned for good, by bob"
    assert controller.rows()[-1] == "T ! you are banned for good, by bob"


# -- messages that are deleted ---------------------------------------------------------------------------


def test_a_message_that_is_deleted_changes_in_its_place() -> None:
    controller = entered("dev")
    long, other = said("one\ntwo\nthree", "eve", room="dev"), said("alice: hi", room="dev")
    controller.on_updates([long, other, deleted(long), deleted(other, id=1_000_002)])
    assert controller.rows() == [
        "T   <eve> [deleted by bob]",
        "T   <bob> [deleted by bob]",
        "T * bob deleted a message of eve in #dev",
        "T * bob deleted a message of bob in #dev",
    ]
    assert controller.scrollback.size == sum(line.size for line in controller.scrollback.newest(99))
    controller.types("/find two")
    assert controller.rows()[-1] == "T ! two was not found"
    assert "mention" not in controller.styles()


def test_what_is_in_view_stays_when_a_message_is_deleted() -> None:
    controller = entered("dev")
    messages = [said(f"{n}\nx\ny", room="dev") for n in range(20)]
    controller.on_updates([*messages])
    back = controller.scrollback
    back.scroll(20, 80, 10)
    before = back.view(80, 10)
    controller.on_updates([deleted(messages[0])])
    assert back.view(80, 10) == before
    controller.on_updates([deleted(one, id=1_000_100 + at) for at, one in enumerate(messages)])
    rows = ["".join(text for _, text in row) for row in back.view(80, 5)]
    assert all(row.endswith("[deleted by bob]") for row in rows)
    back.scroll(1, 80, 5)
    back.scroll(-1, 80, 5)
    back.to_end()


def test_it_is_changed_wherever_it_is_shown() -> None:
    """In an answer to /history, in the lobby where it was shown for want of a window, and in what one said
    oneself in another window."""
    controller = entered("dev")
    controller.types("/window 1", "/say dev mine")
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 77)])
    secret = said("secret", "eve", room="dev")
    controller.on_updates([secret, said("hello", room="dev")])
    controller.types("/history 5")
    page = HistoryPage(room="dev", messages=[secret], more=False, ref="typed 1")
    controller.on_updates([page, replace(page, messages=[secret])])
    controller.on_updates([deleted(secret), act("delete", 1_000_003, whom="alice", message=77)])
    assert controller.rows() == [
        "T > #dev <alice> [deleted by bob]",
        "T * 1 message of #dev:",
        "T   #dev <eve> [deleted by bob]",
    ]
    assert controller.rows_of("#dev")[1] == "T > <alice> [deleted by bob]"
    assert "secret" not in "".join(controller.rows_of("#dev"))


def test_a_page_that_was_read_before_comes_as_it_is_now() -> None:
    controller = entered("dev")
    secret = said("secret", "eve", room="dev")
    controller.on_updates([deleted(secret)])
    controller.on_updates([HistoryPage(room="dev", messages=[secret], more=True, ref="history new #dev")])
    assert controller.rows()[0] == "T   <eve> [deleted by bob]"


def test_what_a_page_tells_to_be_deleted_is_deleted_here() -> None:
    """The act itself was missed."""
    controller = entered("dev")
    secret = said("secret", "eve", room="dev")
    controller.on_updates([secret])
    gone = replace(secret, kind="deleted", text="[deleted]", sender="[deleted]")
    controller.on_updates([HistoryPage(room="dev", messages=[gone], more=True, ref="history new #dev")])
    assert controller.rows() == ["T   <eve> [deleted]"]


def test_a_deletion_may_come_before_the_answer_to_the_message() -> None:
    controller = entered("dev")
    controller.types("oops")
    controller.on_updates([act("delete", whom="alice", message=50)])
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 50)])
    assert controller.rows()[0] == "T > <alice> [deleted by bob]"


def test_what_is_deleted_is_not_new_any_more() -> None:
    controller = entered("dev", "ops")
    mention, other = said("alice!", room="dev"), said("x", room="dev")
    controller.on_updates([mention, other])
    dev = controller.windows.all[1]
    assert (dev.unread, dev.mentions) == (2, 1)
    controller.on_updates([deleted(mention)])
    assert (dev.unread, dev.mentions) == (1, 0)
    controller.on_updates([deleted(other, id=1_000_005)])
    assert dev.unread == 0 and controller.windows.go_to_news() is not None
    assert controller.titles()[1] == "[#dev]"  # back to where one was, as nothing is new


def test_a_message_deleted_while_one_was_away_is_no_news() -> None:
    controller = entered("dev", "ops")
    gone = replace(said("[deleted by alice]", room="dev"), kind="deleted")
    assert not controller.on_updates([gone, replace(gone, id=gone.id + 500_000, sender="alice")])
    assert controller.windows.all[1].unread == 0
    assert controller.rows_of("#dev") == ["T   <bob> [deleted by alice]", "T > <alice> [deleted by alice]"]


def test_hits_of_a_search_are_changed_too() -> None:
    controller = entered("dev")
    controller.types("/search secret")
    ref = controller.link.asked[-1].ref
    secret = said("a secret", "eve", room="dev")
    around = act("moderated", value="on")
    found = HistoryPage(messages=[secret], more=False, found=True, before=[around], after=[None], ref=ref)
    controller.on_updates([found])
    assert shown_over(controller)[1] == "    bob lets only who has a role speak in #dev"
    assert shown_over(controller)[2].endswith("#dev <eve> a secret")
    controller.on_updates([deleted(secret)])
    assert shown_over(controller)[2].endswith("#dev <eve> [deleted by bob]")


def shown_over(controller: ControllerFixture) -> list[str]:
    overlay = controller.covering.overlay
    assert overlay is not None
    return ["".join(text for _, text in row) for row in overlay.view(78, 10)]


def test_nothing_else_is_deleted_whatever_a_server_says() -> None:
    controller = entered("dev")
    controller.types("/nope")
    controller.on_updates(
        [act("delete", whom="x", message=0), act("delete", 1_000_002), said("hi", room="dev")]
    )
    assert controller.rows()[0].startswith("T ! there is no command") and len(controller.rows()) == 4


def test_no_more_deletions_are_known_than_a_bound() -> None:
    controller = entered("dev")
    for id in range(1, 5001):
        controller._composer.deletions.happened(act("delete", id + 10_000, whom="x", message=id))
    assert len(controller._composer.deletions._texts) <= 2000
    assert controller._composer.deletions.now(replace(said("x"), id=5000)) != said("x")


# -- roles and modes -------------------------------------------------------------------------------------


def people(controller: ControllerFixture) -> list[str]:
    nicks = controller.nick_lists
    names, count = nicks.people()
    rows = panel_rows(names, count, 0, 16, 9, nicks.is_away, nicks.prefix)
    return ["".join(text for _, text in row) for row in rows][1:]


def in_dev(**roles: str) -> ControllerFixture:
    controller = entered("dev")
    names = ["alice", "bob", "Carol", "dave", "eve"]
    controller.on_updates([UserList(names, 5, room="dev", away=["eve"], roles=roles or None)])
    return controller


def test_the_list_of_people_shows_roles_in_the_order_of_names() -> None:
    controller = in_dev(bob="operator", Carol="voice", dave="admin", eve="owner", nobody="king")
    assert people(controller) == ["  alice", " @bob", " +Carol", " &dave", "-@eve"]
    assert people(in_dev()) == [" alice", " bob", " Carol", " dave", "-eve"]


def test_it_follows_acts() -> None:
    controller = in_dev(dave="admin")
    controller.on_updates([act("op", whom="BOB"), act("voice", whom="carol"), act("op", whom="dave")])
    assert people(controller) == ["  alice", " @bob", " +Carol", " &dave", "- eve"]
    controller.on_updates([act("voice", whom="bob"), act("deop", whom="dave"), act("own", by="eve")])
    assert people(controller) == ["  alice", " @bob", " +Carol", " &dave", "-@eve"]
    controller.on_updates([Renamed("bob", "rob"), act("devoice", whom="carol"), act("deop", whom="eve")])
    assert people(controller) == ["  alice", "  Carol", " &dave", "-@eve", " @rob"]
    controller.on_updates([act("deop", whom="rob"), act("devoice", whom="eve")])
    assert people(controller) == ["  alice", "  Carol", " &dave", "-@eve", "  rob"]


def test_who_has_a_role_on_the_server_keeps_it_in_a_room() -> None:
    controller = in_dev(bob="operator")
    controller.on_updates([act("grant", room="lobby", whom="bob", value="admin")])
    assert " &bob" in people(controller)
    assert controller.link.asked[-1].room == "dev"  # its people are asked for anew
    controller.on_updates([act("grant", room="lobby", whom="bob")])
    assert " bob" in people(controller)
    controller.types("/window 1")
    controller.on_updates([UserList(["alice", "bob"], 2, roles={"bob": "owner", "alice": "admin"})])
    assert people(controller) == [" &alice", " ~bob"]


def test_the_status_line_tells_how_the_room_is_set_and_ones_own_role() -> None:
    controller = entered("dev")
    info = RoomInfo(
        room="dev", users=2, topic="", role="operator", private=True, moderated=True, slow=10, key=True
    )
    controller.on_updates([info])
    assert "alice (operator) · " in controller.status_text(120)
    assert "private, moderated, key, slow 10s" in controller.status_text(120)
    controller.on_updates([act("private", value="off"), act("slow", value="5 min"), act("key", value="off")])
    assert " · moderated, slow 5min · " in controller.status_text(120)
    controller.on_updates(
        [act("slow", value="off"), act("moderated", value="off"), act("deop", whom="alice")]
    )
    assert "moderated" not in controller.status_text(120) and "alice · " in controller.status_text(120)
    controller.types("/window 1")
    assert "operator" not in controller.status_text(120)


def test_on_another_link_nothing_of_it_is_known() -> None:
    controller = entered("dev")
    controller.on_updates([act("moderated", value="on"), act("op", whom="alice")])
    controller.on_updates([LinkChanged(LinkState.ONLINE), WELCOME])
    assert "moderated" not in controller.status_text(120) and "operator" not in controller.status_text(120)


# -- what is typed, and its answers ----------------------------------------------------------------------


def test_commands_name_the_room_of_the_window() -> None:
    controller = entered("dev")
    controller.types(
        *("/ban eve 30m spam", "/bans", "/slow 10s", "/key word", "/delete eve", "/invite carol"),
        *("/announce hello", "/audit 5", "/join ops secret"),
    )
    sent = [replace(each, ref=None) for each in controller.link.asked]
    assert sent == [
        Ban(room="dev", whom="eve", seconds=1800, reason="spam"),
        Bans(room="dev"),
        SetSlow(room="dev", seconds=10),
        SetKey(room="dev", word="word"),
        Delete(room="dev", nick="eve"),
        InvitePerson(room="dev", nick="carol"),
        Announce(text="hello"),
        Audit(room="dev", limit=5),
        Join(room="ops", key="secret"),
    ]


def test_in_the_window_of_a_person_nobody_is_judged() -> None:
    controller = ControllerFixture()
    controller.types("/query bob", "/op bob")
    assert controller.rows() == ["T ! that is done in a room; this is the window of a person"]
    assert controller.link.asked == []


def test_lists_are_shown_where_they_were_asked_for() -> None:
    controller = entered("dev")
    controller.types("/bans", "/audit")
    bans, audit = (each.ref for each in controller.link.asked)
    controller.types("/window 1")
    ban = BanInfo("ban", "eve", "bob", NOON, reason="spam")
    controller.on_updates(
        [
            BanList("dev", [ban, replace(ban, act="mute", whom="10.0.0.0/24", until=NOON)], bans),
            AuditPage("dev", [act("mute", whom="eve"), act("moderated", value="on")], True, audit),
        ]
    )
    assert controller.rows() == []
    rows = controller.rows_of("#dev")
    assert rows[:2] == ["T * 2 are banned or muted in #dev:", "T * eve - banned for good, by bob (spam)"]
    assert re.fullmatch(r"T \* 10\.0\.0\.0/24 - muted until 2023-11-1\d T, by bob \(spam\)", rows[2])
    assert rows[3:] == [
        "T * 2 acts of #dev, and there are older ones:",
        "T * bob muted eve in #dev",
        "T * bob lets only who has a role speak in #dev",
    ]
    controller.on_updates([act("mute", whom="eve")])  # it has not come yet, though the list had it
    assert controller.rows_of("#dev")[-1] == "T * bob muted eve in #dev"
