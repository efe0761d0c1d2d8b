"""JSON lines: what those who keep a room civil may not ask for, at the bounds of each field."""

import pytest

from chatd.protocol.errors import Code
from chatd.protocol.limits import DEFAULT
from tests.protocol.test_framing import FeedBytes, each_way
from tests.protocol.test_jsonl_moderation import failure

EMPTY = "the message is empty; write something to say"
KEY = "a key is one word of at most 64 bytes, and not off; please give another"
TIME = "a time is 1s to 3650d, like 30m, 2h or 7d; leave it out for good, and put a reason that begins"
SLOW = "slow mode is a time from 1s to 60m, like 10s, or off"
ONE = "a message is named by its id, or by the nick of who said it; give one"
WHY = "please say why, in the field reason"

MOST = 2**63 - 1
HUGE = "9" * 3000
HELD = ('"ban","room":"dev","whom":"eve"', '"mute","room":"dev","nick":"eve"')
BAN = HELD[0]
KEYS = (
    *("off", "OFF", "x" * 65, "é" * 33, "a b", " ", "\\t", "a\\u001b", "\\n", "a\\u2028", "\\u202ea"),
    *("\\u200b", "\\u3164", "a\\u00a0b", "\\u0000"),
)
NO_TIMES = (0, -1, DEFAULT.longest + 1, 10**9 * 86_400, -(2**63), MOST)
NO_NUMBERS = (MOST + 1, -(2**63) - 1, HUGE, "1.5", "1e999", '"30m"', "true", "[]")

# What stands in the object beside the ref, and the error.
REFUSED: list[tuple[str, Code, str]] = [
    *((f'{held},"seconds":{seconds}', Code.BAD_TIME, TIME) for held in HELD for seconds in NO_TIMES),
    *((f'"slow","room":"dev","seconds":{seconds}', Code.BAD_TIME, SLOW) for seconds in (-1, 3601, MOST)),
    *((f'"key","room":"dev","word":"{word}"', Code.USAGE, KEY) for word in KEYS),
    ('"keep","room":"dev","rule":"off"', Code.USAGE, "'off' does not say how much is kept; please write"),
    ('"keep","room":"dev","rule":"0"', Code.USAGE, "0 keeps nothing; please write an age like 90d"),
    ('"keep","room":"dev","rule":"\\u001b[2J"', Code.USAGE, "'\\x1b[2J' does not say how much is kept;"),
    ('"delete","room":"dev"', Code.USAGE, ONE),
    ('"delete","room":"dev","id":7,"nick":"eve"', Code.USAGE, ONE),
    ('"delete","room":"dev","back":7', Code.USAGE, ONE),
    *((f'"announce","text":"{text}"', Code.EMPTY, EMPTY) for text in ("", " ", "\\n", "\\u001b", "\\u200b")),
    ('"announce","text":"' + "a\\n" * 100 + 'b"', Code.TOO_LONG, "a message has at most 100 lines"),
    *((f'"kill","nick":"eve","reason":"{why}"', Code.USAGE, WHY) for why in ("", " \\n", "\\u200b")),
]

# The same, for what is no request at all.
NOT_UNDERSTOOD: list[str] = [
    *(f'{held},"seconds":{seconds}' for held in HELD for seconds in NO_NUMBERS),
    *(f'"slow","room":"dev","seconds":{seconds}' for seconds in (MOST + 1, HUGE, "null", "0.5")),
    *(f'{BAN},"reason":{text}' for text in ("null", "5", "[]")),
    *(f'"delete","room":"dev","nick":"eve","back":{count}' for count in (0, -1, 101, HUGE, "null")),
    *(f'"delete","room":"dev","id":{id}' for id in (MOST + 1, HUGE, "1.5", '"7"')),
    *(f'"audit","room":"dev","limit":{count}' for count in (0, -1, "null", "1.5")),
    *(f'"audit","room":"dev","before":{id}' for id in (MOST + 1, '"9"')),
    *(f'"grant","nick":"eve","role":"{role}"' for role in ("Admin", "", "voice", "none", "operator")),
    *(f'"lockdown","on":{on}' for on in ("null", '"on"', 1, "[]")),
    *(f'"join","room":"dev","key":{key}' for key in (5, "[]", "true")),
]


@each_way
@pytest.mark.parametrize(("fields", "code", "text"), REFUSED)
def test_what_is_refused(fields: str, code: Code, text: str, feed: FeedBytes) -> None:
    error = failure(feed(f'{{"ref":"1","type":{fields}}}'.encode()))
    assert error.text.startswith(text) and error.text.isprintable()
    assert (error.code, error.ref) == (code, "1")


@each_way
@pytest.mark.parametrize("fields", NOT_UNDERSTOOD)
def test_what_is_no_request(fields: str, feed: FeedBytes) -> None:
    error = failure(feed(f'{{"ref":"1","type":{fields}}}'.encode()))
    assert error.text.startswith("the object is not understood: ") and " - at `$." in error.text
    assert (error.code, error.ref) == (Code.BAD_JSON, "1")
