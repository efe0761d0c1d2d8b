"""JSON lines: what is asked for by those who keep a room civil, in its exact bytes, and whatever is none."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.dialects import JSONL
from chatd.protocol.dialects.moderation_json import CHECKS
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
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
from chatd.protocol.requests import Join, Referred, Request
from tests.protocol.test_framing import FeedBytes, each_way

NAMED = {
    "op": GiveOperator,
    "deop": TakeOperator,
    "voice": GiveVoice,
    "devoice": TakeVoice,
    "invite": InvitePerson,
    "unmute": Unmute,
}
SWITCHES = {"private": SetPrivate, "moderated": SetModerated}

#: Each request, with the very bytes that our client sends; test_jsonl.py tries them with all others.
MODERATION_BYTES: list[tuple[Request, bytes]] = [
    *(
        (
            request(room="dev", nick="eve", ref="1"),
            b'{"type":"%s","ref":"1","room":"dev","nick":"eve"}' % word.encode(),
        )
        for word, request in NAMED.items()
    ),
    *(
        (request(room="dev", on=on), b'{"type":"%s","room":"dev","on":%s}' % (word.encode(), shown))
        for word, request in SWITCHES.items()
        for on, shown in ((True, b"true"), (False, b"false"))
    ),
    (Kick(room="dev", nick="eve"), b'{"type":"kick","room":"dev","nick":"eve"}'),
    (
        Kick(room="dev", nick="eve", reason="spam", ref="1"),
        b'{"type":"kick","ref":"1","room":"dev","nick":"eve","reason":"spam"}',
    ),
    (Ban(room="lobby", whom="10.0.0.0/24"), b'{"type":"ban","room":"lobby","whom":"10.0.0.0/24"}'),
    (
        Ban(room="dev", whom="eve", seconds=7200, reason="spam", ref="1"),
        b'{"type":"ban","ref":"1","room":"dev","whom":"eve","seconds":7200,"reason":"spam"}',
    ),
    (Unban(room="dev", whom="eve"), b'{"type":"unban","room":"dev","whom":"eve"}'),
    (Bans(room="dev", ref="1"), b'{"type":"bans","ref":"1","room":"dev"}'),
    (Mute(room="dev", nick="eve"), b'{"type":"mute","room":"dev","nick":"eve"}'),
    (
        Mute(room="dev", nick="eve", seconds=1, reason="loud"),
        b'{"type":"mute","room":"dev","nick":"eve","seconds":1,"reason":"loud"}',
    ),
    (SetKey(room="dev", word="green"), b'{"type":"key","room":"dev","word":"green"}'),
    (SetKey(room="dev", word=""), b'{"type":"key","room":"dev","word":""}'),
    (SetSlow(room="dev", seconds=10), b'{"type":"slow","room":"dev","seconds":10}'),
    (SetSlow(room="dev", seconds=0), b'{"type":"slow","room":"dev","seconds":0}'),
    (SetKeep(room="dev", rule="90d,1000"), b'{"type":"keep","room":"dev","rule":"90d,1000"}'),
    (SetKeep(room="dev", rule=""), b'{"type":"keep","room":"dev","rule":""}'),
    (Delete(room="dev", id=7, ref="1"), b'{"type":"delete","ref":"1","room":"dev","id":7}'),
    (Delete(room="dev", nick="eve", back=2), b'{"type":"delete","room":"dev","nick":"eve","back":2}'),
    (Announce(text="tea"), b'{"type":"announce","text":"tea"}'),
    (Announce(text="a\nb", ref="1"), b'{"type":"announce","ref":"1","text":"a\\nb"}'),
    (Kill(nick="eve", reason="spam"), b'{"type":"kill","nick":"eve","reason":"spam"}'),
    (Lockdown(on=True, ref="1"), b'{"type":"lockdown","ref":"1","on":true}'),
    (Grant(nick="eve", role="admin"), b'{"type":"grant","nick":"eve","role":"admin"}'),
    (Grant(nick="eve", role="owner"), b'{"type":"grant","nick":"eve","role":"owner"}'),
    (Grant(nick="eve", role=None), b'{"type":"grant","nick":"eve","role":null}'),
    (Audit(room="dev"), b'{"type":"audit","room":"dev"}'),
    (Audit(room="lobby", before=9, limit=7), b'{"type":"audit","room":"lobby","before":9,"limit":7}'),
    (Join(room="dev", key="green"), b'{"type":"join","room":"dev","key":"green"}'),
]

LONGEST = DEFAULT.longest

# Other ways to write one.
ALSO_GOOD: list[tuple[bytes, Request]] = [
    (
        b'{"room":"dev","x":{"y":[1]},"nick":"eve","type":"op","seconds":5}',
        GiveOperator(room="dev", nick="eve"),
    ),
    (
        b'{"type":"kick","room":"","nick":"","reason":" \\u001bgo\\naway\\u2028 "}',
        Kick(room="", nick="", reason="go away"),
    ),
    (b'{"type":"kick","room":"dev","nick":"eve","reason":"\\u200b\\r"}', Kick(room="dev", nick="eve")),
    (
        b'{"type":"kick","room":"dev","nick":"eve","reason":"' + b"x" * 300 + b'"}',
        Kick(room="dev", nick="eve", reason="x" * 200),
    ),
    (b'{"type":"ban","room":"dev","whom":"eve","seconds":null}', Ban(room="dev", whom="eve")),
    (
        b'{"type":"ban","room":"dev","whom":"eve","seconds":%d}' % LONGEST,
        Ban(room="dev", whom="eve", seconds=LONGEST),
    ),
    (
        b'{"type":"ban","room":"dev","whom":"\\u001b[2J\\n","reason":"a\\u0000\\tb"}',
        Ban(room="dev", whom="\x1b[2J\n", reason="a b"),
    ),
    (
        b'{"type":"mute","room":"dev","nick":"eve","reason":"\\u202eloud"}',
        Mute(room="dev", nick="eve", reason="loud"),
    ),
    (b'{"type":"key","room":"dev","word":"e\\u0301"}', SetKey(room="dev", word="\u00e9")),
    (b'{"type":"key","room":"dev","word":"' + b"x" * 64 + b'"}', SetKey(room="dev", word="x" * 64)),
    (b'{"type":"join","room":"dev","key":"e\\u0301"}', Join(room="dev", key="\u00e9")),
    (b'{"type":"join","room":"dev","key":" no key\\n"}', Join(room="dev", key=" no key\n")),
    (b'{"type":"join","room":"dev","key":null}', Join(room="dev")),
    (b'{"type":"slow","room":"dev","seconds":3600}', SetSlow(room="dev", seconds=3600)),
    (b'{"type":"keep","room":"dev","rule":" 5, 48h"}', SetKeep(room="dev", rule="2d,5")),
    (b'{"type":"delete","room":"dev","nick":"eve","back":1}', Delete(room="dev", nick="eve")),
    (b'{"type":"delete","room":"dev","nick":"eve","back":100}', Delete(room="dev", nick="eve", back=100)),
    (b'{"type":"delete","room":"dev","id":-9223372036854775808}', Delete(room="dev", id=-(2**63))),
    (b'{"type":"announce","text":"\\u001btea\\r\\n\\u202eat 4\\n"}', Announce(text="tea\nat 4")),
    (b'{"type":"kill","nick":"eve","reason":" \\u001bsp\\nam"}', Kill(nick="eve", reason="sp am")),
    (b'{"type":"audit","room":"dev","limit":9223372036854775807}', Audit(room="dev", limit=2**63 - 1)),
]


@each_way
@pytest.mark.parametrize(("line", "wanted"), ALSO_GOOD)
def test_requests_written_otherwise(line: bytes, wanted: Request, feed: FeedBytes) -> None:
    assert JSONL.parse(feed(line)) == wanted


def test_every_request_is_in_the_table() -> None:
    assert {type(wanted) for wanted, _ in MODERATION_BYTES} == {*CHECKS, Join}


#: All fields that each request has to have, and something else in place of each.
REQUIRED: dict[str, dict[str, object]] = {
    **{word: {"room": 5, "nick": []} for word in (*NAMED, "kick", "mute")},
    **{word: {"room": None} for word in ("bans", "audit")},
    **{word: {"room": 5, "on": "on"} for word in SWITCHES},
    **{word: {"room": {}, "whom": 5} for word in ("ban", "unban")},
    "key": {"room": 5, "word": None},
    "slow": {"room": 5, "seconds": "10s"},
    "keep": {"room": 5, "rule": 90},
    "delete": {"room": 5},
    "announce": {"text": ["tea"]},
    "kill": {"nick": 5, "reason": None},
    "lockdown": {"on": 1},
    "grant": {"nick": 5, "role": "none"},
}


def failure(line: bytes) -> ChatError:
    with pytest.raises(ChatError) as caught:
        JSONL.parse(line)
    return caught.value


def word_of(request: type[Request]) -> str:
    return str(request.__struct_config__.tag)


def test_every_request_has_its_required_fields_here() -> None:
    assert set(REQUIRED) == set(map(word_of, CHECKS))


@pytest.mark.parametrize(("word", "field"), [(word, field) for word in REQUIRED for field in REQUIRED[word]])
def test_a_field_that_is_required(word: str, field: str) -> None:
    line = next(line for wanted, line in MODERATION_BYTES if word_of(type(wanted)) == word)
    fields = {**msgspec.json.decode(line), "ref": "r"}
    other = failure(msgspec.json.encode({**fields, field: REQUIRED[word][field]}))
    del fields[field]
    without = failure(msgspec.json.encode(fields))
    assert without.text == f"the object is not understood: Object missing required field `{field}`"
    assert f" - at `$.{field}`" in other.text
    for error in (without, other):
        assert (error.code, error.ref) == (Code.BAD_JSON, "r")


@pytest.mark.parametrize("line", [line for _, line in MODERATION_BYTES if b'"ref"' not in line])
def test_a_ref_is_at_most_64_bytes(line: bytes) -> None:
    request = JSONL.parse(line[:-1] + b',"ref":"' + b"x" * 64 + b'"}')
    assert isinstance(request, Referred) and request.ref == "x" * 64
    error = failure(line[:-1] + b',"ref":"' + b"x" * 65 + b'"}')
    assert (error.code, error.ref) == (Code.BAD_REF, None)
    assert failure(line[:-1] + b',"ref":null}').code is Code.BAD_JSON


@pytest.mark.parametrize("secret", [SetKey(room="dev", word="green"), Join(room="dev", key="green")])
def test_no_key_gets_into_a_log(secret: Request) -> None:
    assert "green" not in repr(secret)


TEXTS = st.text() | st.sampled_from(["", "eve", "10.0.0.0/24", "*@::/0", "a\nb", "\x1b[2J"])


@given(
    st.sampled_from(sorted(CHECKS, key=word_of)),
    st.fixed_dictionaries(
        {"ref": st.none() | st.text(max_size=16), "room": TEXTS, "nick": TEXTS, "whom": TEXTS, "text": TEXTS},
        optional={"reason": TEXTS, "word": TEXTS, "rule": st.sampled_from(["90d", "", "1000,36h"])},
    ),
    st.integers(-1, 4000),
    st.booleans(),
)
def test_what_was_checked_once_stays_as_it_is(
    kind: type[Request], texts: dict[str, str], number: int, on: bool
) -> None:
    """A request that the server takes is the same when it is sent and read again."""
    values = {**texts, "seconds": number, "limit": number, "on": on, "role": "admin" if on else None}
    told = {name: value for name, value in values.items() if name != "ref" or value is not None}
    try:
        request = JSONL.parse(msgspec.json.encode({"type": word_of(kind), **told}))
    except ChatError:
        return
    assert isinstance(request, Request)
    assert JSONL.parse(JSONL.encode_request(request).rstrip(b"\n")) == request
