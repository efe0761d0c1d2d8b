"""Other names, who is away, devices, and what one says elsewhere, as the screen shows them."""

from msgspec.structs import replace

from chatd.protocol.events import DirectMessage, Joined, Left, Said, UserList
from chatd.protocol.people_events import (
    Caught,
    DeviceInfo,
    DeviceList,
    Done,
    Gone,
    Identity,
    Renamed,
    UnreadCounts,
    UnreadMessages,
)
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    Devices,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd_client.login import device_name
from chatd_client.screen.nick_panel import panel_rows
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import ControllerFixture, direct, entered, said

LOCKED = LinkChanged(LinkState.LOCKED, "alice is registered", refused=True, name="alice")
PHONE = DeviceInfo(2, "a phone", 0, 86_400_000, here=True, this=False)
LAPTOP = DeviceInfo(1, "", 0, 86_400_000, here=True, this=True)


def covered(controller: ControllerFixture) -> list[str]:
    overlay = controller.covering.overlay
    rows = [] if overlay is None else overlay.view(70, 10)
    return ["".join(text for _, text in row) for row in rows]


def press(controller: ControllerFixture, *keys: str) -> None:
    for key in keys:
        controller.covering.press(key)


# -- names -----------------------------------------------------------------------------------------------


def test_the_window_of_who_takes_another_name_follows() -> None:
    controller = entered("dev")
    controller.on_updates([UserList(["alice", "bob", "eve"], 3, room="dev"), direct("hi", "bob")])
    controller.types("/query bob")
    controller.on_updates([Renamed("bob", "rob")])
    assert controller.titles() == ["lobby", "#dev", "[rob]"]
    assert controller.rows()[-1] == "T * bob is now rob" == controller.rows_of("lobby")[-1]
    controller.types("psst")
    assert controller.link.asked[-1].to == "rob"
    controller.types("/window dev")
    assert sorted(controller.nick_lists.people()[0]) == ["alice", "eve", "rob"]
    assert controller.names() == ["rob", "eve", "Carol"]


def test_a_window_of_the_new_name_is_that_of_who_had_it() -> None:
    controller = ControllerFixture()
    controller.on_updates([direct("one", "bob"), direct("two", "rob"), Renamed("bob", "rob")])
    assert controller.titles() == ["[lobby]", "bob", "rob"]
    controller.on_updates([Renamed("eve", "../x"), Renamed("rob", "ROB")])
    assert controller.titles() == ["[lobby]", "bob", "ROB"]


def test_nobody_is_a_room_whatever_a_server_calls_them() -> None:
    controller = entered("dev")
    room = controller.windows.current
    controller.on_updates([Renamed("#dev", "rob"), Renamed("#lobby", "al"), Left(["#dev"], 1)])
    assert controller.titles() == ["lobby", "[#dev]"] and controller.windows.of_room("dev") is room


def test_who_is_away_and_not_here_is_not_kept() -> None:
    controller = ControllerFixture()
    away = [f"n{number}" for number in range(9)]
    controller.on_updates([UserList(["bob"], 1, away=[*away, "x" * 4000, "bob"]), Renamed("bob", "../x")])
    assert not any(map(controller.nick_lists.is_away, [*away, "x" * 4000, "bob", "../x"]))


def test_ones_own_name_changes_everywhere() -> None:
    controller = entered("dev")
    names: list[tuple[str, str]] = []
    controller.arrivals.on_own_name = lambda old, new: names.append((old, new))
    controller.types("/nick al")
    assert controller.link.asked == [Rename("al", ref="typed 1")]
    controller.on_updates([Renamed("alice", "al"), Done("you are al now", ref="typed 1")])
    assert controller.rows()[-2:] == ["T * alice is now al", "T * you are al now"]
    assert controller.rows_of("lobby")[-1] == "T * alice is now al"
    controller.on_updates([said("al: hello"), said("alice: hello")])
    assert "al · 1:lobby(1!) [2:#dev]" in controller.status_text(80)
    assert names == [("alice", "al")] and controller.windows.lobby.unread == 2


def test_who_is_ignored_is_ignored_under_another_name() -> None:
    controller = ControllerFixture()
    controller.types("/ignore bob")
    controller.on_updates([Renamed("bob", "rob"), said("hi", "rob")])
    assert "hi" not in " ".join(controller.rows())


def test_where_the_name_was_refused_nick_gives_another() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.NAMELESS, "taken", refused=True)])
    controller.types("/nick al")
    assert controller.link.asked == ["rename al"]


# -- who is away -----------------------------------------------------------------------------------------


def test_who_is_away_is_marked() -> None:
    controller = ControllerFixture()
    controller.on_updates([UserList(["alice", "bob", "Carol"], 3, away=["bob", "alice"])])
    assert "alice (away)" in controller.status_text(80)
    rows = panel_rows(["alice", "bob"], 2, 0, 16, 5, controller.nick_lists.is_away)
    assert ["".join(text for _, text in row) for row in rows] == [" 2 here", "-alice", "-bob"]
    before = controller.rows()
    controller.on_updates([Gone("BOB", away=False), Gone("carol", text="lunch"), Gone("nobody")])
    assert [name for name in controller.nick_lists.names() if controller.nick_lists.is_away(name)] == [
        "alice",
        "Carol",
    ]
    assert controller.rows() == before  # that is told to nobody who does not ask
    controller.on_updates([Renamed("Carol", "Caro")])
    assert controller.nick_lists.is_away("caro")
    controller.types("/query Caro")
    assert "[2:Caro] · away" in controller.status_text(80)


def test_who_writes_to_somebody_away_is_told_once() -> None:
    controller = ControllerFixture()
    controller.types("/query bob", "one", "two")
    kept = Gone("bob", kept=True)
    controller.on_updates([kept, kept])
    assert controller.rows()[-1] == "T * bob is away and will get it"
    assert len(controller.rows()) == 3
    controller.on_updates([Joined(["bob"], 1), Gone("bob", text="lunch", kept=False)])
    assert controller.rows()[-1] == "T * bob is away: lunch"
    controller.on_updates([direct("here", "bob"), Gone("bob", text="lunch", kept=False)])
    assert controller.rows()[-1] == "T * bob is away: lunch"
    assert controller.rows()[-2] == "T @ <bob> here"


def test_what_is_asked_about_people() -> None:
    controller = ControllerFixture()
    controller.types("/away lunch", "/whois bob", "/catchup")
    refs = [f"typed {number}" for number in (1, 2, 3)]
    assert controller.link.asked == [
        Away("lunch", ref=refs[0]),
        Whois("bob", ref=refs[1]),
        CatchUp(ref=refs[2]),
    ]
    controller.on_updates([Identity("bob", True, True, 0, ["dev"], ref=refs[1])])
    assert controller.rows()[-1].startswith("T * bob - registered since 1970-01-01")


def test_what_was_new_is_shown_here_with_its_room() -> None:
    controller = entered("dev")
    controller.on_updates(
        [UnreadCounts([UnreadMessages(9, 1, whom="bob"), UnreadMessages(2, 1, room="lobby")])]
    )
    controller.types("/catchup")
    ref = controller.link.asked[-1].ref
    first: list[Said | DirectMessage] = [direct("psst"), said("alice: yo", room="ops")]
    controller.on_updates([Caught(first, [said("hi", "eve", room="dev")], more=True, ref=ref)])
    assert controller.rows()[-5:] == [
        "T * what was new, what is for you first:",
        "T @ <bob to you> psst",
        "T » #ops <bob> alice: yo",
        "T   #dev <eve> hi",
        "T * there was more; it stands in the windows",
    ]
    assert not any(window.unread for window in controller.windows.all)
    controller.on_updates([Caught([], [], ref="x")])
    assert controller.rows()[-1] == "T * you have read everything"


# -- devices and accounts ---------------------------------------------------------------------------------


def test_devices_are_walked_and_one_is_taken_out() -> None:
    controller = ControllerFixture()
    controller.types("/devices")
    assert controller.link.asked == [Devices(ref="devices")]
    controller.on_updates([DeviceList([LAPTOP, PHONE], ref="devices")])
    rows = covered(controller)
    assert rows[0] == "2 devices - Delete has one need the password, Escape goes back"
    assert rows[1].startswith("> 1: a program without a name - this one - since 19")
    assert rows[2].startswith("  2: a phone - here now - since 1970-01-01 - last used 1970-01-02")
    press(controller, "down", "down", "delete")
    assert covered(controller)[0] == "shall a phone need the password from now on? y/n"
    press(controller, "n", "delete", "y")
    assert controller.link.asked[1:] == [Revoke(2, ref="revoke")]
    controller.on_updates([Done("device 2 needs your password now", ref="revoke")])
    assert controller.link.asked[-1] == Devices(ref="devices")
    controller.on_updates([DeviceList([LAPTOP], ref="devices")])
    assert covered(controller)[0].startswith("1 device - ") and len(covered(controller)) == 2
    press(controller, "escape")
    assert covered(controller) == []
    controller.on_updates([DeviceList([PHONE], ref="another")])
    assert covered(controller) == []


def test_many_devices_scroll_and_none_is_told() -> None:
    controller = ControllerFixture()
    many = [replace(PHONE, number=number) for number in range(1, 33)]
    controller.on_updates([DeviceList(many, ref="devices")])
    press(controller, "end")
    assert covered(controller)[-1].startswith("> 32:") and len(covered(controller)) == 10
    press(controller, "pageup", "up")
    assert any(row.startswith("> 21:") for row in covered(controller))
    assert controller.covering.overlay is not None
    controller.covering.overlay.scroll(1)
    press(controller, "enter")
    controller.on_updates([DeviceList([], ref="devices")])
    assert covered(controller) == ["no device comes back without a password; any key closes this"]
    press(controller, "delete")
    assert covered(controller) == []


def test_an_account_is_given_up_after_a_question() -> None:
    controller = ControllerFixture()
    for answer, asked in (("n", []), ("y", [Unregister(ref="unregister")])):
        controller.types("/unregister")
        assert covered(controller)[0].startswith("really give up your account?")
        press(controller, answer)
        assert covered(controller) == [] and controller.link.asked == asked
    controller.on_updates([Done("you have no account any more", ref="unregister")])
    assert controller.rows()[-1] == "T * you have no account any more"


def test_who_registers_says_on_what_device_and_no_line_has_the_password() -> None:
    controller = ControllerFixture()
    controller.types("/register correct horse")
    assert controller.link.asked == [Register("correct horse", device=device_name(), ref="typed 1")]
    assert controller.rows() == []


def test_what_one_says_elsewhere_is_ones_own() -> None:
    controller = entered("dev")
    controller.types("/window lobby")
    controller.on_updates(
        [said("from my phone, alice", "alice", room="dev"), direct("psst", "alice", to="bob")]
    )
    assert controller.rows_of("#dev")[-1] == "T > <alice> from my phone, alice"
    assert controller.rows_of("bob") == ["T > <alice> psst"]
    assert not any(window.unread for window in controller.windows.all)
    assert not controller.arrivals.take_rang()


# -- passwords -------------------------------------------------------------------------------------------


def test_a_password_is_given_and_nothing_else_meanwhile() -> None:
    controller = ControllerFixture()
    controller.on_updates([LOCKED])
    assert controller.takes_password and controller.name_to_unlock == "alice"
    controller.types("/correct horse ", "/name bob")
    assert controller.link.asked == ["password /correct horse ", "rename bob"]
    controller.on_updates([LinkChanged(LinkState.CONNECTING)])
    controller.types("too early")  # it may be meant as a password
    assert len(controller.link.asked) == 2
    assert controller.rows()[-1] == "T ! the password is being checked; please wait"
    controller.on_updates([LOCKED, LOCKED])
    assert sum("alice is registered" in row for row in controller.rows()) == 3
    assert "offline" in controller.status_text(80)
    controller.on_updates([LinkChanged(LinkState.ONLINE)])
    controller.types("hello")
    assert controller.link.asked[-1].text == "hello" and not controller.takes_password
