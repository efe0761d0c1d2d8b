"""JSON lines: each request and event in its exact bytes, both ways, and whatever is none."""

import pytest

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import (
    Direct,
    Hello,
    Help,
    History,
    Join,
    Leave,
    Ping,
    Quit,
    Request,
    Rooms,
    Say,
    Search,
    Topic,
    Users,
)
from chatd.protocol.vocabulary import REQUESTS
from tests.protocol.test_framing import FeedBytes, each_way
from tests.protocol.test_jsonl_moderation import MODERATION_BYTES
from tests.protocol.test_jsonl_people import PEOPLE_BYTES

# -- requests ----------------------------------------------------------------------------------------------

# Each request, with the very bytes that our client sends.
REQUEST_BYTES: list[tuple[Request, bytes]] = [
    (Hello(nick="alice"), b'{"type":"hello","nick":"alice"}'),
    (Hello(nick="alice", token="t1"), b'{"type":"hello","nick":"alice","token":"t1"}'),
    (Say(text="hi"), b'{"type":"say","text":"hi"}'),
    (Say(text="hi", room="r", ref="1"), b'{"type":"say","text":"hi","room":"r","ref":"1"}'),
    (Say(text='"é" \\ 👋'), '{"type":"say","text":"\\"é\\" \\\\ 👋"}'.encode()),
    (Direct(to="bob", text="hi"), b'{"type":"dm","to":"bob","text":"hi"}'),
    (Direct(to="bob", text="hi", ref="1"), b'{"type":"dm","to":"bob","text":"hi","ref":"1"}'),
    (Say(text="hi", kind="action"), b'{"type":"say","text":"hi","kind":"action"}'),
    (Say(text="hi", key="k1"), b'{"type":"say","text":"hi","key":"k1"}'),
    (Direct(to="bob", text="hi", key="k1"), b'{"type":"dm","to":"bob","text":"hi","key":"k1"}'),
    (Users(), b'{"type":"users"}'),
    (Users(room="r", ref="1"), b'{"type":"users","room":"r","ref":"1"}'),
    (Join(room="dev"), b'{"type":"join","room":"dev"}'),
    (Join(room="dev", ref="1"), b'{"type":"join","room":"dev","ref":"1"}'),
    (Leave(room="dev", ref="1"), b'{"type":"leave","room":"dev","ref":"1"}'),
    (Rooms(), b'{"type":"rooms"}'),
    (Rooms(ref="1"), b'{"type":"rooms","ref":"1"}'),
    (Topic(room="dev"), b'{"type":"topic","room":"dev"}'),
    (Topic(room="dev", text="x", ref="1"), b'{"type":"topic","room":"dev","text":"x","ref":"1"}'),
    (Topic(room="dev", text=""), b'{"type":"topic","room":"dev","text":""}'),
    (History(room="dev"), b'{"type":"history","room":"dev"}'),
    (
        History(whom="bob", before=9, limit=7, ref="1"),
        b'{"type":"history","ref":"1","with":"bob","before":9,"limit":7}',
    ),
    (History(room="dev", after=-1), b'{"type":"history","room":"dev","after":-1}'),
    (History(room="dev", since=-5), b'{"type":"history","room":"dev","since":-5}'),
    (History(room="dev", around=5), b'{"type":"history","room":"dev","around":5}'),
    (Search(words="x"), b'{"type":"search","words":"x"}'),
    (
        Search(
            ref="1", words="x", whom="bob", sender="al", since=1, until=-2, before=3, limit=7, context=True
        ),
        b'{"type":"search","ref":"1","words":"x","with":"bob","from":"al","since":1,"until":-2,"before":3,'
        b'"limit":7,"context":true}',
    ),
    (Help(), b'{"type":"help"}'),
    (Help(ref="1"), b'{"type":"help","ref":"1"}'),
    (Ping(), b'{"type":"ping"}'),
    (Ping(ref=""), b'{"type":"ping","ref":""}'),
    (Quit(), b'{"type":"quit"}'),
    (Quit(reason="home"), b'{"type":"quit","reason":"home"}'),
    *PEOPLE_BYTES,
    *MODERATION_BYTES,
]

# Other ways to write one, as other people's programs do.
ALSO_GOOD: list[tuple[bytes, Request]] = [
    (b'{"text":"hi","room":"lobby","type":"say"}', Say(text="hi")),
    (b' {\t"type" : "ping" } ', Ping()),
    (b'{"type":"users"}\r', Users()),
    (b'{"type":"quit","reason":"","ref":5,"x":{"y":[1,null,true]}}', Quit()),
    (b'{"type":"hello","nick":"al","token":null}', Hello(nick="al")),
    (b'{"type":"say","text":"a","text":"b","ref":"1","ref":"2"}', Say(text="b", ref="2")),
    (b'{"type":"ping","n":' + b"9" * 4000 + b"}", Ping()),
    (b'{"type":"ping","n":[1e999,-1e999,1e-999]}', Ping()),
    (b'{"type":"ping","n":' + b"[" * 100 + b"]" * 100 + b"}", Ping()),
    (b'{"type":"say","text":"\\ud83d\\ude00"}', Say(text="😀")),
    (b'{"type":"say","text":"\\u001b[31m\\u0000a\\t\\nb\\r\\u202e"}', Say(text="[31ma \nb")),
    (b'{"type":"dm","to":"bob","text":"\\u007fa\\u0085\\u2028"}', Direct(to="bob", text="a")),
    (b'{"type":"topic","room":"r","text":" \\u001ba\\nb\\u2028 "}', Topic(room="r", text="a b")),
    (b'{"type":"topic","room":"r","text":"\\u200b"}', Topic(room="r", text="")),
    (b'{"type":"quit","reason":"\\u001bgo\\nne"}', Quit(reason="go ne")),
    (b'{"type":"quit","reason":" ' + b"x" * 300 + b'"}', Quit(reason="x" * 200)),
    (b'{"type":"ping","ref":"' + b"x" * 64 + b'"}', Ping(ref="x" * 64)),
    (('{"type":"help","ref":"' + "é" * 32 + '"}').encode(), Help(ref="é" * 32)),
]


@each_way
@pytest.mark.parametrize(("wanted", "line"), REQUEST_BYTES)
def test_requests_in_their_bytes(wanted: Request, line: bytes, feed: FeedBytes) -> None:
    assert JSONL.encode_request(wanted) == line + b"\n"
    assert JSONL.parse(feed(line)) == wanted
    assert JSONL.parse_first(feed(line)) == wanted


@each_way
@pytest.mark.parametrize(("line", "wanted"), ALSO_GOOD)
def test_requests_written_otherwise(line: bytes, wanted: Request, feed: FeedBytes) -> None:
    assert JSONL.parse(feed(line)) == wanted


def test_every_request_is_in_the_table() -> None:
    assert {type(wanted) for wanted, _ in REQUEST_BYTES} == set(REQUESTS)


def test_an_empty_line_is_nothing() -> None:
    assert JSONL.parse(b"") is None


# -- what is none ------------------------------------------------------------------------------------------

NOT_JSON = 'the line is not valid JSON; please send one object, like {"type":"users"}'
NOT_KNOWN = "the object is not understood: "

BROKEN: list[bytes] = [
    *(b"{", b"}", b"hello", b"/users", b" ", b"\x00", b"\x1b", b"{type:ping}", b"{'type':'ping'}"),
    *(b'{"type":"ping"', b'{"type":"ping",}', b'{"type":"ping"}}', b'{"type":"ping"} {"type":"ping"}'),
    *(b'{"type":"ping"}\x00', b'{"type":"ping"\x1b}', b'\xef\xbb\xbf{"type":"ping"}'),
    *(b'{"type":"say","text":"a\x00"}', b'{"type":"say","text":"\x1b[m"}', b'{"type":"say","text":"\t"}'),
    *(b'{"type":"say","text":"\\x"}', b'{"type":"say","text":NaN}', b'{"type":"ping","n":-}'),
    # Half of a surrogate pair, or one with something else behind it.
    *(b'{"type":"say","text":"\\ud800"}', b'{"type":"say","text":"\\udc00"}'),
    *(b'{"type":"say","text":"\\ud800\\u0041"}', b'{"type":"ping","n":"\\ud800\\ud800"}'),
    # As deep as a line can be.
    *(b'{"type":"ping","n":' + b"[" * 4000, b'{"type":"ping","n":' + b'{"a":' * 800, b'{"a":' * 800),
]

# (line, what the error says after NOT_KNOWN, the ref that it carries)
WRONG: list[tuple[bytes, str, str | None]] = [
    (b"[]", "Expected `object`, got `array`", None),
    (b"[" * 4096, "Expected `object`, got `array`", None),
    (b"5", "Expected `object`, got `int`", None),
    (b"9" * 4096, "Number out of range", None),
    (b'"x"', "Expected `object`, got `str`", None),
    (b"null", "Expected `object`, got `null`", None),
    (b"{}", "Object missing required field `type`", None),
    (b'{"Type":"ping","ref":"1"}', "Object missing required field `type`", "1"),
    (b'{"type":5,"ref":"1"}', "Expected `str` - at `$.type`", "1"),
    (b'{"type":null}', "Expected `str` - at `$.type`", None),
    (b'{"type":"Ping","ref":"1"}', "Invalid value 'Ping' - at `$.type`", "1"),
    (b'{"type":"welcome","nick":"al"}', "Invalid value 'welcome' - at `$.type`", None),
    (b'{"ref":"1","type":"\\u001b[2J\\n"}', "Invalid value '[2J ' - at `$.type`", "1"),
    (b'{"type":"ping","type":"help"}', "Invalid value 'help' - at `$.type`", None),
    (b'{"type":"hello"}', "Object missing required field `nick`", None),
    (b'{"type":"hello","nick":5}', "Expected `str`, got `int` - at `$.nick`", None),
    (b'{"type":"hello","nick":"al","token":5}', "Expected `str | null`, got `int` - at `$.token`", None),
    (b'{"type":"say","ref":"1"}', "Object missing required field `text`", "1"),
    (b'{"type":"say","text":5,"ref":"1"}', "Expected `str`, got `int` - at `$.text`", "1"),
    (b'{"type":"say","text":null,"ref":"1"}', "Expected `str`, got `null` - at `$.text`", "1"),
    (b'{"type":"say","text":["x"],"ref":"1"}', "Expected `str`, got `array` - at `$.text`", "1"),
    (b'{"type":"say","text":1e999,"ref":"1"}', "Number out of range - at `$.text`", "1"),
    (b'{"type":"say","text":"x","room":5,"ref":"1"}', "Expected `str`, got `int` - at `$.room`", "1"),
    (b'{"type":"dm","text":"x","ref":"1"}', "Object missing required field `to`", "1"),
    (b'{"type":"dm","to":5,"text":"x"}', "Expected `str`, got `int` - at `$.to`", None),
    (b'{"type":"users","room":[],"ref":"1"}', "Expected `str`, got `array` - at `$.room`", "1"),
    (b'{"type":"quit","reason":true}', "Expected `str`, got `bool` - at `$.reason`", None),
    (b'{"type":"x","ref":"' + b"x" * 64 + b'"}', "Invalid value 'x' - at `$.type`", "x" * 64),
    (b'{"type":"x","ref":"' + b"x" * 65 + b'"}', "Invalid value 'x' - at `$.type`", None),
    (b'{"type":"x","ref":{}}', "Invalid value 'x' - at `$.type`", None),
]


def failure(line: bytes) -> ChatError:
    with pytest.raises(ChatError) as caught:
        JSONL.parse(line)
    return caught.value


@each_way
@pytest.mark.parametrize("line", BROKEN)
def test_what_is_no_json(line: bytes, feed: FeedBytes) -> None:
    error = failure(feed(line))
    assert (error.code, error.text, error.ref) == (Code.BAD_JSON, NOT_JSON, None)


def test_deep_nesting_is_ignored_or_refused() -> None:
    """Which of them is the interpreter's business: its recursion limit differs from version to version."""
    try:
        assert JSONL.parse(b'{"type":"ping","n":' + b"[" * 2000 + b"]" * 2000 + b"}") == Ping()
    except ChatError as error:
        assert (error.code, error.text) == (Code.BAD_JSON, NOT_JSON)


@each_way
@pytest.mark.parametrize(("line", "text", "ref"), WRONG)
def test_json_that_is_no_request(line: bytes, text: str, ref: str | None, feed: FeedBytes) -> None:
    error = failure(feed(line))
    assert error.text.startswith(NOT_KNOWN + text)
    assert (error.code, error.ref) == (Code.BAD_JSON, ref)


@each_way
@pytest.mark.parametrize("text", [b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"])
def test_text_that_is_no_utf8(text: bytes, feed: FeedBytes) -> None:
    error = failure(feed(b'{"type":"say","text":"%s","ref":"1"}' % text))
    assert error.text == "the line is not valid UTF-8; please send UTF-8"
    assert (error.code, error.ref) == (Code.BAD_UTF8, "1")


@pytest.mark.parametrize("text", [b"", b" ", b"\\t\\n", b"\\u0000", b"\\u202e"])
@pytest.mark.parametrize("kind", [b'"type":"say"', b'"type":"dm","to":"bob"'])
def test_empty_messages(kind: bytes, text: bytes) -> None:
    error = failure(b'{%s,"text":"%s","ref":"1"}' % (kind, text))
    assert (error.code, error.ref) == (Code.EMPTY, "1")


REFERRED = [
    '"type":"users"',
    '"type":"help"',
    '"type":"ping"',
    '"type":"say","text":"x"',
    '"type":"dm","to":"bob","text":"x"',
    '"type":"register","password":"twelve34"',
    '"type":"password","password":"twelve34"',
    '"type":"away"',
    '"type":"read","room":"dev","id":1',
]


@pytest.mark.parametrize("fields", REFERRED)
def test_a_ref_is_at_most_64_bytes(fields: str) -> None:
    for ref in ("x" * 64, "é" * 32, "\\u00e9" * 32, "😀" * 16):
        assert JSONL.parse(f'{{{fields},"ref":"{ref}"}}'.encode()) is not None
    for ref in ("x" * 65, "é" * 32 + "x", "\\u00e9" * 33, "😀" * 16 + "x"):
        error = failure(f'{{{fields},"ref":"{ref}"}}'.encode())
        assert (error.code, error.ref) == (Code.BAD_REF, None)
        assert error.text == "a ref is a string of at most 64 bytes"


@pytest.mark.parametrize("fields", REFERRED)
@pytest.mark.parametrize("ref", ["5", "1e999", "true", "[]", "{}"])
def test_a_ref_is_a_string(fields: str, ref: str) -> None:
    error = failure(f'{{{fields},"ref":{ref}}}'.encode())
    assert error.text.startswith(NOT_KNOWN)
    assert error.ref is None


def test_null_is_no_ref_either() -> None:
    """A ref is a string of at most 64 bytes, anything else an error."""
    assert failure(b'{"type":"ping","ref":null}').ref is None


@pytest.mark.parametrize("key", ["", "x" * 65, "é" * 33])
def test_a_key_is_of_1_to_64_bytes(key: str) -> None:
    error = failure(f'{{"type":"say","text":"x","key":"{key}","ref":"1"}}'.encode())
    assert (error.code, error.text, error.ref) == (Code.BAD_KEY, "a key is a string of 1 to 64 bytes", "1")
