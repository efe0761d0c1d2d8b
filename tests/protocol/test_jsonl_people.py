"""JSON lines: what is asked for about people, in its exact bytes, and whatever is none."""

import pytest

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Read,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import Hello, Request
from tests.protocol.test_framing import FeedBytes, each_way

#: Each request, with the very bytes that our client sends; test_jsonl.py tries them with all others.
PEOPLE_BYTES: list[tuple[Request, bytes]] = [
    (
        Hello(nick="al", password="twelve34", device="a phone"),
        b'{"type":"hello","nick":"al","password":"twelve34","device":"a phone"}',
    ),
    (Register(password="twelve34"), b'{"type":"register","password":"twelve34"}'),
    (
        Register(password="twelve34", invite="a_B-9", device="desk", ref="1"),
        b'{"type":"register","password":"twelve34","invite":"a_B-9","device":"desk","ref":"1"}',
    ),
    (ChangePassword(password="twelve34", ref="1"), b'{"type":"password","password":"twelve34","ref":"1"}'),
    (Unregister(), b'{"type":"unregister"}'),
    (Devices(ref="1"), b'{"type":"devices","ref":"1"}'),
    (Revoke(number=2, ref="1"), b'{"type":"revoke","number":2,"ref":"1"}'),
    (Rename(nick="Bob", ref="1"), b'{"type":"nick","nick":"Bob","ref":"1"}'),
    (Away(), b'{"type":"away"}'),
    (Away(text="lunch", ref="1"), b'{"type":"away","text":"lunch","ref":"1"}'),
    (Whois(nick="bob", ref="1"), b'{"type":"whois","nick":"bob","ref":"1"}'),
    (CatchUp(ref="1"), b'{"type":"catchup","ref":"1"}'),
    (Read(room="dev", id=7), b'{"type":"read","room":"dev","id":7}'),
    (Read(whom="bob", id=-1, ref="1"), b'{"type":"read","ref":"1","with":"bob","id":-1}'),
]

# Other ways to write one.
ALSO_GOOD: list[tuple[bytes, Request]] = [
    (b'{"type":"away","text":" \\u001bgo\\nne\\u200b "}', Away(text="go ne\u200b")),
    (b'{"type":"away","text":"\\u200b"}', Away()),
    (b'{"type":"away","text":"' + b"x" * 300 + b'"}', Away(text="x" * 200)),
    (b'{"type":"hello","nick":"al","device":" \\u001ba\\u0000 "}', Hello(nick="al", device="a")),
    (b'{"type":"hello","nick":"al","device":"' + b"x" * 65 + b'"}', Hello(nick="al", device="x" * 64)),
    (b'{"type":"hello","nick":"al","password":null}', Hello(nick="al")),
    (b'{"type":"register","password":"e\\u0301234567","invite":null}', Register(password="é234567")),
    (b'{"type":"register","password":"twelve34","device":"\\n a\\u001b"}', Register("twelve34", device="a")),
    (b'{"type":"revoke","number":2147483648}', Revoke(number=2**31)),
    (b'{"type":"read","id":5}', Read(id=5)),
]

# (line, what the error says, the ref that it carries)
WRONG: list[tuple[bytes, str, str | None]] = [
    (
        b'{"type":"hello","nick":"al","password":5}',
        "Expected `str | null`, got `int` - at `$.password`",
        None,
    ),
    (b'{"type":"hello","nick":"al","device":5}', "Expected `str`, got `int` - at `$.device`", None),
    (b'{"type":"register","ref":"1"}', "Object missing required field `password`", "1"),
    (b'{"type":"register","password":12345678}', "Expected `str`, got `int` - at `$.password`", None),
    (b'{"type":"register","password":["twelve34"]}', "Expected `str`, got `array` - at `$.password`", None),
    (b'{"type":"password","password":null}', "Expected `str`, got `null` - at `$.password`", None),
    (b'{"type":"revoke","ref":"1"}', "Object missing required field `number`", "1"),
    (b'{"type":"revoke","number":"2"}', "Expected `int`, got `str` - at `$.number`", None),
    (b'{"type":"revoke","number":0}', "Expected `int` >= 1 - at `$.number`", None),
    (b'{"type":"revoke","number":2147483649}', "Expected `int` <= 2147483648 - at `$.number`", None),
    (b'{"type":"revoke","number":' + b"9" * 4000 + b"}", "Expected `int` <= 2147483648", None),
    (b'{"type":"nick"}', "Object missing required field `nick`", None),
    (b'{"type":"away","text":null,"ref":"1"}', "Expected `str`, got `null` - at `$.text`", "1"),
    (b'{"type":"whois","nick":[]}', "Expected `str`, got `array` - at `$.nick`", None),
    (b'{"type":"read","room":"dev"}', "Object missing required field `id`", None),
    (b'{"type":"read","room":"dev","id":9223372036854775808}', "Expected `int` <= 92233720", None),
    (b'{"type":"read","with":5,"id":1}', "Expected `str | null`, got `int` - at `$.with`", None),
]


@each_way
@pytest.mark.parametrize(("line", "wanted"), ALSO_GOOD)
def test_requests_written_otherwise(line: bytes, wanted: Request, feed: FeedBytes) -> None:
    assert JSONL.parse(feed(line)) == wanted


@each_way
@pytest.mark.parametrize(("line", "text", "ref"), WRONG)
def test_json_that_is_no_request(line: bytes, text: str, ref: str | None, feed: FeedBytes) -> None:
    with pytest.raises(ChatError) as caught:
        JSONL.parse(feed(line))
    assert caught.value.text.startswith(f"the object is not understood: {text}")
    assert (caught.value.code, caught.value.ref) == (Code.BAD_JSON, ref)
