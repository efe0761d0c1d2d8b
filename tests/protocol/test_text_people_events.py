"""How what is told about people reads in text."""

import pytest

from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.wrapping import LIST_WIDTH
from chatd.protocol.events import DirectMessage, Event, LineLimits, Said, Welcome
from chatd.protocol.people_events import (
    Caught,
    DeviceInfo,
    DeviceList,
    Done,
    Gone,
    Identity,
    PasswordWanted,
    ReadUpTo,
    Renamed,
    UnreadCounts,
    UnreadMessages,
)

WHILE = "* while you were away:"
MORE = "- /catchup shows them\n"
MINUTE = 60_000
FROM_AL = DirectMessage(7, "al", "bob", "a\nb", MINUTE)
IN_DEV = Said("dev", 8, "al", "bob: tea?", 2 * MINUTE)


def room(count: int, mentions: int = 0, name: str = "dev") -> UnreadMessages:
    return UnreadMessages(count, 1, room=name, mentions=mentions)


def pair(count: int, whom: str = "al") -> UnreadMessages:
    return UnreadMessages(count, 1, whom=whom)


LINES: list[tuple[Event, str]] = [
    (
        Welcome("al", "t1", "chatd", 3, LineLimits(4096, 32), account=True),
        "* you are al - 3 here - /help lists the commands\n",
    ),
    (PasswordWanted("alice"), "* alice is registered - password?\n"),
    (Renamed("al", "bob"), "* al is now bob\n"),
    (Renamed("al", "al_2", "al is somebody else's"), "* al is now al_2 (al is somebody else's)\n"),
    (Gone("al"), ""),
    (Gone("al", text="lunch"), ""),
    (Gone("al", away=False), ""),
    (Gone("bob", kept=True), "* bob is away and will get it\n"),
    (Gone("bob", kept=False), "* bob is away\n"),
    (Gone("bob", text="lunch", kept=False), "* bob is away: lunch\n"),
    (ReadUpTo(room="dev", id=7), ""),
    (Done("you are away", "t1", "r"), "* you are away\n"),
    # -- what is unread
    (UnreadCounts([]), ""),
    (UnreadCounts([room(0)]), ""),
    (UnreadCounts([room(1)]), f"{WHILE} dev 1 {MORE}"),
    (UnreadCounts([room(3, 1)]), f"{WHILE} dev 3 (1 mentions you) {MORE}"),
    (UnreadCounts([room(3, 2)]), f"{WHILE} dev 3 (2 mention you) {MORE}"),
    (UnreadCounts([room(999, 999)]), f"{WHILE} dev 999 (999 mention you) {MORE}"),
    (UnreadCounts([room(1000)]), f"{WHILE} dev 1,000 or more {MORE}"),
    (UnreadCounts([room(1000, 1000)]), f"{WHILE} dev 1,000 or more (1,000 or more mention you) {MORE}"),
    (UnreadCounts([pair(1)]), f"{WHILE} 1 direct message {MORE}"),
    (UnreadCounts([pair(1), pair(1, "eve")]), f"{WHILE} 2 direct messages {MORE}"),
    (UnreadCounts([pair(999)]), f"{WHILE} 999 direct messages {MORE}"),
    (UnreadCounts([pair(999), pair(1, "eve")]), f"{WHILE} 1,000 or more direct messages {MORE}"),
    (UnreadCounts([pair(1000)]), f"{WHILE} 1,000 or more direct messages {MORE}"),
    (
        UnreadCounts([room(12, name="lobby"), room(3, 1), room(0, name="ops"), pair(2)]),
        f"{WHILE} lobby 12, dev 3 (1 mentions you), 2 direct messages {MORE}",
    ),
    # -- and what it is
    (Caught([], []), "* you have read everything\n"),
    (
        Caught([FROM_AL], []),
        "* what is for you, times in UTC:\n1970-01-01 00:01 [dm from al to bob] a\n"
        "1970-01-01 00:01 [dm from al to bob] b\n",
    ),
    (Caught([], [IN_DEV]), "* what else was said, times in UTC:\n1970-01-01 00:02 #dev <al> bob: tea?\n"),
    (
        Caught([IN_DEV], [Said("lobby", 9, "al", "so", 0)], more=True),
        "* what is for you, times in UTC:\n1970-01-01 00:02 #dev <al> bob: tea?\n"
        "* what else was said, times in UTC:\n1970-01-01 00:00 <al> so\n"
        "* there was more; /history shows it\n",
    ),
    # -- devices
    (DeviceList([]), "* 0 devices come back without a password\n"),
    (
        DeviceList([DeviceInfo(1, "", 0, MINUTE, here=False, this=False)]),
        "* 1 device comes back without a password, times in UTC:\n"
        "* 1: a program without a name - since 1970-01-01 00:00 - last used 1970-01-01 00:01\n",
    ),
    (
        DeviceList([DeviceInfo(2, "desk", 0, 0, True, True), DeviceInfo(7, "phone", 0, 0, True, False)], "r"),
        "* 2 devices come back without a password, times in UTC:\n"
        "* 2: desk - since 1970-01-01 00:00 - last used 1970-01-01 00:00 - this one\n"
        "* 7: phone - since 1970-01-01 00:00 - last used 1970-01-01 00:00 - here\n",
    ),
    # -- who somebody is
    (
        Identity("al", account=False, here=True, since=0, rooms=["lobby"]),
        "* al - a guest, here since 1970-01-01 00:00 UTC - with you in #lobby\n",
    ),
    (
        Identity("al", account=False, here=True, since=0, rooms=[], away=""),
        "* al - a guest, here since 1970-01-01 00:00 UTC - away\n",
    ),
    (
        Identity("al", account=False, here=False, since=MINUTE, rooms=[]),
        "* al - a guest, left 1970-01-01 00:01 UTC\n",
    ),
    (
        Identity("al", account=True, here=True, since=0, rooms=["dev", "lobby"], away="lunch"),
        "* al - registered since 1970-01-01 00:00 UTC - away: lunch - with you in #dev, #lobby\n",
    ),
    (
        Identity("al", account=True, here=False, since=0, rooms=["dev"], left=MINUTE),
        "* al - registered since 1970-01-01 00:00 UTC - not here since 1970-01-01 00:01 UTC"
        " - with you in #dev\n",
    ),
    (
        Identity("al", account=True, here=False, since=0, rooms=[]),
        "* al - registered since 1970-01-01 00:00 UTC - not here\n",
    ),
]


@pytest.mark.parametrize(("event", "line"), LINES)
def test_events_as_lines(event: Event, line: str) -> None:
    assert TEXT.encode(event) == line.encode()


def test_the_longest_lists_go_on_over_several_lines() -> None:
    rooms = [f"{number:x>32}" for number in range(101)]
    counts = UnreadCounts([*(room(1000, 1000, name) for name in rooms), pair(1000)])
    whois = Identity("a" * 32, account=True, here=True, since=0, rooms=rooms, away="x" * 200)
    for event, each in ((counts, "{} 1,000 or more (1,000 or more mention you)"), (whois, "#{}")):
        text = TEXT.encode(event).decode()
        assert all(line.startswith("* ") for line in text.splitlines())
        assert max(map(len, text.splitlines())) <= LIST_WIDTH + len("- /catchup shows them")
        assert all(each.format(name) in text for name in rooms)
