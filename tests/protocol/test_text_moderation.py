"""What those type who keep a room or the server civil, and what is wrong with it."""

import pytest

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Delete,
    GiveOperator,
    GiveVoice,
    Grant,
    InvitePerson,
    Kick,
    Kill,
    Lockdown,
    Mute,
    SetKeep,
    SetKey,
    SetModerated,
    SetPrivate,
    SetSlow,
    TakeOperator,
    TakeVoice,
    Unban,
    Unmute,
)
from chatd.protocol.requests import HERE, Join, Request, Say
from tests.protocol.test_framing import FeedBytes, each_way

DAY = 86_400
#: The longest text that everyone reads beside an act.
LONG = "é" * 200

#: Of whom nothing else is said.
NAMED = (GiveOperator, TakeOperator, GiveVoice, TakeVoice, InvitePerson, Unmute)
SWITCHES = (SetPrivate, SetModerated)


def ban(whom: str, seconds: int | None = None, reason: str = "") -> Ban:
    return Ban(room=HERE, whom=whom, seconds=seconds, reason=reason)


def mute(nick: str, seconds: int | None = None, reason: str = "") -> Mute:
    return Mute(room=HERE, nick=nick, seconds=seconds, reason=reason)


def kick(nick: str, reason: str = "") -> Kick:
    return Kick(room=HERE, nick=nick, reason=reason)


GOOD: list[tuple[str, Request]] = [
    *((f"{each.command} Bob", each(room=HERE, nick="Bob")) for each in NAMED),
    *((f"{each.command}\t[x] ", each(room=HERE, nick="[x]")) for each in NAMED),
    *((f"{str(each.command).upper()} \x1bélan", each(room=HERE, nick="\x1bélan")) for each in NAMED),
    *((f"{each.command} on", each(room=HERE, on=True)) for each in SWITCHES),
    *((f"{each.command}  OFF ", each(room=HERE, on=False)) for each in SWITCHES),
    ("/lockdown on", Lockdown(on=True)),
    ("/LOCKDOWN Off", Lockdown(on=False)),
    ("/kick bob", kick("bob")),
    ("/kick bob go away", kick("bob", "go away")),
    ('/kick bob "go \x1baway"', kick("bob", "go away")),
    ("/kick bob 30m", kick("bob", "30m")),
    ("/kick bob \u200b", kick("bob")),
    ('/kick bob ""', kick("bob")),
    (f"/kick bob {LONG}é", kick("bob", LONG)),
    ("/ban bob", ban("bob")),
    ("/BAN Bob\t", ban("Bob")),
    ("/ban bob 30m", ban("bob", 1800)),
    ("/ban bob 30M", ban("bob", 1800)),
    ("/ban bob 2h spam", ban("bob", 7200, "spam")),
    ("/ban\tbob\t7D\tspam  and\tmore", ban("bob", 7 * DAY, "spam  and more")),
    ("/ban bob 1s", ban("bob", 1)),
    ("/ban bob 2w", ban("bob", 14 * DAY)),
    ("/ban bob 007d", ban("bob", 7 * DAY)),
    ("/ban bob 3650d", ban("bob", 3650 * DAY)),
    ("/ban bob spam", ban("bob", None, "spam")),
    ("/ban bob spam 30m", ban("bob", None, "spam 30m")),
    ("/ban bob -", ban("bob", None, "-")),
    ("/ban bob for 3 reasons", ban("bob", None, "for 3 reasons")),
    ("/ban bob ²", ban("bob", None, "²")),
    ('/ban bob "30m"', ban("bob", None, "30m")),
    ("/ban bob “3 times” ", ban("bob", None, "3 times")),
    ('/ban bob 30m "a \\"b\\"\x1b"', ban("bob", 1800, 'a "b"')),
    ("/ban bob 30m ”a “", ban("bob", 1800, "a")),
    ("/ban bob 30m \u200b", ban("bob", 1800)),
    (f"/ban bob 30m {LONG}é", ban("bob", 1800, LONG)),
    *(
        (f"/ban {whom} 1h", ban(whom, 3600))
        for whom in (
            *("10.0.0.7", "10.0.0.0/24", "*@10.0.0.0/24", "*@10.0.0.7", "0.0.0.0/0", "2001:db8::/64"),
            *("*@2001:DB8::7", "::ffff:10.0.0.7", "*@::ffff:10.0.0.0/120", "fe80::1%eth0", "::1"),
            # What only looks like one, as names do or as nothing does: who it is is said where it is known.
            *("cafe", "dead_beef", "e10", "10", "10.0.0", "*", "*@", "*@bob", "bob@10.0.0.7", "[::1]", "a.b"),
        )
    ),
    ("/unban bob", Unban(room=HERE, whom="bob")),
    ("/UNBAN  *@10.0.0.0/24 ", Unban(room=HERE, whom="*@10.0.0.0/24")),
    ("/bans", Bans(room=HERE)),
    ("/Bans \t", Bans(room=HERE)),
    ("/mute bob", mute("bob")),
    ("/mute bob 10m", mute("bob", 600)),
    ("/mute bob 10m loud", mute("bob", 600, "loud")),
    ("/mute bob loud", mute("bob", None, "loud")),
    ("/mute 10.0.0.7", mute("10.0.0.7")),
    ("/key green", SetKey(room=HERE, word="green")),
    ("/KEY Green!", SetKey(room=HERE, word="Green!")),
    ('/key "green"', SetKey(room=HERE, word='"green"')),
    ("/key e\u0301t\u00e9", SetKey(room=HERE, word="\u00e9t\u00e9")),
    ("/key " + "é" * 32, SetKey(room=HERE, word="é" * 32)),
    ("/key off", SetKey(room=HERE, word="")),
    ("/key OFF", SetKey(room=HERE, word="")),
    ("/slow 10s", SetSlow(room=HERE, seconds=10)),
    ("/slow 1S", SetSlow(room=HERE, seconds=1)),
    ("/slow 60m", SetSlow(room=HERE, seconds=3600)),
    ("/slow 1h", SetSlow(room=HERE, seconds=3600)),
    ("/slow Off", SetSlow(room=HERE, seconds=0)),
    ("/keep 90d", SetKeep(room=HERE, rule="90d")),
    ("/keep 90D", SetKeep(room=HERE, rule="90d")),
    ("/keep 1000", SetKeep(room=HERE, rule="1000")),
    ("/keep 1000, 48h", SetKeep(room=HERE, rule="2d,1000")),
    ("/keep off", SetKeep(room=HERE, rule="")),
    ("/delete bob", Delete(room=HERE, nick="bob")),
    ("/DELETE Bob 1", Delete(room=HERE, nick="Bob")),
    ("/delete bob 100", Delete(room=HERE, nick="bob", back=100)),
    ("/announce tea", Announce(text="tea")),
    ('/announce "tea \x1bat 4" ', Announce(text="tea at 4")),
    ("/ANNOUNCE “tea”", Announce(text="tea")),
    ("/kill bob spam", Kill(nick="bob", reason="spam")),
    ('/kill bob "more\t\x1bspam"', Kill(nick="bob", reason="more spam")),
    ("/kill bob 30m", Kill(nick="bob", reason="30m")),
    (f"/kill bob {LONG}é", Kill(nick="bob", reason=LONG)),
    ("/grant bob admin", Grant(nick="bob", role="admin")),
    ("/grant Bob OWNER", Grant(nick="Bob", role="owner")),
    ("/grant bob None", Grant(nick="bob", role=None)),
    ("/audit", Audit(room=HERE)),
    ("/AUDIT 7", Audit(room=HERE, limit=7)),
    ("/audit 999", Audit(room=HERE, limit=999)),
    ("/join dev green", Join(room="dev", key="green")),
    ("/join #dev e\u0301", Join(room="#dev", key="\u00e9")),
]


@each_way
@pytest.mark.parametrize(("line", "wanted"), GOOD)
def test_good_lines(line: str, wanted: Request, feed: FeedBytes) -> None:
    assert TEXT.parse(feed(line.encode())) == wanted


#: Each command with nothing, too much and what is nothing of the kind.
USAGE: list[tuple[type[Request], tuple[str, ...]]] = [
    *((each, ("", " \t", "a b", "a \x1b", "bob 30m")) for each in NAMED),
    *((each, ("", " ", "yes", "1", "on off", "on\x1b", "ON!")) for each in (*SWITCHES, Lockdown)),
    *((each, ("", "  ", "\t")) for each in (Kick, Ban, Mute)),
    (Unban, ("", " ", "bob 30m", "*@10.0.0.0 /24")),
    (Bans, ("bob", "all", "\x00", "20")),
    (SetKey, ("", "\t")),
    (SetSlow, ("", " ")),
    (SetKeep, ("", " ")),
    (
        Delete,
        ("", " ", "bob 0", "bob 101", "bob -1", "bob 01", "bob x", "bob 1 2", "bob ٣", "bob " + "9" * 4000),
    ),
    (Announce, ("", " ")),
    (Kill, ("", "bob", "bob ", "bob \u200b", 'bob ""', "bob “ ”", "bob \x1b")),
    (Grant, ("", "bob", "bob everyone", "bob voice", "bob admin owner", "admin", "bob admin\x1b")),
    (Audit, ("0", "-1", "+5", "1.0", "٣", "²", "1000", "all", "#dev", "1 2", "9" * 4000)),
]


def failure(line: bytes) -> tuple[Code, str]:
    with pytest.raises(ChatError) as caught:
        TEXT.parse(line)
    assert caught.value.ref is None
    return caught.value.code, caught.value.text


@each_way
@pytest.mark.parametrize(("each", "rest"), [(each, rest) for each, rests in USAGE for rest in rests])
def test_what_is_not_written_as_it_has_to_be(each: type[Request], rest: str, feed: FeedBytes) -> None:
    line = feed(f"{each.command} {rest}".encode())
    assert failure(line) == (Code.USAGE, f"please write {each.syntax}")


#: Where something else has to be right, too.
NO_TIME = (
    Code.BAD_TIME,
    "a time is 1s to 3650d, like 30m, 2h or 7d; leave it out for good, "
    "and put a reason that begins with a digit in quotes",
)
NO_SLOW = (Code.BAD_TIME, "slow mode is a time from 1s to 60m, like 10s, or off")
NO_KEY = (Code.USAGE, "a key is one word of at most 64 bytes, and not off; please give another")
KEEP = "please write an age like 90d (h, d, w, y), a number of messages a room, or both: 90d,100000"
UNMATCHED = 'the quotes do not match; please write {}, with \\" for a quote inside'
BEHIND = 'there is text behind the closing quote; please write {}, with \\" for a quote inside'

#: Times that are none, or longer than anything lasts; all in place of a time, so none of them is a reason.
NO_TIMES = [
    *("0", "-1", "0s", "0d", "-1d", "+5m", "30", "3651d", "522w", "1000000000d", "999999999999w", "10^9d"),
    *("1e9d", "1.5h", ".5h", "1,5h", "30min", "30minutes", "2hours", "1d12h", "30mm", "30x", "30m.", "30m,"),
    *(
        "7y",
        "1h30",
        "2nd",
        "٣d",
        "9" * 4000,
        "9" * 4000 + "d",
        "30m\u200b",
        "5\u00a0m",
        "30m2",
        "00",
        "1\x1bx",
    ),
]

BAD: list[tuple[str, tuple[Code, str]]] = [
    *((f"/ban bob {time}", NO_TIME) for time in NO_TIMES),
    *((f"/mute bob {time} spam", NO_TIME) for time in NO_TIMES),
    ("/ban 10.0.0.0/24 30", NO_TIME),
    *((f"/slow {time}", NO_SLOW) for time in (*NO_TIMES, "on", "x", "61m", "3601s", "2h", "10 s", "10s off")),
    *((f"/key {word}", NO_KEY) for word in ("two words", "a\u00a0b", "é" * 32 + "x", "x" * 65)),
    *((f"/key {word}", NO_KEY) for word in ("\u3164", "\u200b", "a\u200b", "\x00", "a \u202eb")),
    ("/keep 0", (Code.USAGE, f"0 keeps nothing; {KEEP}")),
    ("/keep 0d", (Code.USAGE, f"0d keeps nothing; {KEEP}")),
    ("/keep -1d", (Code.USAGE, f"'-1d' does not say how much is kept; {KEEP}")),
    ("/keep 10^9d", (Code.USAGE, f"'10^9d' does not say how much is kept; {KEEP}")),
    ("/keep 30m", (Code.USAGE, f"'30m' does not say how much is kept; {KEEP}")),
    ("/keep 1d,2d", (Code.USAGE, f"'1d,2d' says twice how much is kept; {KEEP}")),
    ("/keep \u200b", (Code.USAGE, f"'\\u200b' does not say how much is kept; {KEEP}")),
    ("/keep " + "x" * 4000, (Code.USAGE, f"'{'x' * 40}…' does not say how much is kept; {KEEP}")),
    ("/keep 1" + " " * 60 + ",2", (Code.USAGE, f"'1{' ' * 39}…' does not say how much is kept; {KEEP}")),
    ("/keep 1000000000d", (Code.USAGE, "1000000000d is too much; leave it out to keep everything")),
    ('/kick bob "go', (Code.USAGE, UNMATCHED.format(Kick.syntax))),
    ("/kick bob “go", (Code.USAGE, UNMATCHED.format(Kick.syntax))),
    ('/ban bob "30m" spam', (Code.USAGE, BEHIND.format(Ban.syntax))),
    ('/ban bob 30m "spam', (Code.USAGE, UNMATCHED.format(Ban.syntax))),
    ("/mute bob 30m “a” b", (Code.USAGE, BEHIND.format(Mute.syntax))),
    ('/kill bob "spam', (Code.USAGE, UNMATCHED.format(Kill.syntax))),
    ('/announce "tea', (Code.USAGE, UNMATCHED.format(Announce.syntax))),
    ('/announce ""', (Code.EMPTY, "the message is empty; write something to say")),
    ("/announce \u202e", (Code.EMPTY, "the message is empty; write something to say")),
]


@each_way
@pytest.mark.parametrize(("line", "wanted"), BAD)
def test_bad_lines(line: str, wanted: tuple[Code, str], feed: FeedBytes) -> None:
    assert failure(feed(line.encode())) == wanted


@each_way
@pytest.mark.parametrize(
    "line",
    [" /key green", "\t/KEY off", " /key", "\u3000/key\t", " /join dev green", "  /Join\t#dev  green "],
)
def test_a_key_behind_a_space_is_not_said_to_everyone(line: str, feed: FeedBytes) -> None:
    assert failure(feed(line.encode())) == (
        Code.USAGE,
        "there is a space before the command, so all would read your password or key; "
        "please write it without the space",
    )


@pytest.mark.parametrize(
    "line", [" /keys", " /join dev", " /join us for tea", " /joined a b", " /ban bob", "a /key b", " / key b"]
)
def test_what_only_looks_like_that_is_said(line: str) -> None:
    assert TEXT.parse(line.encode()) == Say(text=line, room=HERE)
