"""The windows of the screen: which there are, what is shown in which, and the ways between them."""

from chatd.protocol.events import (
    Back,
    DirectMessage,
    Error,
    Joined,
    Left,
    Lost,
    Mark,
    RoomInfo,
    Skipped,
    TopicSet,
)
from chatd.protocol.requests import Direct, Leave, Say, Users
from chatd_client.outgoing import DeliveryState
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState
from tests.support.controller_fixture import (
    NOON,
    ONLINE,
    RESUMED_WELCOME,
    WELCOME,
    ControllerFixture,
    direct,
    entered,
    said,
)


def test_a_window_for_a_person() -> None:
    controller = entered("dev")
    controller.types("/query Bob", "hello", "/dm bob more", "/me waves")
    assert controller.titles() == ["lobby", "#dev", "[Bob]"]
    assert controller.link.asked == [
        Direct(to="Bob", text="hello", ref="1"),
        Direct(to="bob", text="more", ref="2"),
    ]
    assert controller.rows() == [
        "T … <alice> hello",
        "T … <alice> more",
        "T ! /me is for rooms; please write to Bob without it",
    ]
    controller.types("/q BOB")
    assert controller.titles() == ["lobby", "#dev", "[Bob]"]
    controller.types("/close")
    assert controller.titles() == ["lobby", "[#dev]"]
    controller.types("/q 4", "/query", "/w 1", "/close")
    assert controller.rows_of("#dev")[0].startswith("T ! a name has 1 to 32")
    assert controller.rows() == ["T ! the lobby stays open; /quit leaves the server"]


def test_the_server_is_asked_about_the_window() -> None:
    controller = entered("dev")
    controller.types("/q bob", "/topic x", "/leave", "/users", "/history 3")
    assert controller.rows() == [
        "T ! a topic is that of a room; this is the window of a person",
        "T ! this is no room; /close closes the window",
    ]
    assert controller.link.asked == [Users(ref="typed 1")]
    assert controller.link.pages[-1].whom == "bob"
    controller.types("/w dev", "/close")
    assert controller.link.asked[1:] == [Leave(room="dev", ref="leave dev")]
    assert controller.titles() == ["lobby", "#dev", "[bob]"]  # back in the one before


def test_who_writes_opens_a_window_and_nobody_is_taken_to_it() -> None:
    controller = ControllerFixture()
    controller.on_updates(
        [direct("psst", "bob"), direct("again", "BOB"), direct("answered", "alice", "carol")]
    )
    assert controller.titles() == ["[lobby]", "BOB", "carol"]
    assert controller.rows_of("BOB") == ["T @ <bob> psst", "T @ <BOB> again"]
    assert controller.rows_of("carol") == ["T > <alice> answered"]
    assert "[1:lobby] 2:BOB(2!) 3:carol" in controller.status_text(80)
    controller.types("/ignore eve")
    controller.on_updates([direct("ignored", "eve")])
    assert len(controller.titles()) == 3


def test_a_window_follows_its_person() -> None:
    controller = ControllerFixture()
    controller.types("/q bob", "/q eve")
    controller.on_updates(
        [Left(["Bob", "dave"], 2, "now rob"), Joined(["bob"], 1), Lost(["bob"], 1, "reset")]
    )
    controller.on_updates([Back(["BOB"], 1, 8), Left(["bob"], 1, room="dev")])
    assert controller.rows_of("bob") == [
        "T * Bob left (now rob)",
        "T * bob joined",
        "T * bob lost connection (reset)",
        "T * BOB is back after 8 s",
    ]
    assert controller.rows() == []  # nothing of eve
    assert "[3:eve] · not here" in controller.status_text(80)
    controller.types("/w bob")
    assert "[2:bob] 3:eve · here" in controller.status_text(80)


def test_what_cannot_be_delivered_is_told_where_it_was_written() -> None:
    controller = ControllerFixture()
    controller.types("/q bob", "are you there?", "/w 1", "/dm eve psst")
    for ref in "12":
        absent = Error("no-such-nick", f"{ref} is not here", ref=ref)
        controller.on_updates([DeliveryChanged(ref, DeliveryState.REFUSED), absent])
    assert controller.rows_of("bob") == ["T ! <alice> are you there?", "T ! 1 is not here"]
    assert controller.rows() == ["T ! <alice to eve> psst", "T ! 2 is not here"]
    assert controller.rows_of("eve") == ["T ! <alice> psst"]
    controller.types("/q zoe", "hi", "/close")
    controller.on_updates([DeliveryChanged("3", DeliveryState.REFUSED)])
    controller.on_updates([Error("no-such-nick", "zoe is not here", ref="3")])
    assert controller.rows()[-1] == "T ! zoe is not here"  # its window is closed


def test_each_room_has_its_lines() -> None:
    controller = entered("dev", "ops")
    controller.on_updates(
        [
            said("in dev", room="dev"),
            said("in the lobby"),
            said("alice: in ops", room="ops"),
            said("elsewhere", room="zoo"),
            Joined(["dave"], 1, room="dev"),
            Joined(["eve"], 1, room="zoo"),
            TopicSet("dev", 10**9, "bob", "tea", NOON),
            Skipped("dev", 3, 10**9, 10**9 + 7),
            Skipped("", 2),
        ]
    )
    assert controller.rows() == ["T » <bob> alice: in ops"]
    assert controller.rows_of("#dev") == [
        "— new since T —",
        "T   <bob> in dev",
        "T * dave joined #dev",
        "T * bob set the topic of #dev: tea",
        "T ! 3 messages of #dev skipped",
    ]
    assert controller.rows_of("lobby") == [
        "— new since T —",
        "T   <bob> in the lobby",
        "T   #zoo <bob> elsewhere",
        "T * eve joined #zoo",
        "T ! 2 direct messages skipped",
    ]


def test_the_line_of_what_is_new() -> None:
    """It stands behind what one has seen, and goes when one leaves."""
    controller = entered("dev")
    controller.on_updates([said("seen", room="dev")])
    controller.types("/w 1")
    controller.wall += 60
    controller.on_updates(
        [Joined(["dave"], 1, room="dev"), said("new", room="dev"), said("newer", room="dev")]
    )
    controller.types("/w dev")
    rows = ["T   <bob> seen", "— new since T —", "T * dave joined #dev", "T   <bob> new", "T   <bob> newer"]
    assert controller.rows() == rows
    controller.on_updates([said("looked at", room="dev")])
    controller.types("/w 1")
    assert "— new since T —" not in controller.rows_of("#dev")
    controller.on_updates([Joined(["eve"], 1, room="dev")])  # no message
    controller.types("/w dev")
    assert "— new since T —" not in controller.rows()
    controller.types("/w 1", "/w dev")
    assert "(" not in controller.status_text(80)


def test_moving() -> None:
    controller = entered("dev", "ops", "doc")
    windows = controller.windows
    for step, shown in ((1, "lobby"), (1, "#dev"), (-1, "lobby"), (-1, "#doc")):
        windows.step(step)
        assert windows.current.subject.title == shown
    controller.types("/w 2", "/WINDOW OPS", "/w 99", "/w 99999999999999999999", "/w zoo", "/w #LOBBY")
    assert controller.titles()[0] == "[lobby]"
    told = [row.removeprefix("T ! there is no window ").split(";")[0] for row in controller.rows_of("#ops")]
    assert told == ["99", "9" * 20, "zoo"]
    windows.go_back()
    assert windows.current.subject.title == "#ops"


def news(controller: ControllerFixture) -> str:
    controller.windows.go_to_news()
    return controller.windows.current.subject.title


def test_the_way_through_what_is_new() -> None:
    """Mentions first, then the oldest; at last back to where it began."""
    controller = entered("dev", "ops", "doc", "web")
    controller.types("/w doc")
    assert news(controller) == "#web"  # with nothing new, to where one was before
    controller.types("/w doc")
    controller.on_updates(
        [said("x", room="ops"), said("x", room="dev"), said("alice?", room="web"), direct("x")]
    )
    assert [news(controller) for _ in range(5)] == ["#web", "bob", "#ops", "#dev", "#doc"]
    assert news(controller) == "#dev"
    lobby_only = ControllerFixture()
    assert not lobby_only.windows.go_to_news()


def test_a_room_is_left_once_however_it_is_said() -> None:
    controller = entered("dev")
    controller.types("/leave #DEV")
    assert controller.titles() == ["[lobby]", "#dev"]
    controller.on_updates([said("still there", room="dev"), Left(["alice"], 1, room="dev", ref="leave dev")])
    assert (controller.titles(), controller.rows()) == (["[lobby]"], ["T * alice left #dev"])
    controller.on_updates([Left(["alice"], 1, room="dev", ref="leave dev"), said("late", room="dev")])
    assert controller.rows()[2:] == ["T   #dev <bob> late"]


def test_a_link_that_comes_and_goes_makes_one_gap() -> None:
    controller = entered("dev")
    controller.on_updates([said("x", room="dev"), said("x")])
    for _ in range(3):
        controller.on_updates([LinkChanged(LinkState.ONLINE, "you are new here"), WELCOME])
    assert [len(window.scrollback.gaps()) for window in controller.windows.all] == [1, 1]


def test_a_room_that_was_asked_for_when_the_link_broke_may_refuse() -> None:
    controller = ControllerFixture()
    controller.types("/join dev")
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "", 1.0), ONLINE, WELCOME])
    controller.on_updates([Error("full", "it is full", ref="rejoin dev")])
    assert controller.rows()[-1] == "T ! you are not in #dev any more: it is full"
    controller.types("/leave")
    assert controller.titles() == ["[lobby]"]


def test_the_link_is_told_of_here_and_in_the_lobby() -> None:
    controller = entered("dev", "ops")
    controller.on_updates([said("x", room="dev")])
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "cut off", 1.0)])
    controller.types("/join zoo", "hello")
    assert controller.rows() == [
        "T ! cut off",
        "T ! there is no link to the server at the moment",
        "T … <alice> hello",
    ]
    assert controller.rows_of("lobby") == ["T ! cut off"]
    controller.on_updates([LinkChanged(LinkState.ONLINE, "you are new here"), WELCOME])
    assert controller.rows()[3:] == [
        "T * you are new here",
        "T * you are alice - 3 here - /help lists the commands",
    ]
    assert controller.rows_of("#dev")[-1] == "T * what was said meanwhile may be missing"


def test_rooms_that_one_is_told_to_be_in_have_windows() -> None:
    """Who comes back is told its rooms; one that is not among them any more can still be read."""
    controller = entered("dev", "ops")
    controller.on_updates([said("x", room="ops"), LinkChanged(LinkState.RECONNECTING, "", 1.0)])
    controller.on_updates([LinkChanged(LinkState.ONLINE, resumed=True), RESUMED_WELCOME])
    controller.on_updates(
        [RoomInfo("lobby", 2, ""), RoomInfo("dev", 2, ""), RoomInfo("doc", 2, ""), Mark(id=10**9)]
    )
    assert controller.titles() == ["lobby", "#dev", "[#ops]", "#doc"]
    assert controller.rows()[-1] == "T ! you are not in #ops any more; /join ops goes there"
    assert controller.link.asked == []


def test_rooms_of_last_time_have_windows_from_the_start() -> None:
    """In the order of their names, so that each is where it was; the link joins them."""
    controller = ControllerFixture(rooms=("web", "lobby", "ops", "dev", "doc"))
    assert controller.titles() == ["lobby", "#dev", "[#doc]", "#ops", "#web"]
    controller.on_updates([RoomInfo(room, 2, "", ref=f"rejoin {room}") for room in ("dev", "doc")])
    controller.on_updates([Error("full", "it is full", ref="rejoin ops")])
    assert controller.titles() == ["lobby", "#dev", "[#doc]", "#web"]
    assert controller.rows()[-1] == "T * #doc - 2 here - no topic"  # another room has still to answer
    controller.on_updates([RoomInfo("web", 2, "", ref="rejoin web")])
    assert controller.link.asked == [Users(room="doc", ref="roster")]
    assert [page.room for page in controller.link.pages] == ["doc"]
    assert controller.rows()[-1] == "T ! you are not in #ops any more: it is full"
    assert controller.titles() == ["lobby", "#dev", "[#doc]", "#web"]
    assert ControllerFixture(rooms=("dev", "lobby")).titles() == ["[lobby]", "#dev"]


def test_a_message_is_in_its_window_and_where_it_was_typed() -> None:
    controller = entered("dev")
    controller.types("/bc to all", "/say dev here", "/say zoo there")
    acknowledged = [DeliveryChanged(ref, DeliveryState.ACKNOWLEDGED, 10**9 + int(ref)) for ref in "123"]
    controller.on_updates([*acknowledged])
    assert controller.rows() == ["T > #lobby <alice> to all", "T > <alice> here", "T > #zoo <alice> there"]
    assert controller.rows_of("lobby") == ["T > <alice> to all"]
    assert controller.link.asked == [
        Say(text="to all", ref="1"),
        Say(text="here", room="dev", ref="2"),
        Say(text="there", room="zoo", ref="3"),
    ]
    own = DirectMessage(id=10**9 + 1, sender="x", to="alice", text="x", at=NOON)
    assert not controller.windows.current.has(own.id)  # it belongs to the lobby
