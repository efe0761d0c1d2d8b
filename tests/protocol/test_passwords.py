"""Passwords and the codes of invites: what is taken, and that no error or log shows one."""

from collections.abc import Callable

import pytest

from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.passwords import check_invite, check_password, clean_device
from chatd.protocol.people_requests import ChangePassword, Password, Register
from chatd.protocol.requests import Hello, Quit, Request
from tests.protocol.test_framing import FeedBytes, each_way

WRONG = "a password has 8 to 256 bytes, no control characters, and no space at its ends; please give another"
NO_INVITE = "that is no invite; please give the code as you got it"

#: With what the server takes each for: a letter with an accent is one character, whoever typed it.
GOOD = [
    ("x" * 8, "x" * 8),
    ("x" * 256, "x" * 256),
    ("é" * 4, "é" * 4),
    ("é" * 128, "é" * 128),
    ("👋" * 64, "👋" * 64),
    ("e\u0301" * 4, "é" * 4),
    ("correct  horse 🔋", "correct  horse 🔋"),
    ('"quoted" \\"', '"quoted" \\"'),
    ("invite:abc", "invite:abc"),
]
BAD = [
    *("", "x", "x" * 7, "x" * 257, "x" * 1024, "é" * 3 + "x", "é" * 128 + "x", "👋" * 64 + "x"),
    *("e\u0301" * 3 + "x",),  # eight bytes less than ten
    *("\x00twelve34", "twelve\x0034", "twelve34\x00", "\x00" * 8, "twelve\t34", "twelve\n34", "twelve\r34"),
    *("twelve\x1b34", "twelve\x7f34", "twelve\x8534", "twelve\u202e34", "twelve\u202834"),
    *(" twelve34", "twelve34 ", "\u3000twelve34", " " * 8),
    *("twelve\ud80034", "\udc00" * 8),
]


@pytest.mark.parametrize(("given", "taken"), GOOD)
def test_good_passwords(given: str, taken: str) -> None:
    assert check_password(given) == taken
    assert check_password(taken) == taken


@pytest.mark.parametrize("given", BAD)
def test_bad_passwords(given: str) -> None:
    with pytest.raises(ChatError) as caught:
        check_password(given)
    assert (caught.value.code, caught.value.text) == (Code.BAD_PASSWORD, WRONG)


@pytest.mark.parametrize("code", ["a", "a_B-9", "x" * 64])
def test_good_invites(code: str) -> None:
    assert check_invite(code) == code


@pytest.mark.parametrize("code", ["", "x" * 65, "a b", "a\n", "a\x00", "é", "a/b", "\ud800", "invite:a"])
def test_bad_invites(code: str) -> None:
    with pytest.raises(ChatError) as caught:
        check_invite(code)
    assert (caught.value.code, caught.value.text) == (Code.BAD_INVITE, NO_INVITE)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("", ""),
        ("  my phone\t", "my phone"),
        ("\x1b[2J\u202elaptop\n", "[2Jlaptop"),
        ("\u200b\u3000", ""),
        ("x" * 65, "x" * 64),
        ("x" * 63 + " y", "x" * 63),
    ],
)
def test_the_name_of_a_device_is_clean(name: str, shown: str) -> None:
    assert clean_device(name) == shown


# -- behind the question for it ----------------------------------------------------------------------------


@each_way
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("twelve34", Password("twelve34")),
        (" correct  horse\t", Password("correct  horse")),
        ("/users and more", Password("/users and more")),
        ("//twelve34", Password("//twelve34")),
        ('"twelve34"', Password('"twelve34"')),
        ("twelve35\x7f4", Password("twelve34")),
        ("wrong\x15twelve34", Password("twelve34")),
        ("e\u0301234567", Password("é234567")),
        ("x" * 256, Password("x" * 256)),
        ("quit now please", Password("quit now please")),
        *((line, None) for line in ("", " ", "\t", "\u3000", "x\x7f")),
        *((line, Quit()) for line in ("/quit", "/QUIT", " quit ", "exit", "Bye", "logout")),
    ],
)
def test_the_line_that_was_asked_for_is_the_password(
    line: str, wanted: Request | None, feed: FeedBytes
) -> None:
    assert TEXT.parse_password(feed(line.encode())) == wanted


#: Those that can be typed as they are.
TYPED = [
    line
    for line in BAD
    if line and line.strip() == line and (line.isprintable() or {*line} & {*"\0\t\x1b\u202e"})
]


@each_way
@pytest.mark.parametrize("line", [line.encode() for line in TYPED])
def test_no_other_line_is_one(line: bytes, feed: FeedBytes) -> None:
    for before in (b"", b"/register ", b"/password "):
        parse = TEXT.parse if before else TEXT.parse_password
        with pytest.raises(ChatError) as caught:
            parse(feed(before + line))
        assert (caught.value.code, caught.value.text) == (Code.BAD_PASSWORD, WRONG)


@each_way
@pytest.mark.parametrize("line", [b"twelve\xff34", b"\xed\xa0\x80twelve34", b"twelve34\xc3", b"\xff\xfe"])
def test_what_is_no_utf8_is_no_password(line: bytes, feed: FeedBytes) -> None:
    for parse, data in (
        (TEXT.parse_password, line),
        (TEXT.parse, b"/register " + line),
        (TEXT.parse, b"/password " + line),
        (JSONL.parse, b'{"type":"register","password":"' + line + b'"}'),
        (JSONL.parse_first, b'{"type":"hello","nick":"al","password":"' + line + b'"}'),
    ):
        with pytest.raises(ChatError) as caught:
            parse(feed(data))
        assert caught.value.code is Code.BAD_UTF8


# -- JSON --------------------------------------------------------------------------------------------------

JSON_FORMS = [
    '{{"type":"hello","nick":"al","password":"{}"}}',
    '{{"type":"register","password":"{}","ref":"1"}}',
    '{{"type":"password","password":"{}","ref":"1"}}',
]


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else char for char in text)


@pytest.mark.parametrize("form", JSON_FORMS)
def test_a_bad_password_in_json_is_refused_with_the_ref(form: str) -> None:
    for given in BAD:
        lone = any("\ud800" <= char < "\ue000" for char in given)
        with pytest.raises(ChatError) as caught:
            JSONL.parse(form.format(escaped(given)).encode())
        assert caught.value.code is (Code.BAD_JSON if lone else Code.BAD_PASSWORD)
        assert caught.value.ref == (None if lone or "ref" not in form else "1")


@pytest.mark.parametrize("form", JSON_FORMS)
def test_a_good_password_in_json_has_its_one_form(form: str) -> None:
    for given, taken in GOOD:
        request = JSONL.parse(form.format(escaped(given)).encode())
        assert isinstance(request, Hello | Register | ChangePassword)
        assert request.password == taken


@pytest.mark.parametrize("code", ["", "x" * 65, "a b", "\\u0000", "\\ud83d\\ude00"])
def test_a_bad_invite_in_json_is_refused(code: str) -> None:
    with pytest.raises(ChatError) as caught:
        JSONL.parse(f'{{"type":"register","password":"twelve34","invite":"{code}","ref":"1"}}'.encode())
    assert (caught.value.code, caught.value.text, caught.value.ref) == (Code.BAD_INVITE, NO_INVITE, "1")


# -- nothing shows one -------------------------------------------------------------------------------------

SECRET = "hunter2"  # a byte too short


def whole(error: BaseException | None) -> str:
    """Everything that could be shown of it and of what led to it, but for what it hides."""
    return "" if error is None else f"{error!r} {error} {vars(error)} {whole(error.__cause__)}"


@pytest.mark.parametrize(
    ("parse", "line"),
    [
        (TEXT.parse_password, SECRET),
        (TEXT.parse_password, f"{SECRET}\x00{SECRET}"),
        (TEXT.parse, f"/register {SECRET}"),
        (TEXT.parse, f"/register {SECRET} invite:x"),
        (TEXT.parse, f"/register twelve34 invite:{SECRET}!"),
        (TEXT.parse, f"/regsiter {SECRET}"),
        (TEXT.parse, f"/password {SECRET}"),
        (TEXT.parse, f" /password {SECRET}"),
        (TEXT.parse, f"/unregister {SECRET}"),
        (JSONL.parse, f'{{"type":"register","password":"{SECRET}"}}'),
        (JSONL.parse, f'{{"type":"register","password":["{SECRET}"]}}'),
        (JSONL.parse, f'{{"type":"register","password":"twelve34","invite":"{SECRET}!"}}'),
        (JSONL.parse, f'{{"type":"register","password":"{SECRET}'),
        (JSONL.parse, f'{{"type":"hello","password":"{SECRET}"}}'),
        (JSONL.parse, f'{{"type":"hello","nick":"al","token":["{SECRET}"]}}'),
    ],
)
def test_no_error_shows_what_was_given(parse: Callable[[bytes], Request | None], line: str) -> None:
    with pytest.raises(ChatError) as caught:
        parse(line.encode())
    assert SECRET not in whole(caught.value)


def test_no_log_can_show_a_request_with_what_is_secret() -> None:
    for request, shown in (
        (Password("twelve34"), "Password(secret=...)"),
        (Register("twelve34", "abc", ref="1"), "Register(password=..., invite=..., device='', ref='1')"),
        (Register("twelve34"), "Register(password=..., invite=None, device='', ref=None)"),
        (ChangePassword("twelve34"), "ChangePassword(password=..., ref=None)"),
        (
            Hello("al", "token-1", 7, "twelve34", "a phone"),
            "Hello(nick='al', token=..., seen=7, password=..., device='a phone')",
        ),
    ):
        assert repr(request) == shown
        assert "twelve34" not in f"{request} {[request]!r} {ValueError(request)}"
