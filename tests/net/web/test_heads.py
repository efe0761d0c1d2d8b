"""Heads of HTTP: what is taken is what h11 takes, too; what could be read in two ways is refused."""

from typing import Final

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.net.web.heads import BadHead, HeadBuffer, WebRequest
from chatd.protocol.limits import DEFAULT

HOST: Final = b"Host: a\r\n"
GET: Final = b"GET / HTTP/1.1\r\n" + HOST
#: A request, or the status of the answer that refuses it.
HeadOrStatus = WebRequest | int


def asked(chunks: list[bytes]) -> list[HeadOrStatus]:
    buffer = HeadBuffer(DEFAULT)
    found: list[HeadOrStatus] = []
    for chunk in chunks:
        buffer.feed(chunk)
        try:
            while (request := buffer.pop()) is not None:
                found.append(request)
        except BadHead as error:
            return [*found, error.status]
    return found


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def test_what_is_asked_for() -> None:
    data = (
        b"GET /x?y=z HTTP/1.1\r\nHOST: a:1\r\nX:  one \t\r\nConnection: Upgrade, keep-alive\r\nx:two\r\n\r\n"
    )
    expected = WebRequest(
        "GET",
        "/x?y=z",
        {"host": ("a:1",), "x": ("one", "two"), "connection": ("Upgrade, keep-alive",)},
        True,
    )
    assert asked([2 * data]) == asked(bytewise(2 * data)) == [expected, expected]
    assert (expected.path, expected.one("host")) == ("/x", "a:1")
    assert expected.one("x") is expected.one("y") is None
    assert expected.words("connection") == ["upgrade", "keep-alive"] and expected.keeps


@pytest.mark.parametrize(
    ("data", "keeps"),
    [
        (GET + b"\r\n", True),
        (GET + b"Connection: x, Close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (GET + b"Content-Length: 0\r\n\r\n", True),
    ],
)
def test_whether_more_may_be_asked_for(data: bytes, keeps: bool) -> None:
    (found,) = asked([data])
    assert isinstance(found, WebRequest) and found.keeps is keeps


_LINE: Final = b"GET /%s HTTP/1.1\r\n"
_LONG: Final = b"X: " + b"x" * 4000 + b"\r\n"
WRONG: Final[dict[str, tuple[bytes, int]]] = {
    "two lengths": (GET + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400),
    "the same length twice": (GET + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    "a list of lengths": (GET + b"Content-Length: 0, 0\r\n\r\n", 400),
    "a length with a sign": (GET + b"Content-Length: +1\r\n\r\n", 400),
    "an empty length": (GET + b"Content-Length:\r\n\r\n", 400),
    "a length and an encoding": (GET + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    "a body": (GET + b"Content-Length: 3\r\n\r\nabc", 413),
    "a body in chunks": (GET + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
    "an unknown encoding": (GET + b"Transfer-Encoding: x\r\n\r\n", 413),
    "obsolete folding": (GET + b"X: a\r\n b\r\n\r\n", 400),
    "folding by a tab": (GET + b"X: a\r\n\tb\r\n\r\n", 400),
    "a folded first line": (b"GET /\r\n HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a bare CR": (GET + b"X: a\rb\r\n\r\n", 400),
    "a bare LF": (b"GET / HTTP/1.1\n" + HOST + b"\r\n", 400),
    "LF, CR LF": (GET + b"X: a\n\r\n", 400),
    "two CR": (b"GET / HTTP/1.1\r\r\n" + HOST + b"\r\n", 400),
    "NUL": (GET + b"X: a\0b\r\n\r\n", 400),
    "DEL": (GET + b"X: a\x7fb\r\n\r\n", 400),
    "a space before the colon": (GET + b"X : a\r\n\r\n", 400),
    "a space before the name": (b"GET / HTTP/1.1\r\n X: a\r\n" + HOST + b"\r\n", 400),
    "a name with a space": (GET + b"X y: a\r\n\r\n", 400),
    "no name": (GET + b": a\r\n\r\n", 400),
    "no colon": (GET + b"X\r\n\r\n", 400),
    "a name that is no ASCII": (GET + b"X\xe9: a\r\n\r\n", 400),
    "an empty line first": (b"\r\n" + GET + b"\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "a space at the end": (b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n", 400),
    "a target that is no ASCII": (b"GET /\xe9 HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no version": (b"GET /\r\n" + HOST + b"\r\n", 400),
    "a version in lower case": (b"GET / http/1.1\r\n" + HOST + b"\r\n", 400),
    "another version": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + HOST + b"\r\n", 400),
    "an address that is too long": (_LINE % (b"x" * 5000) + HOST + b"\r\n", 414),
    "one without an end": (b"GET /" + b"x" * 5000, 414),
    "too many headers": (GET + 3 * _LONG + b"\r\n", 431),
    "headers without an end": (GET + b"X: " + b"x" * 9000, 431),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused_however_it_comes(name: str) -> None:
    data, status = WRONG[name]
    assert asked([data]) == asked(bytewise(data)) == [status]
    assert asked([data[: len(data) // 2], data[len(data) // 2 :]]) == [status]


def test_as_long_as_it_may_be() -> None:
    fits = DEFAULT.request_line - len(_LINE % b"") + 2
    assert len(asked([_LINE % (b"x" * fits) + HOST + b"\r\n"])) == 1
    assert asked([_LINE % (b"x" * (fits + 1)) + HOST + b"\r\n"]) == [414]
    fits = DEFAULT.head_bytes - len(GET + b"X: \r\n\r\n")
    whole = GET + b"X: " + b"x" * fits + b"\r\n\r\n"
    (found,) = asked(bytewise(whole))
    assert isinstance(found, WebRequest)
    assert asked([GET + b"X: " + b"x" * (fits + 1) + b"\r\n\r\n"]) == [431]


_PIECES: Final = st.lists(
    st.sampled_from(
        [
            *(
                b"GET",
                b"HEAD",
                b" ",
                b" /",
                b" HTTP/1.1",
                b"HTTP/1.0",
                GET,
                b"\r\n",
                b"\r\n",
                b"\r\n\r\n",
                b"\r",
            ),
            *(b"\n", b"Host: a\r\n", b"X:", b": ", b"y", b"\t", b"\0", b"\xe9"),
            *(b"Content-Length: 0\r\n", b"Transfer-Encoding: chunked\r\n"),
        ]
    ),
    max_size=8,
).map(b"".join)


@settings(max_examples=200)
@given(_PIECES | _PIECES.map(lambda rest: GET + rest + b"\r\n\r\n"))
def test_what_is_taken_h11_takes_too(data: bytes) -> None:
    found = asked([data])
    assert found == asked(bytewise(data))
    if not found or not isinstance(first := found[0], WebRequest):
        return
    theirs = h11.Connection(h11.SERVER)
    theirs.receive_data(data)
    event = theirs.next_event()
    assert isinstance(event, h11.Request)
    assert (event.method.decode(), event.target.decode()) == (first.method, first.target)
    ours = [
        (name.encode(), value.encode("latin-1")) for name in first.headers for value in first.headers[name]
    ]
    assert sorted(event.headers) == sorted(ours)
