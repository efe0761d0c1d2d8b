"""How acts of moderation, bans and the audit read in text."""

from collections.abc import Mapping
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.wrapping import LIST_WIDTH
from chatd.protocol.events import Event, RoomInfo, Said, UserList
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted, ActName, AuditPage, BanInfo, BanList

MINUTE = 60_000
HOUR = 3600


def act(act: str, room: str = "dev", by: str = "bob", **fields: str | int | None) -> Acted:
    """bob does it to eve, in #dev."""
    given: Mapping[str, object] = {"whom": "eve", **fields}
    return Acted(act=act, room=room, id=7, at=MINUTE, by=by, **given)  # type: ignore[arg-type]


#: Each act, and how it reads.
ACTS: list[tuple[Acted, str]] = [
    (act("op"), "bob made eve an operator of #dev"),
    (act("deop"), "bob took the role of operator of #dev from eve"),
    (act("deop", by="eve"), "eve is no operator of #dev any more"),
    (act("voice"), "bob gave eve a voice in #dev"),
    (act("voice", "lobby"), "bob gave eve a voice in the lobby"),
    (act("devoice"), "bob took the voice of eve in #dev"),
    (act("own", whom="bob"), "bob owns #dev"),
    (act("kick"), "bob put eve out of #dev"),
    (act("kick", reason="spam"), "bob put eve out of #dev (spam)"),
    (act("ban"), "bob banned eve from #dev"),
    (act("ban", reason="spam"), "bob banned eve from #dev (spam)"),
    (act("ban", seconds=2 * HOUR), "bob banned eve from #dev for 2 h"),
    (act("ban", seconds=90 * 60, reason="spam"), "bob banned eve from #dev for 90 min (spam)"),
    (
        act("ban", "lobby", whom="10.0.0.0/24", seconds=24 * HOUR),
        "bob banned 10.0.0.0/24 from the server for 1 day",
    ),
    (act("unban"), "bob lifted the ban of eve from #dev"),
    (act("unban", "lobby"), "bob lifted the ban of eve from the server"),
    (act("mute"), "bob muted eve in #dev"),
    (act("mute", "lobby", seconds=61), "bob muted eve in the lobby for 61 s"),
    (act("mute", seconds=7 * 24 * HOUR, reason="loud"), "bob muted eve in #dev for 7 days (loud)"),
    (act("unmute"), "bob lets eve speak again in #dev"),
    (act("private", whom=None, value="on"), "bob closed #dev: only who is invited comes in"),
    (act("private", whom=None, value="off"), "bob opened #dev: everyone may come in"),
    (act("invite"), "bob invited eve to #dev"),
    (act("key", whom=None, value="on"), "bob set a key for #dev"),
    (act("key", whom=None, value="off"), "bob took the key off #dev"),
    (act("slow", whom=None, value="10 s"), "bob slowed #dev down: each one speaks once in 10 s"),
    (act("slow", "lobby", whom=None, value="off"), "bob took slow mode off the lobby"),
    (act("moderated", whom=None, value="on"), "bob lets only who has a role speak in #dev"),
    (act("moderated", "lobby", whom=None, value="off"), "bob lets everyone speak in the lobby"),
    (act("keep", whom=None, value="90d,1000"), "bob set how much of #dev is kept: 90d,1000"),
    (act("keep", whom=None, value="off"), "bob set how much of #dev is kept: as the server says"),
    (act("delete", message=5), "bob deleted a message of eve in #dev"),
    (act("delete", "lobby", message=5), "bob deleted a message of eve in the lobby"),
    (act("announce", "lobby", whom=None, value="tea"), "announcement of bob: tea"),
    (act("announce", "lobby", whom=None), "announcement of bob: "),
    (act("kill", "lobby", reason="spam"), "bob ended the connections of eve (spam)"),
    (
        act("lockdown", "lobby", whom=None, value="on"),
        "bob locked the server down: guests read, and do not speak",
    ),
    (act("lockdown", "lobby", whom=None, value="off"), "bob ended the lockdown of the server"),
    (act("grant", "lobby", value="admin"), "bob made eve admin of the server"),
    (act("grant", "lobby", by="admin", value="owner"), "admin made eve owner of the server"),
    (act("grant", "lobby"), "bob took the role on the server from eve"),
    (act("erase", "lobby", by="admin"), "admin deleted the account eve"),
    # -- those of a newer server
    (act("warn"), "bob in #dev: warn eve"),
    (act("warn", whom=None), "bob in #dev: warn"),
    (act("paint", "lobby", value="green", reason="spring"), "bob in the lobby: paint eve green (spring)"),
]


@pytest.mark.parametrize(("event", "text"), ACTS)
def test_acts_as_lines(event: Acted, text: str) -> None:
    assert TEXT.encode(event) == f"* {text}\n".encode()


def test_every_act_is_in_the_table() -> None:
    assert {event.act for event, _ in ACTS} == {*get_args(ActName), "warn", "paint"}


def test_each_line_of_an_announcement_says_whose_it_is() -> None:
    event = act("announce", "lobby", whom=None, value="tea\n* eve is an operator\n")
    assert TEXT.encode(event).decode().splitlines() == [
        "* announcement of bob: tea",
        "* announcement of bob: * eve is an operator",
        "* announcement of bob: ",
    ]


@given(st.sampled_from([event.act for event, _ in ACTS]), st.data())
def test_no_field_of_an_act_brings_a_line_of_its_own(name: str, data: st.DataObject) -> None:
    """Nor does one of a ban."""
    words = st.sampled_from(["x", "a\nb", "\n", "on", "off\n"])
    event = act(
        name, by=data.draw(words), whom=data.draw(words), value=data.draw(words), reason=data.draw(words)
    )
    if name != "announce":
        assert TEXT.encode(event).decode().count("\n") == 1
    ban = BanInfo(act=event.act, whom=event.by, by=event.by, at=0, reason=event.reason)
    assert TEXT.encode(BanList("dev", [ban])).decode().count("\n") == 2


BANS = [
    BanInfo("ban", "eve", "bob", 0),
    BanInfo("ban", "10.0.0.0/24", "bob", 0, MINUTE, "spam"),
    BanInfo("mute", "al", "bob", 0, MINUTE),
    BanInfo("warn", "al", "bob", 0, reason="loud"),
]

LINES: list[tuple[Event, str]] = [
    (BanList("lobby", []), "* nobody is banned or muted on the server\n"),
    (BanList("dev", []), "* nobody is banned or muted in #dev\n"),
    (BanList("dev", BANS[:1]), "* 1 is banned or muted in #dev:\n* eve - banned for good, by bob\n"),
    (
        BanList("lobby", BANS, "r"),
        "* 4 are banned or muted on the server:\n"
        "* eve - banned for good, by bob\n"
        "* 10.0.0.0/24 - banned until 1970-01-01 00:01 UTC, by bob (spam)\n"
        "* al - muted until 1970-01-01 00:01 UTC, by bob\n"
        "* al - warn for good, by bob (loud)\n",
    ),
    (
        BanList("dev", BANS[:1], more=True),
        "* 1 is banned or muted in #dev:\n"
        "* eve - banned for good, by bob\n"
        "* there are older ones; chatd admin bans lists them all\n",
    ),
    (AuditPage("lobby", []), "* 0 acts of moderation of the server\n"),
    (
        AuditPage("dev", [act("kick", reason="spam")]),
        "* 1 act of moderation of #dev, times in UTC:\n1970-01-01 00:01 * bob put eve out of #dev (spam)\n",
    ),
    (
        AuditPage("lobby", [act("op"), act("announce", "lobby", value="a\nb")], more=True),
        "* 2 acts of moderation of the server, times in UTC:\n"
        "1970-01-01 00:01 * bob made eve an operator of #dev\n"
        "1970-01-01 00:01 * announcement of bob: a\n"
        "1970-01-01 00:01 * announcement of bob: b\n"
        "* there are older ones; /audit N shows more\n",
    ),
    # -- among what was said
    (Said("dev", 7, "al", "[deleted by bob]", 1, "deleted"), "#dev <al> [deleted by bob]\n"),
    (Said("lobby", 7, "[deleted]", "[deleted]", 1, "deleted"), "<[deleted]> [deleted]\n"),
    (
        HistoryPage(
            room="dev",
            messages=[
                Said("dev", 6, "eve", "[deleted by bob]", 0, "deleted"),
                act("delete", message=6),
                act("ban", seconds=HOUR, reason="spam"),
            ],
            more=False,
        ),
        "* 3 messages of #dev, times in UTC:\n1970-01-01 00:00 #dev <eve> [deleted by bob]\n"
        "1970-01-01 00:01 * bob deleted a message of eve in #dev\n"
        "1970-01-01 00:01 * bob banned eve from #dev for 1 h (spam)\n",
    ),
    (
        HistoryPage(
            messages=[Said("dev", 8, "al", "spam?", MINUTE)],
            more=False,
            found=True,
            before=[act("kick", reason="spam")],
            after=[act("announce", "lobby", value="a\nb")],
        ),
        "* 1 message found, newest first, times in UTC:\n"
        "  1970-01-01 00:01 * bob put eve out of #dev (spam)\n"
        "1970-01-01 00:01 #dev <al> spam?\n"
        "  1970-01-01 00:01 * announcement of bob: a\n"
        "  1970-01-01 00:01 * announcement of bob: b\n",
    ),
    # -- what holds in a room
    (
        RoomInfo("dev", 3, "work", role="owner", private=True, key=True, moderated=True, slow=10),
        "* #dev - 3 here - work - private - has a key - moderated - each one speaks once in 10 s"
        " - your role: owner\n",
    ),
    (
        RoomInfo("lobby", 3, "", slow=60, lockdown=True),
        "* #lobby - 3 here - no topic - each one speaks once in 1 min - guests do not speak\n",
    ),
    (UserList(["al", "bob"], 2, roles={}), "* 2 here: al, bob\n"),
    (
        UserList(["al", "bob"], 2, room="dev", roles={"al": "owner", "bob": "voice"}),
        "* 2 in #dev: al, bob\n* with a role: al (owner), bob (voice)\n",
    ),
]


@pytest.mark.parametrize(("event", "line"), LINES)
def test_events_as_lines(event: Event, line: str) -> None:
    assert TEXT.encode(event) == line.encode()


def test_a_long_list_of_roles_goes_on_over_several_lines() -> None:
    names = [f"{number:x>32}" for number in range(500)]
    lines = TEXT.encode(UserList(names, 500, roles=dict.fromkeys(names, "operator"))).decode().splitlines()
    assert all(line.startswith("* ") and len(line) <= LIST_WIDTH + len(" (operator), ") for line in lines)
    assert sum(line.count(" (operator)") for line in lines) == 500
