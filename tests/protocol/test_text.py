"""The text dialect: what is typed, and what is wrong with it."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import (
    HERE,
    Direct,
    Hello,
    Help,
    History,
    Join,
    Leave,
    Me,
    Quit,
    Request,
    Rooms,
    Say,
    SayIn,
    Search,
    Topic,
    Users,
)
from chatd.protocol.sanitize import clean
from chatd.protocol.vocabulary import COMMANDS
from tests.protocol.test_framing import FeedBytes, each_way
from tests.protocol.test_sanitize import CHARACTERS, NOTHING
from tests.protocol.test_text_moderation import GOOD as MODERATION

# -- what is typed -----------------------------------------------------------------------------------------


@each_way
@pytest.mark.parametrize("name", ["alice", "", " alice ", "/users", "élan", "a\x00\x1b", "x" * 1024])
def test_the_first_line_is_the_name_as_it_is(name: str, feed: FeedBytes) -> None:
    assert TEXT.parse_first(feed(name.encode())) == Hello(nick=name)


@each_way
@pytest.mark.parametrize(
    "line", ["/quit", "/QUIT so long", " /quit", "quit", "QUIT", " exit ", "Bye", "logout"]
)
def test_who_wants_to_leave_need_not_give_a_name_first(line: str, feed: FeedBytes) -> None:
    assert TEXT.parse_first(feed(line.encode())) == Quit()


@pytest.mark.parametrize("line", ["/quitter", "quit it", "//quit", "/exit", "quitter", "help"])
def test_only_whole_words_leave(line: str) -> None:
    assert TEXT.parse_first(line.encode()) == Hello(nick=line)


def test_an_empty_line_is_nothing() -> None:
    assert TEXT.parse(b"") is None


def here(text: str) -> Say:
    """What is said in the room that one is in."""
    return Say(text=text, room=HERE)


GOOD: list[tuple[str, Request]] = [
    ("hello", here("hello")),
    ('say "hi"', here('say "hi"')),
    ('"hi"', here('"hi"')),
    (" /users", here(" /users")),
    ("  indented  ", here("  indented  ")),
    ("grüße 👋", here("grüße 👋")),
    ("a\tb", here("a b")),
    ("a\rb", here("ab")),
    ("a\x00b\x1b[31m\x7f\u202e\u2028", here("ab[31")),
    ("//", here("/")),
    ("//bc hi", here("/bc hi")),
    ("///x", here("//x")),
    ('/bc "hi there"', Say(text="hi there")),
    ("/bc hi there", Say(text="hi there")),
    ("/bc “hi there”", Say(text="hi there")),
    ("/bc ”hi there“", Say(text="hi there")),
    ("/bc “hi there“", Say(text="hi there")),
    ('/bc “a "b" c”', Say(text='a "b" c')),
    ('/bc "a “b” c"', Say(text="a “b” c")),
    ('/bc "a \\"b\\" c"', Say(text='a "b" c')),
    ('/bc "\\""', Say(text='"')),
    ("/bc “a \\“b\\” c”", Say(text="a “b” c")),
    ('/bc “a \\"b”', Say(text='a "b')),
    ('/bc "a\\b"', Say(text="a\\b")),
    ('/bc "  inside  "  ', Say(text="  inside  ")),
    ('/bc he said "hi"', Say(text='he said "hi"')),
    ('/bc a"', Say(text='a"')),
    ("/bc it's", Say(text="it's")),
    ("/bc 'hi'", Say(text="'hi'")),
    ("/bc C:\\", Say(text="C:\\")),
    ("/bc\thi\tthere\t", Say(text="hi there")),
    ('/bc\t"hi"', Say(text="hi")),
    ("/BC hi", Say(text="hi")),
    ("/bc /users", Say(text="/users")),
    ("/bc a\x00b\x1b[2J", Say(text="ab[2J")),
    ("/bc {}", Say(text="{}")),
    ('/dm bob "hi there"', Direct(to="bob", text="hi there")),
    ("/dm bob hi there", Direct(to="bob", text="hi there")),
    ("/dm bob “hi”", Direct(to="bob", text="hi")),
    ('/dm bob "a \\"b\\""', Direct(to="bob", text='a "b"')),
    ("/dm\tbob\thi", Direct(to="bob", text="hi")),
    ("/DM  Bob   hi  ", Direct(to="Bob", text="hi")),
    ("/dm [x] \x1b[31mhi", Direct(to="[x]", text="[31mhi")),
    ("/users", Users(room=HERE)),
    ("/USERS", Users(room=HERE)),
    ("/users \t", Users(room=HERE)),
    ("/users #dev", Users(room="#dev")),
    ("/join dev", Join(room="dev")),
    ("/join  #Dev ", Join(room="#Dev")),
    ("/leave", Leave(room=HERE)),
    ("/leave dev", Leave(room="dev")),
    ("/rooms", Rooms()),
    ("/topic", Topic(room=HERE)),
    ("/topic what we build", Topic(room=HERE, text="what we build")),
    ('/topic "what we \x1bbuild"', Topic(room=HERE, text="what we build")),
    ("/topic \u200b", Topic(room=HERE, text="")),
    ("/topic " + "é" * 301, Topic(room=HERE, text="é" * 300)),
    ("/me waves", Say(text="waves", room=HERE, kind="action")),
    ('/ME "waves \x1bhands"', Say(text="waves hands", room=HERE, kind="action")),
    ("/history", History(room=HERE)),
    ("/history 20", History(room=HERE, limit=20)),
    ("/history with Bob", History(whom="Bob")),
    ("/search “green é” since:1h", Search(words="“green é”", since=-3_600_000, limit=20)),
    ("/History WITH Bob 7", History(whom="Bob", limit=7)),
    ('/say dev "hi there"', Say(room="dev", text="hi there")),
    ("/say #dev hi there", Say(room="#dev", text="hi there")),
    ("/nick Bob", Rename(nick="Bob")),
    ("/NICK\t élan ", Rename(nick="élan")),
    ("/away", Away()),
    ("/away for lunch", Away(text="for lunch")),
    ('/away "for \x1blunch"', Away(text="for lunch")),
    ("/away \u200b", Away()),
    ("/away " + "é" * 201, Away(text="é" * 200)),
    ("/whois Bob", Whois(nick="Bob")),
    ("/whois \x1b[2J", Whois(nick="\x1b[2J")),
    ("/catchup", CatchUp()),
    ("/register correct horse", Register(password="correct horse")),
    ('/Register  "in  quotes" ', Register(password='"in  quotes"')),
    ("/register twelve34 invite:a_B-9", Register(password="twelve34", invite="a_B-9")),
    ("/register two words\t INVITE:" + "x" * 64, Register(password="two words", invite="x" * 64)),
    ("/register my invite:x y", Register(password="my invite:x y")),
    ("/register e\u0301234567", Register(password="é234567")),
    ("/password correct horse", ChangePassword(password="correct horse")),
    ("/password twelve34 invite:x", ChangePassword(password="twelve34 invite:x")),
    ("/unregister", Unregister()),
    ("/devices \t", Devices()),
    ("/revoke 2", Revoke(number=2)),
    ("/revoke 999999999", Revoke(number=999_999_999)),
    ("/help", Help()),
    ("/Help ", Help()),
    ("/quit", Quit()),
    ("/QUIT", Quit()),
    ("/quit going home", Quit(reason="going home")),
    ('/quit "going home"', Quit(reason="going home")),
    ("/quit “going home”", Quit(reason="going home")),
    ('/quit ""', Quit()),
    ("/quit " + "é" * 201, Quit(reason="é" * 200)),
    ("/quit\ta\x1b\tb", Quit(reason="a b")),
]


@each_way
@pytest.mark.parametrize(("line", "wanted"), GOOD)
def test_good_lines(line: str, wanted: Request, feed: FeedBytes) -> None:
    assert TEXT.parse(feed(line.encode())) == wanted


def test_every_command_has_its_good_lines() -> None:
    assert {type(wanted) for _, wanted in (*GOOD, *MODERATION)} == {*COMMANDS} - {
        Me,
        SayIn,
    }  # they make a Say
    commands = (
        "/bc /dm /me /users /join /leave /rooms /topic /say /history /search /nick /away /whois /catchup "
        "/register /password /unregister /devices /revoke /delete /help /quit "
        "/kick /ban /unban /bans /mute /unmute /voice /devoice /op /deop "
        "/invite /private /key /moderated /slow /keep /audit /announce /kill /lockdown /grant"
    )
    assert " ".join(str(command.command) for command in COMMANDS) == commands
    for command in COMMANDS:
        assert command.command is not None
        assert command.syntax.split()[0] == command.command
        assert command.help and len(f"* {command.syntax} - {command.help}") <= 180


# -- what is wrong -----------------------------------------------------------------------------------------

EMPTY = (Code.EMPTY, "the message is empty; write something to say")
BC = (Code.USAGE, 'please write /bc "MESSAGE"')
DM = (Code.USAGE, 'please write /dm NAME "MESSAGE"')
UNMATCHED = 'the quotes do not match; please write {}, with \\" for a quote inside'
BC_UNMATCHED = (Code.USAGE, UNMATCHED.format('/bc "MESSAGE"'))
DM_UNMATCHED = (Code.USAGE, UNMATCHED.format('/dm NAME "MESSAGE"'))
QUIT_UNMATCHED = (Code.USAGE, UNMATCHED.format("/quit [REASON]"))
BEHIND = 'there is text behind the closing quote; please write {}, with \\" for a quote inside'
BC_BEHIND = (Code.USAGE, BEHIND.format('/bc "MESSAGE"'))
DM_BEHIND = (Code.USAGE, BEHIND.format('/dm NAME "MESSAGE"'))
QUIT_BEHIND = (Code.USAGE, BEHIND.format("/quit [REASON]"))
BAD_UTF8 = (Code.BAD_UTF8, "the line is not valid UTF-8; please send UTF-8")


def unknown(shown: str) -> tuple[Code, str]:
    return Code.UNKNOWN_COMMAND, f"there is no command {shown}; /help lists the commands"


BAD: list[tuple[str, tuple[Code, str]]] = [
    *((line, EMPTY) for line in (" ", "\t", "\x00", "\x1b", "\u202e", "\u3000")),
    *((line, EMPTY) for line in ('/bc ""', '/bc " "', "/bc “”", "/bc \x1b", "/bc \u202e", '/bc "\t"')),
    *((line, EMPTY) for line in ('/dm bob ""', "/dm bob \x00", "/dm bob “ ”")),
    *((line, BC) for line in ("/bc", "/bc ", "/BC\t")),
    *((line, DM) for line in ("/dm", "/dm ", "/dm bob", "/DM bob \t")),
    *((line, BC_UNMATCHED) for line in ('/bc "', '/bc "hi', '/bc "a\\"', '/bc "a\\\\"', '/bc "hi”', "/bc ”")),
    *((line, BC_UNMATCHED) for line in ('/bc “hi"', "/bc “hi", '/bc “one" two')),
    *(
        (line, BC_BEHIND)
        for line in ('/bc "hi" there', '/bc "a"b"', '/bc "one" "two"', "/bc “a”b”", '/bc ""a""')
    ),
    *((line, BC_BEHIND) for line in ('/bc "a" \\"', "/bc “one” “two", '/bc "a" “b”', '/bc "one"two')),
    *((line, DM_UNMATCHED) for line in ('/dm bob "', '/dm bob "hi', "/dm bob “hi")),
    *((line, DM_BEHIND) for line in ('/dm bob "hi" "there"', '/dm bob "hi" x', "/dm bob “hi”!")),
    *((line, QUIT_UNMATCHED) for line in ('/quit "', "/quit “a")),
    *((line, QUIT_BEHIND) for line in ('/quit "a" b', "/quit “a” b")),
    *((line, (Code.USAGE, "please write /users [ROOM]")) for line in ("/users a b", "/USERS \x1b ]")),
    *((line, (Code.USAGE, "please write /join ROOM [KEY]")) for line in ("/join", "/join a b c")),
    ("/me", (Code.USAGE, "please write /me ACTION")),
    *(
        (line, (Code.USAGE, "please write /history [with NAME] [N]"))
        for line in (
            "/history x",
            "/history 0",
            "/history -1",
            "/history ٣",
            "/history with",
            "/history with a b",
        )
    ),
    ("/leave a b", (Code.USAGE, "please write /leave [ROOM]")),
    ("/rooms a", (Code.USAGE, "please write /rooms")),
    *((line, (Code.USAGE, 'please write /say ROOM "MESSAGE"')) for line in ("/say", "/say dev")),
    ('/topic "a', (Code.USAGE, UNMATCHED.format("/topic [TEXT]"))),
    ('/say dev ""', EMPTY),
    *((line, (Code.USAGE, "please write /help")) for line in ("/help /dm", "/help x y")),
    *((line, unknown("/")) for line in ("/", "/ ", "/ users", "/\x1b")),
    ("/nope", unknown("/nope")),
    ("/Nope arguments", unknown("/Nope")),
    ("/usersx", unknown("/usersx")),
    ("/ping", unknown("/ping")),
    ("/hello bob", unknown("/hello")),
    ("/\x1b[2J\x00", unknown("/[2J")),
    ('/bc"hi"', unknown('/bc"hi"')),
    ("/" + "x" * 31, unknown("/" + "x" * 31)),
    ("/" + "x" * 32, unknown("/" + "x" * 31)),
]


def failure(parse: Callable[[bytes], Request | None], line: bytes) -> tuple[Code, str]:
    with pytest.raises(ChatError) as caught:
        parse(line)
    assert caught.value.ref is None
    return caught.value.code, caught.value.text


@each_way
@pytest.mark.parametrize(("line", "wanted"), BAD)
def test_bad_lines(line: str, wanted: tuple[Code, str], feed: FeedBytes) -> None:
    assert failure(TEXT.parse, feed(line.encode())) == wanted


@each_way
@pytest.mark.parametrize(
    "line", [b"\xff", b"a\xc3", b"/bc \xed\xa0\x80", b"/\xff", b"//\xc0\x80", b"\xff\xfb\x01"]
)
def test_what_is_no_utf8(line: bytes, feed: FeedBytes) -> None:
    assert failure(TEXT.parse, feed(line)) == BAD_UTF8
    assert failure(TEXT.parse_first, feed(line)) == BAD_UTF8


@given(st.lists(CHARACTERS | st.just('"')).map("".join).map(clean))
def test_a_quoted_text_arrives_as_it_is(text: str) -> None:
    assume(set(text) - NOTHING and "\\" not in text)
    quoted = text.replace('"', '\\"')
    assert TEXT.parse(f'/bc "{quoted}"'.encode()) == Say(text=text)
    assert TEXT.parse(f'/dm bob "{quoted}"'.encode()) == Direct(to="bob", text=text)
