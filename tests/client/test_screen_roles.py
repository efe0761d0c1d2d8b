"""Roles and modes of rooms on the screen, and what is typed about them."""

import re

from msgspec.structs import replace

from chatd.protocol.events import Joined, RoomInfo, UserList
from chatd.protocol.moderation_events import AuditPage, BanInfo, BanList
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
from chatd.protocol.requests import Join, Users
from chatd_client.screen.nick_panel import panel_rows
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import NOON, WELCOME, ControllerFixture, entered
from tests.support.told_acts import act


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


def test_the_role_of_who_comes_later_is_asked_for_now_and_then() -> None:
    controller = in_dev(bob="operator")
    controller.link.asked.clear()
    controller.on_updates([Joined(["zoe"], 1, room="dev")])
    controller.now = 31.0
    controller.look()
    assert controller.link.asked == []  # nobody sees the list
    controller.nick_lists.watched = lambda: True
    controller.look()
    controller.look()
    assert controller.link.asked == [Users(room="dev", ref="roster")]
    names = ["alice", "bob", "zoe"]
    controller.on_updates([UserList(names, 3, room="dev", ref="roster", roles={"zoe": "operator"})])
    assert people(controller) == ["  alice", "  bob", " @zoe"]
    controller.on_updates([Joined(["mia"], 1, room="dev"), Joined(["many"], 5000, room="dev")])
    assert len(controller.link.asked) == 1
    controller.now = 99.0
    controller.look()
    assert len(controller.link.asked) == 2


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
            BanList("dev", [ban, replace(ban, act="mute", whom="10.0.0.0/24", until=NOON)], bans, more=True),
            AuditPage("dev", [act("mute", whom="eve"), act("moderated", value="on")], True, audit),
        ]
    )
    assert controller.rows() == []
    rows = controller.rows_of("#dev")
    assert rows[:2] == [
        "T * 2 are banned or muted in #dev, and there are older ones:",
        "T * eve - banned for good, by bob (spam)",
    ]
    assert re.fullmatch(r"T \* 10\.0\.0\.0/24 - muted until 2023-11-1\d T, by bob \(spam\)", rows[2])
    assert rows[3:] == [
        "T * 2 acts of #dev, and there are older ones:",
        "T * bob muted eve in #dev",
        "T * bob lets only who has a role speak in #dev",
    ]
    controller.on_updates([act("mute", whom="eve")])  # it has not come yet, though the list had it
    assert controller.rows_of("#dev")[-1] == "T * bob muted eve in #dev"
