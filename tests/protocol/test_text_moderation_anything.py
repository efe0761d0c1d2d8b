"""Whatever is typed behind a command of those who moderate is a request or one sentence, and no reason has a
second line."""

from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.moderation_commands import ARGUMENTS
from chatd.protocol.errors import ChatError
from chatd.protocol.moderation_requests import Ban, Kick, Kill, Mute
from chatd.protocol.requests import Request
from chatd.protocol.sanitize import clean

WORDS = st.sampled_from(
    ["bob", "on", "off", "30m", "0", "-1d", "10.0.0.0/24", "*@::/0", "admin", '"', "“a”", "90d"]
)


@given(st.sampled_from(sorted(ARGUMENTS, key=str)), st.lists(WORDS | st.text(), max_size=4).map(" ".join))
def test_whatever_is_typed_is_a_request_or_one_sentence(each: type[Request], rest: str) -> None:
    try:
        parsed = TEXT.parse(f"{each.command} {rest}".replace("\n", "").encode())
    except ChatError as error:
        assert clean(error.text) == error.text
    else:
        assert parsed is None or isinstance(parsed, Request)


@given(st.text(), st.sampled_from([Kick, Ban, Mute, Kill]), st.booleans())
def test_no_reason_has_a_second_line_or_anything_that_moves_a_cursor(
    text: str, each: type[Request], timed: bool
) -> None:
    time = "30m " * (timed and each in (Ban, Mute))
    try:
        parsed = TEXT.parse(f"{each.command} bob {time}{text}".replace("\n", "").encode())
    except ChatError:
        return
    if not isinstance(parsed, Kick | Ban | Mute | Kill):
        return  # Backspace and Ctrl-U took the command away
    assert len(parsed.reason) <= 200
    assert not set(parsed.reason) & {*map(chr, range(32)), "\x7f", "\x85", "\u2028", "\u2029", "\u202e"}
