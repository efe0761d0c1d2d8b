"""Events to lines of the screen, and what the desk does with what happens and what is typed."""

from typing import Any

import pytest

from chatd.events import (
    Bye,
    CommandHelp,
    DirectMessage,
    Error,
    Event,
    HelpList,
    Joined,
    Left,
    LineLimits,
    Lost,
    Said,
    Skipped,
    UserList,
    Welcome,
)
from chatd.requests import Direct, Quit, Request, Say, Users
from client.keeper import Changed, Moved, Phase
from client.outgoing import State
from client.screen.desk import Desk
from client.screen.lines import Bell, Composer

NOON = 1_700_000_000_000
LIMITS = LineLimits(line=4096, name=32)
WELCOME = Welcome(nick="alice", token="t", server="a test", users=3, limits=LIMITS)
ONLINE = Changed(Phase.ONLINE)


class Wire:
    """Keeps what the desk asked of the link."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def post(self, message: Say | Direct) -> None:
        self.asked.append(message)

    def ask(self, request: Request) -> None:
        self.asked.append(request)

    def resend(self) -> None:
        self.asked.append("resend")

    def reconnect(self) -> None:
        self.asked.append("reconnect")

    def rename(self, name: str) -> None:
        self.asked.append(f"rename {name}")

    def leave(self, farewell: Quit) -> None:
        self.asked.append(farewell)


class Seat(Desk):
    """A desk of its own, with a clock that stands still; it starts online."""

    def __init__(self, bell: Bell = "mention") -> None:
        self.wire = Wire()
        self.now = 0.0
        composer = Composer("alice", "T", lambda: NOON / 1000)
        super().__init__(self.wire, composer, "host:1", lambda: (80, 20), bell, lambda: self.now)
        self.heard([ONLINE, WELCOME, UserList(["alice", "bob", "Carol"], 3, ref="roster")])
        self.wire.asked.clear()
        self.scrollback.clear()

    def rows(self) -> list[str]:
        return ["".join(text for _, text in row) for row in self.scrollback.view(80, 50)]

    def styles(self) -> str:
        return " ".join(style for row in self.scrollback.view(80, 50) for style, _ in row)

    def types(self, *lines: str) -> None:
        for line in lines:
            self.entered(line)


def said(text: str, sender: str = "bob", at: int = NOON) -> Said:
    return Said(room="lobby", id=1, sender=sender, text=text, at=at)


def direct(text: str, sender: str = "bob") -> DirectMessage:
    return DirectMessage(id=1, sender=sender, to="alice", text=text, at=NOON)


@pytest.mark.parametrize(
    ("event", "rows"),
    [
        (said("hello"), ["T   <bob> hello"]),
        (said("malice, alice2 and alice-b"), ["T   <bob> malice, alice2 and alice-b"]),
        (said("well, ALICE?"), ["T » <bob> well, ALICE?"]),
        (said("late", at=10**30), ["T   <bob> late"]),
        (said("early", at=-1), ["T   <bob> early"]),
        (said("a\x1b]0;b\x07\u202ec\n", "b\x1bob"), ["T   <bob> a]0;bc "]),
        (direct("psst"), ["T @ <bob to you> psst"]),
        (Joined(["dave"], 1), ["T * dave joined"]),
        (Left(["bob"], 1, "so long"), ["T * bob left (so long)"]),
        (Lost(["bob"], 1, "reset"), ["T * bob lost connection (reset)"]),
        (UserList(["alice", "bob"], 2), ["T * 2 here: alice, bob"]),
        (UserList(["alice", "bob"], 2, ref="roster"), []),
        (
            HelpList([CommandHelp("/a", "does a"), CommandHelp("/b", "does b")]),
            ["T * /a - does a", "T * /b - does b"],
        ),
        (Error("usage", "please write"), ["T ! please write"]),
        (Skipped("lobby", 3), ["T ! 3 messages skipped"]),
        (WELCOME, ["T * you are alice - 3 here - /help lists the commands"]),
        (Bye("quit"), []),
    ],
)
def test_every_event_has_its_line(event: Event, rows: list[str]) -> None:
    desk = Seat()
    desk.heard([event])
    assert desk.rows() == rows


def test_colour_says_again_what_the_mark_says() -> None:
    desk = Seat()
    for event, style in (
        (said("alice!"), "class:mention"),
        (direct("psst"), "class:direct"),
        (Error("usage", "no"), "class:error"),
        (Joined(["dave"], 1), "class:notice"),
    ):
        desk.heard([event])
        assert style in desk.styles()
        desk.scrollback.clear()


def test_an_own_line_shows_how_far_it_has_come() -> None:
    desk = Seat()
    desk.types("hello", "/dm bob psst")
    assert desk.wire.asked == [Say(text="hello", ref="1"), Direct(to="bob", text="psst", ref="2")]
    assert desk.rows() == ["T … <alice> hello", "T … <alice to bob> psst"]
    desk.heard([Moved("1", State.WRITTEN), Moved("1", State.ACKNOWLEDGED), Moved("2", State.REFUSED)])
    assert desk.rows() == ["T > <alice> hello", "T ! <alice to bob> psst"]
    desk.heard([Moved("1", State.UNCERTAIN), Moved("nobody's", State.WRITTEN)])  # it has its answer
    assert desk.rows()[0] == "T > <alice> hello"


def test_an_uncertain_line_says_so_and_what_to_do() -> None:
    desk = Seat()
    desk.types("hello")
    desk.heard([Moved("1", State.UNCERTAIN)])
    assert desk.rows()[0] == "T ? <alice> hello"
    assert "1 of your lines may not have arrived" in desk.rows()[1]
    desk.types("/resend")
    desk.heard([Moved("1", State.WAITING)])
    assert (desk.wire.asked[-1], desk.rows()[0]) == ("resend", "T … <alice> hello")


@pytest.mark.parametrize(
    ("bell", "rung"),
    [
        ("off", [False, False, False, False]),
        ("dm", [True, False, False, False]),
        ("mention", [True, True, False, False]),
        ("all", [True, True, True, False]),
    ],
)
def test_the_bell(bell: Bell, rung: list[bool]) -> None:
    desk = Seat(bell)
    events = (direct("psst"), said("alice!"), said("hello"), Joined(["dave"], 1))
    assert [desk.heard([event]) for event in events] == rung


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
    desk.heard([Changed(Phase.RECONNECTING, "cut off", 4.0)])
    desk.types("/users")
    assert desk.rows() == ["T ! cut off", "T ! there is no link to the server at the moment"]


def test_leaving_tells_what_it_waits_for() -> None:
    desk = Seat()
    desk.heard([Changed(Phase.ONLINE)])
    desk.types("one", "two", "/quit")
    assert desk.rows()[-1] == "T * leaving when 2 of your lines were answered; Ctrl-C leaves at once"
    assert desk.leaving


def test_the_name_is_asked_for() -> None:
    desk = Seat()
    desk.heard([Changed(Phase.NAMELESS, "alice is taken")])
    assert desk.rows() == ["T ! alice is taken", "T * which name do you want? type it, and press Enter"]
    desk.types("not a name", "dave")
    assert desk.wire.asked == ["rename dave"]
    desk.heard([ONLINE, Welcome(nick="dave", token="t", server="s", users=1, limits=LIMITS), said("hi dave")])
    assert desk.rows()[-1] == "T » <bob> hi dave"
    assert desk.wire.asked[-1] == Users(ref="roster")


def test_the_same_trouble_is_told_once() -> None:
    desk = Seat()
    for _ in range(3):
        desk.heard([Changed(Phase.CONNECTING), Changed(Phase.RECONNECTING, "refused", 1.0)])
    desk.heard([ONLINE, Changed(Phase.RECONNECTING, "refused", 1.0)])
    assert desk.rows() == ["T ! refused"] * 2


def test_the_status_line() -> None:
    desk = Seat()
    assert desk.status(60).rstrip() == "host:1 · alice · lobby · 3 here · online"
    desk.heard(
        [
            Joined(["dave"], 1),
            Left(["bob"], 1),
            Lost(["Carol"], 1, "reset"),
            Changed(Phase.RECONNECTING, "", 3.5),
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


def test_a_farewell_is_cut_to_what_any_server_takes() -> None:
    desk = Seat()
    desk.types("/quit " + "x" * 1000)
    assert desk.wire.asked == [Quit(reason="x" * 300)]


def test_tab_offers_the_others() -> None:
    desk = Seat()
    desk.heard([said("hi", "Carol"), said("own", "alice")])
    assert desk.names() == ["Carol", "bob"]
