"""What people type about themselves and others, and what is wrong with it."""

import pytest

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
from chatd.protocol.requests import HERE, Request, Say
from tests.protocol.test_framing import FeedBytes, each_way

#: Each command with nothing, too much and what is nothing of the kind.
USAGE: list[tuple[type[Request], tuple[str, ...]]] = [
    (Rename, ("/nick", "/nick \t", "/nick a b", "/nick a \x1b")),
    (Whois, ("/whois", "/WHOIS ", "/whois a b")),
    (CatchUp, ("/catchup all", "/catchup \x00", "/catchup #dev 20")),
    (
        Register,
        ("/register", "/register \t", "/register invite:abc", "/REGISTER  Invite:", "/register invite:é"),
    ),
    (ChangePassword, ("/password", "/password  ")),
    (Unregister, ("/unregister now", "/unregister twelve34")),
    (Devices, ("/devices all", "/devices 1")),
    (
        Revoke,
        (
            *("/revoke", "/revoke ", "/revoke 1 2", "/revoke 0", "/revoke -1", "/revoke +1", "/revoke 1.0"),
            *("/revoke 01", "/revoke all", "/revoke ٣", "/revoke ²", "/revoke 1\x00", "/revoke #1"),
            *("/revoke 1000000000", "/revoke " + "9" * 4000),
        ),
    ),
]
INVITES = ("twelve34 invite:", "twelve34 invite:a!", "twelve34 invite:é", "twelve34 INVITE:" + "x" * 65)


def failure(line: bytes) -> ChatError:
    with pytest.raises(ChatError) as caught:
        TEXT.parse(line)
    return caught.value


@each_way
@pytest.mark.parametrize(
    ("request_type", "line"), [(request, line) for request, lines in USAGE for line in lines]
)
def test_what_is_not_written_as_it_has_to_be(request_type: type[Request], line: str, feed: FeedBytes) -> None:
    error = failure(feed(line.encode()))
    assert (error.code, error.text) == (Code.USAGE, f"please write {request_type.syntax}")


def test_every_command_that_can_be_written_wrong_was() -> None:
    taken = {request for request, _ in USAGE} | {Away}
    assert taken == {Rename, Away, Whois, CatchUp, Register, ChangePassword, Unregister, Devices, Revoke}


@each_way
@pytest.mark.parametrize("rest", INVITES)
def test_an_invite_that_is_none(rest: str, feed: FeedBytes) -> None:
    error = failure(feed(f"/register {rest}".encode()))
    assert (error.code, error.text) == (
        Code.BAD_INVITE,
        "that is no invite; please give the code as you got it",
    )


@each_way
@pytest.mark.parametrize("line", ["/register short invite:abc", "/register " + "x" * 257 + " invite:abc"])
def test_an_invite_does_not_help_a_bad_password(line: str, feed: FeedBytes) -> None:
    assert failure(feed(line.encode())).code is Code.BAD_PASSWORD


@pytest.mark.parametrize("line", ['/away "lunch', '/away "lunch" now'])
def test_quotes_of_a_text_have_to_match(line: str) -> None:
    error = failure(line.encode())
    assert error.code is Code.USAGE
    assert error.text.endswith('please write /away [TEXT], with \\" for a quote inside')


@each_way
@pytest.mark.parametrize(
    "line", [" /register twelve34", "\t/PASSWORD twelve34", "\u3000 /register", " /password\t"]
)
def test_a_password_behind_a_space_is_not_said_to_everyone(line: str, feed: FeedBytes) -> None:
    error = failure(feed(line.encode()))
    assert (error.code, error.text) == (
        Code.USAGE,
        "there is a space before the command, so all would read your password or key; "
        "please write it without the space",
    )


@pytest.mark.parametrize("line", [" /registered", " /passwords", " /users", " / register", "a /register b"])
def test_what_only_looks_like_that_is_said(line: str) -> None:
    assert TEXT.parse(line.encode()) == Say(text=line, room=HERE)
