"""How each event reads in text."""

import pytest

from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.wrapping import LIST_WIDTH
from chatd.protocol.errors import Code
from chatd.protocol.events import (
    GOING_DOWN,
    QUIT,
    TAKEN_OVER,
    Ack,
    Back,
    Bye,
    Cause,
    CommandHelp,
    DirectMessage,
    Error,
    Event,
    Greeting,
    HelpList,
    Joined,
    Left,
    LineLimits,
    Lost,
    Pong,
    RoomEntrance,
    RoomInfo,
    RoomList,
    Said,
    Sent,
    Skipped,
    TopicSet,
    UserList,
    Waiting,
    Welcome,
)
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.limits import DEFAULT

NAMES = [f"n{number}" for number in range(21)]
TWENTY = ", ".join(NAMES[:20])

LINES: list[tuple[Event, str]] = [
    (Greeting("chatd 0.1.0"), "* chatd 0.1.0 - what is your name?\n"),
    (
        Welcome("alice", "t1", "chatd 0.1.0", 3, LineLimits(4096, 32)),
        "* you are alice - 3 here - /help lists the commands\n",
    ),
    (Said("lobby", 7, "alice", "grüße", 1), "<alice> grüße\n"),
    (Said("dev", 7, "alice", "grüße", 1), "#dev <alice> grüße\n"),
    (Said("lobby", 7, "al", "a\n\nb", 1), "<al> a\n<al> \n<al> b\n"),
    (Said("lobby", 7, "al", "waves", 1, "action"), "** al waves\n"),
    (Said("dev", 7, "al", "waves\nagain", 1, "action"), "#dev ** al waves\n#dev ** al again\n"),
    (Said("lobby", 7, "al", "of a newer server", 1, "dance"), "<al> of a newer server\n"),
    (DirectMessage(7, "alice", "bob", "a\nb", 1), "[dm from alice] a\n[dm from alice] b\n"),
    (Sent("bob", "a\nb", 7, None), "[dm to bob] a\n[dm to bob] b\n"),
    (DirectMessage(7, "alice", "bob", "hi", 1), "[dm from alice] hi\n"),
    (Sent("bob", "hi", 7, None), "[dm to bob] hi\n"),
    (Joined(["alice"], 1), "* alice joined\n"),
    (Joined(["al", "bob"], 2), "* al, bob joined\n"),
    (Joined(NAMES[:20], 20), f"* {TWENTY} joined\n"),
    (Joined(NAMES, 21), f"* {TWENTY} and 1 other joined\n"),
    (Joined(NAMES[:20], 22), f"* {TWENTY} and 2 others joined\n"),
    (Left(["alice"], 1), "* alice left\n"),
    (Left(["alice"], 1, "home"), "* alice left (home)\n"),
    (Left(NAMES, 21, "home"), f"* {TWENTY} and 1 other left (home)\n"),
    *((Lost(["al"], 1, cause), f"* al lost connection ({cause.value})\n") for cause in Cause),
    (Lost(NAMES, 21, Cause.RESET), f"* {TWENTY} and 1 other lost connection (reset)\n"),
    (Joined(["al", "bob"], 2, "dev"), "* al, bob joined #dev\n"),
    (Left(["al"], 1, room="dev"), "* al left #dev\n"),
    (RoomInfo("dev", 3, ""), "* #dev - 3 here - no topic\n"),
    (RoomInfo("dev", 3, "work", "r"), "* #dev - 3 here - work\n"),
    (RoomList([RoomEntrance("lobby", 3, "")], 1), "* 1 room:\n* #lobby - 3 here\n"),
    (
        RoomList([RoomEntrance("lobby", 3, "all"), RoomEntrance("dev", 1, "")], 12),
        "* 12 rooms:\n* #lobby - 3 here - all\n* #dev - 1 here\n* and 10 more\n",
    ),
    (HistoryPage(room="dev", messages=[], more=False), "* 0 messages of #dev\n"),
    (
        HistoryPage(
            room="dev",
            messages=[
                Said("dev", 7, "al", "a\nb", 60_000),
                TopicSet("dev", 8, "al", "work", 120_000),
            ],
            more=True,
        ),
        "* 2 messages of #dev, times in UTC:\n1970-01-01 00:01 #dev <al> a\n1970-01-01 00:01 #dev <al> b\n"
        "1970-01-01 00:02 * al set the topic of #dev: work\n",
    ),
    (
        HistoryPage(
            whom="bob",
            messages=[DirectMessage(7, "bob", "al", "hi", 0), DirectMessage(8, "al", "bob", "yes", 0)],
            more=False,
        ),
        "* 2 messages of you and bob, times in UTC:\n1970-01-01 00:00 [dm from bob] hi\n"
        "1970-01-01 00:00 [dm to bob] yes\n",
    ),
    (TopicSet("dev", 7, "al", "work", 1), "* al set the topic of #dev: work\n"),
    (TopicSet("dev", 7, "al", "", 1), "* al took the topic of #dev away\n"),
    (UserList(["al", "bob"], 2, room="dev"), "* 2 in #dev: al, bob\n"),
    (UserList(["alice", "bob", "carol"], 3, "r"), "* 3 here: alice, bob, carol\n"),
    (HelpList([CommandHelp("/a X", "do a"), CommandHelp("/b", "do b")]), "* /a X - do a\n* /b - do b\n"),
    (Error(Code.USAGE, "please write /users", "r"), "! please write /users\n"),
    (Back(["al"], 1, 8), "* al is back after 8 s\n"),
    (Back(["al", "bob"], 2, 8), "* al, bob are back after 8 s\n"),
    (Back(["al"], 1, 8, "dev"), ""),
    (Skipped("lobby", 1), "* 1 message skipped\n"),
    (Skipped("lobby", 2), "* 2 messages skipped\n"),
    (Skipped("lobby", 37), "* 37 messages skipped\n"),
    (Skipped("dev", 2), "* 2 messages of #dev skipped\n"),
    (Waiting(1), "* 1 of your lines waits to be handled\n"),
    (Waiting(2), "* 2 of your lines wait to be handled\n"),
    (Bye(QUIT), "* bye\n"),
    (Bye(GOING_DOWN), "* the server is going down\n"),
    (Bye(TAKEN_OVER), "* your name was taken over by a new connection\n"),
    (Ack("r", 7), ""),
    (Pong("r"), ""),
]


@pytest.mark.parametrize(("event", "line"), LINES)
def test_events_as_lines(event: Event, line: str) -> None:
    assert TEXT.encode(event) == line.encode()


def test_causes_are_those_of_the_design() -> None:
    assert list(Cause) == ["closed", "reset", "timed out", "too slow", "error"]


@pytest.mark.parametrize("count", [1, 11, 12, 13, 500, 20_000])
@pytest.mark.parametrize("length", [1, DEFAULT.name])
def test_a_long_list_goes_on_over_several_lines(count: int, length: int) -> None:
    names = ["n" * length] * count
    text = TEXT.encode(UserList(names, count)).decode()
    assert text.endswith("\n")
    first, *others = text.splitlines()
    start = f"* {count} here: "
    assert first.startswith(start)
    assert all(line.startswith("* ") for line in others)
    listed = [first.removeprefix(start), *(line.removeprefix("* ") for line in others)]
    assert ", ".join(listed).split(", ") == names
    assert max(map(len, (first, *others))) <= LIST_WIDTH + len(", ")
    # No line breaks before the next name would have made it too long.
    assert all(len(line) + length > LIST_WIDTH for line in (first, *others)[:-1])
